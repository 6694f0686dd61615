import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bootstrapDatabase, generateKeys, generatePasswords, startPostgres, startPostgrest } from '@journeys/stack'
import pg from 'pg'
import { applyMigrations } from '../support/migrate.ts'
import { tapPostgres, type WireTap } from './wire-tap.ts'

/** A Postgres as the local stack runs it, with a community in it, and a PostgREST whose statements can be read. */
export interface TappedServer {
  /** PostgREST, with the tap between it and the database. */
  restUrl: string
  jwtSecret: string
  tap: WireTap
  /** Ids of the people. */
  people: string[]
  /** Role `authenticator`: what PostgREST connects as. */
  authenticatorUrl: string
  superuserUrl: string
  stop(): Promise<void>
}

export async function startTappedServer(): Promise<TappedServer> {
  const stops: (() => Promise<void>)[] = []
  const stop = async () => {
    for (const end of stops.splice(0).reverse()) await end()
  }
  try {
    const folder = await mkdtemp(join(tmpdir(), 'journeys-load-db-'))
    stops.push(() => rm(folder, { recursive: true, force: true }))
    // The server runs as another user when we are root, and has to pass through.
    await chmod(folder, 0o711)
    const passwords = generatePasswords()
    const postgres = await startPostgres({
      dataDir: join(folder, 'data'),
      password: passwords.supabase_admin,
      logFile: join(folder, 'postgres.log'),
    })
    stops.push(() => postgres.stop('immediate'))
    const superuserUrl = postgres.url('supabase_admin', passwords.supabase_admin)
    await bootstrapDatabase(superuserUrl, passwords)
    await applyMigrations(postgres.url('postgres', passwords.postgres))
    const people = await populate(superuserUrl)
    const tap = await tapPostgres(postgres)
    stops.push(() => tap.close())
    const authenticatorUrl = postgres.url('authenticator', passwords.authenticator)
    const tapped = new URL(authenticatorUrl)
    tapped.port = String(tap.port)
    const { jwtSecret } = generateKeys()
    // One connection: what it sends is in one order.
    const postgrest = await startPostgrest({ databaseUrl: tapped.href, jwtSecret, pool: 1 })
    stops.push(postgrest.stop)
    return { restUrl: postgrest.url, jwtSecret, tap, people, authenticatorUrl, superuserUrl, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function populate(superuserUrl: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: superuserUrl })
  await client.connect()
  try {
    const sql = await readFile(join(import.meta.dirname, 'community.sql'), 'utf8')
    const { rows } = await client.query<{ id: string }>(sql)
    await client.query('vacuum (analyze)')
    return rows.map(({ id }) => id)
  } finally {
    await client.end()
  }
}
