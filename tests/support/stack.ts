import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
  /** Where the files of Storage are. */
  storageFolder: string
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
    const storageFolder = await mkdtemp(join(tmpdir(), 'journeys-storage-'))
    stops.push(() => rm(storageFolder, { recursive: true, force: true, maxRetries: 3 }))
    const gateway = await startGateway({
      host: '127.0.0.1',
      port: 0,
      postgrestUrl: postgrest.url,
      authDatabaseUrl: database.authAdminUrl,
      keys,
      auth: settings.auth,
      storage: {
        folder: storageFolder,
        databaseUrl: database.storageAdminUrl,
        fileSizeLimit: settings.storage.file_size_limit,
      },
    })
    stops.push(() => gateway.stop())
    const { url: postgrestUrl, pid: postgrestPid } = postgrest
    return { url: gateway.url, postgrestUrl, postgrestPid, ...keys, storageFolder, database, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
