import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'
import { BASELINE, TEMPLATE, type TestCluster } from './cluster.ts'

export interface TestDatabase {
  name: string
  /** Role `postgres`: not a superuser, as on a hosted project. */
  url: string
  /** Role `supabase_admin`. */
  superuserUrl: string
  /** Role `authenticator`: what PostgREST connects as. */
  authenticatorUrl: string
  /** Role `supabase_auth_admin`: what the gateway's auth connects as. */
  authAdminUrl: string
  /** Role `supabase_storage_admin`: what the gateway's storage connects as. */
  storageAdminUrl: string
  /** Ends its sessions and drops it. */
  drop(): Promise<void>
}

export interface TestDatabaseOptions {
  /** `false`: only what a hosted project has before its first migration. @defaultValue true */
  migrated?: boolean
}

/** A database of its own for a test file, cloned in some 50 ms. */
export async function createTestDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const cluster = inject('cluster')
  const migrated = options.migrated ?? true
  if (migrated && cluster.migrationError !== undefined) throw new Error(cluster.migrationError)
  const name = `test_${randomUUID().replaceAll('-', '')}`
  const maintenance = urlOf(cluster, 'supabase_admin', 'postgres')
  await withClient(maintenance, (client) =>
    client.query(`create database ${name} template ${migrated ? TEMPLATE : BASELINE} owner postgres`),
  )
  return {
    name,
    url: urlOf(cluster, 'postgres', name),
    superuserUrl: urlOf(cluster, 'supabase_admin', name),
    authenticatorUrl: urlOf(cluster, 'authenticator', name),
    authAdminUrl: urlOf(cluster, 'supabase_auth_admin', name),
    storageAdminUrl: urlOf(cluster, 'supabase_storage_admin', name),
    drop: async () => {
      // Kept for a look, with the cluster: see cluster.ts.
      if (process.env.JOURNEYS_TEST_KEEP) return
      await withClient(maintenance, (client) => client.query(`drop database if exists ${name} with (force)`))
    },
  }
}

/** A person who can sign in nowhere, but whose id is in `auth.users`. Returns the id. */
export async function createUser(database: TestDatabase, options: { email?: string } = {}): Promise<string> {
  const id = randomUUID()
  await withClient(database.superuserUrl, (client) =>
    client.query(
      `insert into auth.users (instance_id, id, aud, role, email, raw_app_meta_data, raw_user_meta_data, created_at, updated_at)
       values ('00000000-0000-0000-0000-000000000000', $1, 'authenticated', 'authenticated', $2, '{}', '{}', now(), now())`,
      [id, options.email ?? `${id}@example.test`],
    ),
  )
  return id
}

/** Runs one statement with its values. */
export type Query = <Row extends pg.QueryResultRow = pg.QueryResultRow>(
  text: string,
  values?: unknown[],
) => Promise<pg.QueryResult<Row>>

/**
 * What PostgREST does for a request: one transaction in the role of the token, with its claims. Committed at the end, rolled back
 * when `work` throws. `userId` null is the anonymous role.
 */
export async function asUser<T>(
  database: TestDatabase,
  userId: string | null,
  work: (query: Query) => Promise<T>,
): Promise<T> {
  const role = userId === null ? 'anon' : 'authenticated'
  return asRole(database, role, userId === null ? { role } : { role, sub: userId }, work)
}

/** The same for any role that `authenticator` may take, with any claims. */
export async function asRole<T>(
  database: TestDatabase,
  role: 'anon' | 'authenticated' | 'service_role',
  claims: Record<string, unknown>,
  work: (query: Query) => Promise<T>,
): Promise<T> {
  return withClient(database.authenticatorUrl, async (client) => {
    await client.query('begin')
    await client.query(`set local role ${role}`)
    await client.query(`select set_config('request.jwt.claims', $1, true)`, [JSON.stringify(claims)])
    try {
      const result = await work((text, values) => client.query(text, values))
      await client.query('commit')
      return result
    } catch (error) {
      await client.query('rollback').catch(() => undefined)
      throw error
    }
  })
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

function urlOf({ port, passwords }: TestCluster, role: keyof TestCluster['passwords'], database: string): string {
  return `postgresql://${role}:${passwords[role]}@127.0.0.1:${port}/${database}`
}
