import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { type DatabasePasswords, generatePasswords } from '../../packages/stack/src/keys.ts'
import { bootstrapDatabase } from '../../packages/stack/src/postgres/bootstrap.ts'
import { startPostgres } from '../../packages/stack/src/postgres/server.ts'
import { applyMigrations } from './migrate.ts'

/** What a test file needs to reach the cluster of this run. */
export interface TestCluster {
  port: number
  passwords: DatabasePasswords
  /** Why `journeys_template` could not be made; a test that asks for a migrated database fails with it. */
  migrationError: string | undefined
}

declare module 'vitest' {
  export interface ProvidedContext {
    cluster: TestCluster
  }
}

export const BASELINE = 'journeys_baseline'
export const TEMPLATE = 'journeys_template'

const PREFIX = 'journeys-test-'

/**
 * vitest's global setup: one Postgres for the whole run, in a temporary folder, with two databases to clone: the hosted baseline,
 * and the baseline with every migration. `JOURNEYS_TEST_KEEP=1` leaves the folder for a look afterwards.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeLeftovers()
  const folder = await mkdtemp(join(tmpdir(), PREFIX))
  // The server runs as another user when we are root, and has to pass through.
  await chmod(folder, 0o711)
  await writeFile(join(folder, 'owner'), String(process.pid))
  const passwords = generatePasswords()
  const server = await startPostgres({
    dataDir: join(folder, 'data'),
    password: passwords.supabase_admin,
    logFile: join(folder, 'postgres.log'),
    settings: {
      // Nothing here has to survive a crash.
      ...{ fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' },
      max_connections: '200',
      // One server for the databases of all test files: statements of one must not push out those of another.
      'pg_stat_statements.max': '50000',
    },
  })
  const stop = async () => {
    if (process.env.JOURNEYS_TEST_KEEP) {
      await server.stop()
      process.stderr.write(`Kept: ${join(folder, 'data')} with the databases of every test file\n`)
    } else {
      await server.stop('immediate')
      await rm(folder, { recursive: true, force: true })
    }
  }
  try {
    const superuser = (database?: string) => server.url('supabase_admin', passwords.supabase_admin, database)
    await execute(superuser(), `create database ${BASELINE}`)
    await bootstrapDatabase(superuser(BASELINE), passwords)
    await execute(superuser(), `create database ${TEMPLATE} template ${BASELINE} owner postgres`)
    const migrationError = await applyMigrations(server.url('postgres', passwords.postgres, TEMPLATE)).then(
      () => undefined,
      (error: Error & { detail?: string }) => [error.message, error.detail].filter(Boolean).join('\n'),
    )
    project.provide('cluster', { port: server.port, passwords, migrationError })
  } catch (error) {
    await stop()
    throw error
  }
  return stop
}

/** One statement on a connection of its own: a database that is to be cloned must have no other. */
async function execute(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

/** A run that was killed could not clean up: its server and its folder go now. */
async function removeLeftovers(): Promise<void> {
  for (const name of (await readdir(tmpdir())).filter((entry) => entry.startsWith(PREFIX))) {
    const folder = join(tmpdir(), name)
    const owner = Number(await readFile(join(folder, 'owner'), 'utf8').catch(() => Number.NaN))
    if (!Number.isInteger(owner) || isAlive(owner)) continue
    const lines = (await readFile(join(folder, 'data', 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
    // The second line is the data folder, so this number can only be that of a server of ours.
    if (lines[1] === join(folder, 'data') && isAlive(Number(lines[0]))) process.kill(Number(lines[0]), 'SIGQUIT')
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
