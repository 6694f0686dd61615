import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { connect, type Database } from '@journeys/core/ops'
import type { StackState } from '@journeys/stack'
import { median, type Result, timed } from './measurement.ts'
import type { BenchContext } from './run.ts'
import { withSeededStack } from './stack.ts'

const run = promisify(execFile)
const entries = 100_000
const rounds = 3
const budgetMiB = 60

interface Exported {
  /** Of the process, by its own account at the end, in MiB. */
  peak: number
  ms: number
  file: string
}

/**
 * `journeys gdpr export` of somebody with 100,000 entries: what the process needs beside the same process with nothing to export, and
 * whether `sha256sum` agrees with the manifest of what it wrote.
 */
export async function exported(context: BenchContext): Promise<Result[]> {
  return withSeededStack(context, async (stack) => {
    const database = await connect(stack.databaseUrl, { statementTimeoutMs: 0 })
    try {
      const [writer, nobody] = [await person(database, entries), await person(database, 0)]
      const folder = await mkdtemp(join(context.folder, 'export-'))
      const idle: Exported[] = []
      const full: Exported[] = []
      for (let round = 0; round < rounds; round++) {
        idle.push(await exportOf(nobody, stack, folder))
        full.push(await exportOf(writer, stack, folder))
      }
      const [peak, atRest] = [median(full.map((one) => one.peak)), median(idle.map((one) => one.peak))]
      const ms = median(full.map((one) => one.ms))
      const sums = await checkedSums(full.at(-1)?.file ?? '', folder)
      const { size } = await stat(full.at(-1)?.file ?? '')
      return [
        {
          name: `export of ${entries} entries, peak memory over idle / ${budgetMiB} MiB`,
          detail: `${peak.toFixed(0)} MiB − ${atRest.toFixed(0)} MiB = ${(peak - atRest).toFixed(1)} MiB`,
          ratio: (peak - atRest) / budgetMiB,
          goal: { atMost: 1 },
        },
        {
          name: `export of ${entries} entries, files that sha256sum -c finds as the manifest says`,
          detail: `${sums.ok} of ${sums.all}`,
          ratio: sums.ok / sums.all,
          goal: { atLeast: 1 },
        },
        {
          name: `export of ${entries} entries, entries per second`,
          detail: `${(ms / 1000).toFixed(1)} s, ${(size / 2 ** 20).toFixed(1)} MiB`,
          ratio: entries / (ms / 1000),
        },
      ]
    } finally {
      await database.end()
    }
  })
}

/** Somebody with an account and as many entries of some 500 characters, over two years. */
async function person(database: Database, count: number): Promise<string> {
  const { rows } = await database.query<{ id: string }>(
    `insert into auth.users (instance_id, id, aud, role, email, raw_app_meta_data, raw_user_meta_data, created_at, updated_at)
     values ('00000000-0000-0000-0000-000000000000', gen_random_uuid(), 'authenticated', 'authenticated',
       'bench-' || gen_random_uuid() || '@example.test', '{}', '{}', now(), now())
     returning id`,
  )
  const id = rows[0]?.id ?? ''
  await database.query(
    `insert into public.journal_entries (user_id, date, reflection, scores)
     select $1, current_date - (n % 700), n || ' ' || repeat(md5(n::text) || ' ', 15),
       jsonb_build_object('mood', n % 11, 'craving', (n * 7) % 11)
     from generate_series(1, $2::int) n`,
    [id, count],
  )
  return id
}

/** Before anything else in the process: at its end it writes down the most memory that it ever had. */
const witness = `
import { readFileSync, writeFileSync } from 'node:fs'
process.on('exit', () => writeFileSync(process.env.PEAK_FILE, /VmHWM:\\s+(\\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))[1]))
`

/** The command as it is typed, in a process of its own. */
async function exportOf(id: string, stack: StackState, folder: string): Promise<Exported> {
  await writeFile(join(folder, 'witness.mjs'), witness)
  const file = join(folder, `${id}.zip`)
  const peakFile = join(folder, 'peak')
  const words = ['gdpr', 'export', id, '--out', file, '--force', '--quiet', '--workdir', stack.workdir]
  const ms = await timed(() =>
    run(process.execPath, ['--import', join(folder, 'witness.mjs'), 'packages/cli/bin/journeys.js', ...words], {
      env: { ...process.env, PEAK_FILE: peakFile },
    }),
  )
  return { peak: Number(await readFile(peakFile, 'utf8')) / 1024, ms, file }
}

async function checkedSums(file: string, folder: string): Promise<{ ok: number; all: number }> {
  const unpacked = join(folder, 'unpacked')
  await rm(unpacked, { recursive: true, force: true })
  await mkdir(unpacked)
  await run('unzip', ['-q', file, '-d', unpacked])
  const [name = ''] = await readdir(unpacked)
  const { stdout } = await run('sha256sum', ['-c', 'SHA256SUMS'], { cwd: join(unpacked, name) }).catch(
    (failed: { stdout?: string }) => ({ stdout: failed.stdout ?? '' }),
  )
  const { files } = JSON.parse(await readFile(join(unpacked, name, 'manifest.json'), 'utf8'))
  // The manifest itself is listed, too.
  return { ok: stdout.split('\n').filter((line) => line.endsWith(': OK')).length, all: files.length + 1 }
}
