import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { isInstalled, requestsPerSecond } from './load.ts'
import { interleaved, type Result } from './measurement.ts'
import { chooseReader, newestEntries } from './reader.ts'
import type { BenchContext } from './run.ts'
import { withSeededStack } from './stack.ts'

const run = promisify(execFile)

/** What PostgREST costs over the database alone: the same read under the same row-level security, sent by pgbench. */
export async function read(context: BenchContext): Promise<Result> {
  const name = 'PostgREST / pgbench, newest 20 entries'
  for (const program of ['wrk', 'pgbench']) {
    if (!(await isInstalled(program))) return { name, skipped: `${program} is not installed` }
  }
  return withSeededStack(context, async (stack) => {
    const { userId, token } = await chooseReader(stack)
    const script = join(context.folder, 'read.sql')
    await writeFile(
      script,
      `begin;
set local role authenticated;
select set_config('request.jwt.claims', '{"sub":"${userId}","role":"authenticated"}', true);
select id, date, reflection, scores from public.journal_entries order by date desc, id desc limit 20;
commit;
`,
    )
    const { pgbench, postgrest } = await interleaved(3, {
      pgbench: () => transactionsPerSecond(script, stack.databaseUrl),
      postgrest: () =>
        requestsPerSecond(`${stack.postgrestUrl}${newestEntries}`, { apikey: stack.anonKey, token }, context.folder),
    })
    return {
      name,
      detail: `${postgrest.toFixed(0)} req/s / ${pgbench.toFixed(0)} tps`,
      ratio: postgrest / pgbench,
    }
  })
}

async function transactionsPerSecond(script: string, databaseUrl: string): Promise<number> {
  const { hostname, port, username, password, pathname } = new URL(databaseUrl)
  const { stdout } = await run('pgbench', ['-n', '-c20', '-j1', '-T4', '-f', script], {
    // The password by environment: arguments are everybody's to read.
    env: {
      ...process.env,
      PGHOST: hostname,
      PGPORT: port,
      PGUSER: username,
      PGPASSWORD: decodeURIComponent(password),
      PGDATABASE: pathname.slice(1),
    },
  })
  const rate = /^tps = ([\d.]+)/m.exec(stdout)?.[1]
  if (rate === undefined) throw new Error(`pgbench said no rate:\n${stdout}`)
  return Number(rate)
}
