import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type Database, defaultConfig, type GdprContext, gdprKeysOf, newGdprSecret } from '@journeys/core/ops'
import type { SupabaseClient } from '@supabase/supabase-js'
import pg from 'pg'
import { createTestClient } from './client.ts'
import { picture } from './media.ts'
import { fillPerson } from './person-data.ts'
import { createTestStack, type TestStack } from './stack.ts'

/** Somebody with rows in every table, files in Storage, and a token. */
export interface ErasablePerson {
  id: string
  email: string
  client: SupabaseClient
}

/** A whole stack, and what an erasure on it works with. */
export interface ErasureBench {
  stack: TestStack
  context: GdprContext
  database: Database
  /** As the superuser. */
  admin: pg.Client
  /** Where receipts are filed. */
  folder: string
  newPerson(): Promise<ErasablePerson>
  /** Every row of the database that has this text in it, as `table: row`. */
  traces(text: string): Promise<string[]>
  remove(): Promise<void>
}

export async function createErasureBench(
  options: { storageUrl?: (url: string) => string } = {},
): Promise<ErasureBench> {
  const stack = await createTestStack()
  const folder = await mkdtemp(join(tmpdir(), 'journeys-receipts-'))
  const database = await connect(stack.database.url, { maxConnections: 6 })
  const admin = new pg.Client({ connectionString: stack.database.superuserUrl })
  await admin.connect()
  const { gdpr, personalData } = defaultConfig()
  return {
    stack,
    folder,
    database,
    admin,
    context: {
      database,
      keys: gdprKeysOf([newGdprSecret()]),
      config: { gdpr, personalData },
      environment: { name: 'local' },
      storage: { url: options.storageUrl?.(stack.url) ?? stack.url, serviceRoleKey: stack.serviceRoleKey },
      actor: 'Dora the officer',
      folder,
    },
    newPerson: () => newPerson(stack, admin),
    traces: (text) => traces(admin, text),
    remove: async () => {
      await admin.end()
      await database.end()
      await stack.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function newPerson(stack: TestStack, admin: pg.Client): Promise<ErasablePerson> {
  const client = createTestClient(stack, stack.anonKey)
  const email = `anna-${randomBytes(4).toString('hex')}@example.test`
  const { data, error } = await client.auth.signUp({ email, password: 'a long password' })
  if (error !== null || data.user === null) throw error ?? new Error('nobody signed up')
  const { id } = data.user
  // Signing up made an identity.
  await admin.query('delete from auth.identities where user_id = $1', [id])
  await fillPerson(admin, id, { files: 0 })
  for (let n = 0; n < 3; n += 1) {
    const uploaded = await client.storage
      .from('entry-media')
      .upload(`${id}/entry/${n}.png`, picture(), { contentType: 'image/png' })
    if (uploaded.error !== null) throw uploaded.error
  }
  return { id, email, client }
}

async function traces(admin: pg.Client, text: string): Promise<string[]> {
  const { rows: tables } = await admin.query<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'm') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' order by 1`,
  )
  const found: string[] = []
  for (const { name } of tables) {
    const { rows } = await admin.query<{ row: string }>(
      `select t::text as row from ${name} t where strpos(lower(t::text), lower($1)) > 0`,
      [text],
    )
    found.push(...rows.map(({ row }) => `${name}: ${row}`))
  }
  return found
}
