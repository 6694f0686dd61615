import { join } from 'node:path'
import { connect, type Environment, type HealthCheck, loadConfig, migrateUp, runHealth } from '@journeys/core/ops'
import pg from 'pg'
import { createTestDatabase, type TestDatabase } from './database.ts'
import { createTestStack, type TestStack } from './stack.ts'

const root = join(import.meta.dirname, '..', '..')

export interface Patient {
  database: TestDatabase
  environment: Environment
  /** Runs one check. `settings` by dotted path: `{ 'health.blockedQueries.warningSeconds': 0 }`. */
  check(id: string, settings?: Record<string, unknown>): Promise<HealthCheck>
  /** One statement as `postgres`. */
  execute(sql: string, values?: unknown[]): Promise<void>
  /** A session of its own, closed with the patient. */
  session(applicationName?: string, url?: string): Promise<pg.Client>
  end(): Promise<void>
}

/** A database that `journeys migrate up` brought up to date, history and all, and the checks to run on it. */
export async function createPatient(options: { withApi?: boolean } = {}): Promise<Patient & { stack?: TestStack }> {
  const stack = options.withApi ? await createTestStack({ migrated: false }) : undefined
  const database = stack?.database ?? (await createTestDatabase({ migrated: false }))
  const url = database.url
  const operator = await connect(url)
  await migrateUp(operator, join(root, 'supabase', 'migrations'))
  await operator.end()
  const environment: Environment = {
    name: 'local',
    production: false,
    isLocal: true,
    databaseUrl: url,
    ...(stack && { supabaseUrl: stack.url, anonKey: stack.anonKey }),
  }
  const sessions: pg.Client[] = []
  const session = async (applicationName = 'test', sessionUrl = url) => {
    const client = new pg.Client({ connectionString: sessionUrl, application_name: applicationName })
    // A session that a test ends by force says so here.
    client.on('error', () => undefined)
    await client.connect()
    sessions.push(client)
    return client
  }
  return {
    database,
    environment,
    ...(stack && { stack }),
    session,
    async check(id, settings = {}) {
      const { config } = await loadConfig({ workdir: root, processEnv: {}, flags: settings })
      const { checks } = await runHealth({ environment, config, workdir: root, only: [id] })
      const [check] = checks
      if (check === undefined) throw new Error(`no check ${id}`)
      return check
    },
    async execute(sql, values = []) {
      const client = await session('operator')
      try {
        await client.query(sql, values)
      } finally {
        sessions.splice(sessions.indexOf(client), 1)
        await client.end()
      }
    },
    async end() {
      for (const client of sessions.splice(0)) await client.end().catch(() => undefined)
      await (stack ? stack.stop() : database.drop())
    },
  }
}
