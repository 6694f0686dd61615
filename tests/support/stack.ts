import { generateKeys, parseSettings, startPostgrest } from '@journeys/stack'
import { startGateway } from '../../packages/stack/src/gateway/index.ts'
import { createTestDatabase, type TestDatabase, type TestDatabaseOptions } from './database.ts'

export interface TestStack {
  /** The gateway: what an app gives to supabase-js. */
  url: string
  /** PostgREST without the gateway. */
  postgrestUrl: string
  postgrestPid: number
  anonKey: string
  serviceRoleKey: string
  jwtSecret: string
  database: TestDatabase
  /** Stops everything and drops the database. */
  stop(): Promise<void>
}

/** A database of its own with the real PostgREST and our gateway in front, on free ports. */
export async function createTestStack(
  options: TestDatabaseOptions & {
    /** Text of a config.toml. */
    configToml?: string
    /** PostgREST's connections. @defaultValue 5 */
    pool?: number
    /** Where PostgREST finds the database: a test may put something in between. @defaultValue the database itself */
    postgrestDatabaseUrl?: (authenticatorUrl: string) => string | Promise<string>
  } = {},
): Promise<TestStack> {
  const keys = generateKeys()
  const database = await createTestDatabase(options)
  const stops: (() => Promise<void>)[] = [database.drop]
  const stop = async () => {
    for (const end of stops.splice(0).reverse()) await end()
  }
  try {
    const settings = parseSettings(options.configToml ?? '')
    const postgrest = await startPostgrest({
      databaseUrl: (await options.postgrestDatabaseUrl?.(database.authenticatorUrl)) ?? database.authenticatorUrl,
      jwtSecret: keys.jwtSecret,
      maxRows: settings.api.max_rows,
      pool: options.pool ?? 5,
    })
    stops.push(postgrest.stop)
    const gateway = await startGateway({
      host: '127.0.0.1',
      port: 0,
      postgrestUrl: postgrest.url,
      authDatabaseUrl: database.authAdminUrl,
      keys,
      auth: settings.auth,
    })
    stops.push(() => gateway.stop())
    return { url: gateway.url, postgrestUrl: postgrest.url, postgrestPid: postgrest.pid, ...keys, database, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
