import type { SupabaseClient } from '@supabase/supabase-js'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestClient } from '../support/client.ts'
import { createTestStack, type TestStack } from '../support/stack.ts'
import { exposedFunctions, exposedTables, SECRET } from './exposed.ts'

// Everything that the API serves is listed from the catalog, and attacked through the real API with every verb, by another
// signed-in person and by an anonymous visitor. What is new has no entry in exposed.ts yet, and fails here until it has.

let stack: TestStack
let postgres: pg.Pool
let owner: { id: string; client: SupabaseClient }
const attackers: Record<'another person' | 'an anonymous visitor', { id: string | null; client: SupabaseClient }> = {
  'another person': { id: null, client: undefined as never },
  'an anonymous visitor': { id: null, client: undefined as never },
}
const tables: string[] = []
const functions: string[] = []

async function signUp(email: string): Promise<{ id: string; client: SupabaseClient }> {
  const client = newClient()
  const { data, error } = await client.auth.signUp({ email, password: 'a long password' })
  if (error || !data.user) throw error ?? new Error('no user')
  return { id: data.user.id, client }
}

function newClient(): SupabaseClient {
  return createTestClient(stack, stack.anonKey)
}

beforeAll(async () => {
  stack = await createTestStack()
  postgres = new pg.Pool({ connectionString: stack.database.url })
  // Exposed is what config.toml serves: the schema public. What an extension brought along is the extension's.
  const listed = await postgres.query<{ name: string; kind: string }>(`
    select n.nspname || '.' || c.relname as name, 'table' as kind
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind in ('r', 'p', 'v', 'm', 'f')
    union all
    select n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', 'function'
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname = 'public' and p.prokind <> 'a'
      and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
    order by 1`)
  tables.push(...listed.rows.filter((row) => row.kind === 'table').map((row) => row.name))
  functions.push(...listed.rows.filter((row) => row.kind === 'function').map((row) => row.name))

  owner = await signUp('owner@example.test')
  attackers['another person'] = await signUp('attacker@example.test')
  attackers['an anonymous visitor'] = { id: null, client: newClient() }
  for (const name of tables) {
    const row = exposedTables[name]?.row(owner.id, SECRET)
    if (row === undefined) continue
    const columns = Object.keys(row)
    await postgres.query(
      `insert into ${name} (${columns.join(', ')}) values (${columns.map((_, i) => `$${i + 1}`).join(', ')})`,
      Object.values(row),
    )
  }
})
afterAll(async () => {
  await postgres?.end()
  await stack?.stop()
})

/** Everything of the owner, in every table. */
async function holdings(): Promise<Record<string, unknown[]>> {
  const found: Record<string, unknown[]> = {}
  for (const name of tables) {
    const { rows } = await postgres.query(
      `select to_jsonb(t) as row from ${name} t where strpos(to_jsonb(t)::text, $1) > 0 or strpos(to_jsonb(t)::text, $2) > 0
       order by 1`,
      [owner.id, SECRET],
    )
    found[name] = rows.map(({ row }) => row)
  }
  return found
}

const bare = (name: string) => name.replace(/^public\./, '').replace(/\(.*$/, '')

describe('everything that the API serves', () => {
  it('is known to the matrix', () => {
    expect(tables, 'a new table or view: describe it in exposedTables of tests/database/exposed.ts').toEqual(
      Object.keys(exposedTables).sort(),
    )
    expect(functions, 'a new function: describe it in exposedFunctions of tests/database/exposed.ts').toEqual(
      Object.keys(exposedFunctions).sort(),
    )
  })

  it('shows the owner what is theirs, so that an empty answer to others means something', async () => {
    for (const name of tables) {
      const { data, error } = await owner.client.from(bare(name)).select()
      expect({ name, error, rows: data?.length }).toEqual({ name, error: null, rows: 1 })
      expect(JSON.stringify(data)).toContain(SECRET)
    }
  })
})

const verbs = [
  'select',
  'count',
  'filter',
  'insert',
  'update',
  'hand over',
  'upsert',
  'upsert ignoring',
  'delete',
] as const

/** One attack on the owner's row of a table. */
function attack(client: SupabaseClient, name: string, verb: (typeof verbs)[number], row: Record<string, unknown>) {
  const { change, key, row: newRow } = exposedTables[name] as (typeof exposedTables)[string]
  const table = client.from(bare(name))
  const stolen = { ...row, ...change }
  switch (verb) {
    case 'select':
      return table.select()
    case 'count':
      return table.select('*', { count: 'exact', head: true })
    case 'filter':
      return table.select().eq('user_id', owner.id)
    case 'insert':
      return table.insert(newRow(owner.id, 'planted')).select()
    case 'update':
      return table.update(change).eq('user_id', owner.id).select()
    case 'hand over':
      return table.update({ user_id: owner.id }).not('user_id', 'is', null).select()
    case 'upsert':
      return table.upsert(stolen, { onConflict: key.join(',') }).select()
    case 'upsert ignoring':
      return table.upsert(stolen, { onConflict: key.join(','), ignoreDuplicates: true }).select()
    case 'delete':
      return table.delete().eq('user_id', owner.id).select()
  }
}

/** The part of the owner's row that a client could send. */
async function ownRow(name: string): Promise<Record<string, unknown>> {
  const { data } = await owner.client.from(bare(name)).select().single()
  const { key, row } = exposedTables[name] as (typeof exposedTables)[string]
  const sendable = [...key, ...Object.keys(row(owner.id, SECRET))]
  return Object.fromEntries(Object.entries(data ?? {}).filter(([column]) => sendable.includes(column)))
}

describe.each(['another person', 'an anonymous visitor'] as const)('%s', (who) => {
  it.each(verbs)('gets nothing of the owner, and changes nothing, by %s', async (verb) => {
    const before = await holdings()
    for (const name of tables) {
      const answer = await attack(attackers[who].client, name, verb, await ownRow(name))
      const seen = { name, verb, status: answer.status, count: answer.count ?? 0, rows: answer.data?.length ?? 0 }
      expect(seen).toMatchObject({ count: 0, rows: 0 })
      expect(JSON.stringify([answer.data, answer.error])).not.toContain(SECRET)
      // Nobody signed in: refused outright, never an empty success. (428C9: an id that only the database makes; Postgres says so
      // before it looks at the rights.)
      if (attackers[who].id === null && answer.error?.code !== '428C9') {
        expect({ name, verb, status: answer.status }).toMatchObject({ status: 401 })
      }
    }
    expect(await holdings()).toEqual(before)
  })

  it('gets nothing of the owner by any function, and changes nothing', async () => {
    const before = await holdings()
    for (const [name, { args, callers }] of Object.entries(exposedFunctions)) {
      for (const get of [true, false]) {
        const { client, id } = attackers[who]
        const answer = await client.rpc(bare(name), args(owner.id), { get })
        expect(JSON.stringify([answer.data, answer.error]), name).not.toContain(SECRET)
        if (!callers.includes(id === null ? 'anon' : 'authenticated')) {
          expect({ name, get, status: answer.status, code: answer.error?.code }).toEqual({
            name,
            get,
            status: id === null ? 401 : 403,
            code: '42501',
          })
        }
      }
    }
    expect(await holdings()).toEqual(before)
  })

  it('cannot reach what is not served at all', async () => {
    const { client } = attackers[who]
    const { rows } = await postgres.query<{ schema: string; name: string }>(`
      select n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname in ('private', 'partitions', 'auth', 'storage') and c.relkind in ('r', 'p', 'v')`)
    expect(rows.length).toBeGreaterThan(30)
    const before = await holdings()
    for (const { schema, name } of rows) {
      const named = await client.schema(schema).from(name).select()
      expect({ schema, name, code: named.error?.code }).toEqual({ schema, name, code: 'PGRST106' })
      const unnamed = await client.from(name).select()
      expect({ name, status: unnamed.status, data: unnamed.data }).toEqual({ name, status: 404, data: null })
    }
    for (const name of ['before_request', 'ensure_partitions', 'record_audit']) {
      expect((await client.rpc(name)).status).toBe(404)
    }
    expect(await holdings()).toEqual(before)
  })
})

describe('another person', () => {
  it('cannot reach the owner through a row of their own', async () => {
    const { client, id } = attackers['another person']
    const before = await holdings()
    await client.from('profiles').upsert({ user_id: id, display_name: 'Attacker' }).throwOnError()
    const { data } = await client
      .from('user_addictions')
      .insert({ kind: 'food', quit_on: '2026-01-01' })
      .select()
      .single()
    await client.from('journal_entries').insert({ reflection: 'Mine' }).throwOnError()
    const theft = [
      client.from('profiles').update({ user_id: owner.id }).eq('user_id', id),
      client.from('user_addictions').update({ user_id: owner.id }).eq('id', data?.id),
      client.from('journal_entries').update({ user_id: owner.id }).eq('user_id', id),
      client.from('journal_entries').update({ user_id: null }).eq('user_id', id),
    ]
    for (const answer of await Promise.all(theft)) expect(answer.error?.code).toBe('42501')
    expect(await holdings()).toEqual(before)
  })
})
