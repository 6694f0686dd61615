import { execFile } from 'node:child_process'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { generateKeys } from '@journeys/stack'
import { type AgedJournal, withAgedJournal, withClient } from './aged-journal.ts'
import { type Result, timed } from './measurement.ts'
import { describeWaits, whileProbing } from './probe.ts'
import type { BenchContext } from './run.ts'

const execute = promisify(execFile)

const waitAllowed = 50

/**
 * `journeys retention run` on ten million entries of four years, against the DELETE of the original document.
 *
 * The DELETE runs on the very same rows, before the run, in a transaction that is rolled back: what is measured is the statement, without
 * its commit and without the vacuum that has to follow it before the rows are really gone. Twice: as it runs in this database, where a
 * trigger keeps the rows of people under a legal hold, which the run does, too; and bare, by a superuser with every trigger off, as in a
 * database that cannot keep anything.
 */
export async function retention(context: BenchContext): Promise<Result[]> {
  return withAgedJournal(context, async (journal) => {
    const bare = await deletion(journal.superuserUrl, 'set session_replication_role = replica')
    const guarded = await deletion(journal.url)
    // What the two have left behind is written out before anything else is measured.
    await withClient(journal.superuserUrl, (client) => client.query('checkpoint'))
    const quiet = await whileProbing(journal, () => sleep(5000))
    const workdir = await project(context, journal)
    const { value: ms, reader, writer } = await whileProbing(journal, () => timed(() => run(workdir)))
    const left = await withClient(journal.url, async (client) => {
      const { rows } = await client.query<{ expired: string }>(
        `select count(*) as expired from public.journal_entries where date < current_date - interval '2 years'`,
      )
      return Number(rows[0]?.expired)
    })
    if (left > 0) throw new Error(`${left} expired entries are still there`)
    const against = (deletion: Deletion) =>
      `${seconds(deletion.ms)} for ${deletion.rows} of ${journal.entries} rows / ${seconds(ms)}`
    return [
      {
        name: "document's DELETE / retention run",
        detail: against(guarded),
        ratio: guarded.ms / ms,
        goal: { atLeast: 100 },
      },
      { name: "document's DELETE without any trigger / retention run", detail: against(bare), ratio: bare.ms / ms },
      {
        name: 'longest wait of a reader during the run / 50 ms',
        detail: `${describeWaits(reader)}; when nothing runs ${quiet.reader.longest.toFixed(1)} ms`,
        ratio: reader.longest / waitAllowed,
        goal: { atMost: 1 },
      },
      {
        name: 'longest wait of a writer during the run / 50 ms',
        detail: `${describeWaits(writer)}; when nothing runs ${quiet.writer.longest.toFixed(1)} ms`,
        ratio: writer.longest / waitAllowed,
        goal: { atMost: 1 },
      },
    ]
  })
}

interface Deletion {
  rows: number
  ms: number
}

function deletion(url: string, before = 'select 1'): Promise<Deletion> {
  return withClient(url, async (client) => {
    await client.query(before)
    await client.query('begin')
    let rows = 0
    const ms = await timed(async () => {
      const { rowCount } = await client.query(
        `delete from public.journal_entries where date < current_date - interval '2 years'`,
      )
      rows = rowCount ?? 0
    })
    await client.query('rollback')
    return { rows, ms }
  })
}

/** A folder in which the command finds this database under the name `bench`. */
async function project({ folder }: BenchContext, { url }: AgedJournal): Promise<string> {
  const workdir = join(folder, 'aged', 'project')
  await mkdir(workdir)
  await symlink(resolve('supabase'), join(workdir, 'supabase'))
  const environments = { bench: { url: 'http://127.0.0.1:9' } }
  await writeFile(join(workdir, 'journeys.config.json'), JSON.stringify({ environments }))
  const { anonKey, serviceRoleKey } = generateKeys()
  const variables = { DATABASE_URL: url, SUPABASE_ANON_KEY: anonKey, SUPABASE_SERVICE_ROLE_KEY: serviceRoleKey }
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}\n`)
  await writeFile(join(workdir, '.env.bench'), lines.join(''), { mode: 0o600 })
  return workdir
}

/** The real command, with the start of its process. */
function run(workdir: string) {
  const bin = resolve('packages/cli/bin/journeys.js')
  return execute(process.execPath, [bin, 'retention', 'run', '--env', 'bench', '--confirm', 'bench'], { cwd: workdir })
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`
}
