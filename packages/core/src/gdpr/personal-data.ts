import type { Queryable } from '../database/connection.ts'
import { sqlIdentifier } from '../database/identifier.ts'
import references from './references.sql'

/** What happens to a table's rows about one person. */
export type Strategy = 'erase' | 'overwrite' | 'keep'

export interface TableCount {
  /** schema.table */
  table: string
  count: number
  note?: string
}

export interface PersonalData {
  erase: TableCount[]
  overwrite: TableCount[]
  keep: TableCount[]
  /** Tables that refer to the person and that nobody has decided on. */
  undecided: TableCount[]
}

/** What `anonymize_user_data` does, table by table. A test compares it with the tables that refer to a user. */
const decided: Record<string, { strategy: Strategy; note?: string }> = {
  'public.journal_entries': {
    strategy: 'overwrite',
    note: 'text and scores; unlinked from the person, new ids, times rounded to the day',
  },
  'public.profiles': { strategy: 'erase' },
  'public.user_addictions': { strategy: 'erase' },
  'public.performance_metrics': { strategy: 'erase' },
  'private.rate_limits': { strategy: 'erase' },
  'public.purchases': { strategy: 'keep', note: 'without name or account: bookkeeping needs the amounts' },
}

/** What becomes of a row that nobody has decided on, when the account is deleted. */
const consequences = {
  unlink: 'is unlinked, its other columns stay',
  refuse: 'keeps the account from being deleted',
  nothing: 'would go on naming the person',
} as const

interface Reference {
  schema: string
  name: string
  column: string
  on_delete: keyof typeof consequences | 'delete'
}

/** Counts what the database holds about one person, by what an erasure does to it. */
export async function countPersonalData(queryable: Queryable, id: string): Promise<PersonalData> {
  const data: PersonalData = {
    erase: [{ table: 'auth.users', count: await count(queryable, 'auth', 'users', 'id', id) }],
    overwrite: [],
    keep: [],
    undecided: [],
  }
  const { rows } = await queryable.query<Reference>(references)
  for (const { schema, name, column, on_delete } of rows) {
    const table = `${schema}.${name}`
    const one: TableCount = { table, count: await count(queryable, schema, name, column, id) }
    const decision = decided[table]
    if (decision !== undefined) {
      data[decision.strategy].push({ ...one, ...(decision.note ? { note: decision.note } : {}) })
    } else if (on_delete === 'delete') {
      // Auth's own tables (sessions, identities, factors), and any that asks for it by its foreign key.
      data.erase.push({ ...one, note: 'goes with the account' })
    } else {
      data.undecided.push({ ...one, note: `${column} ${consequences[on_delete]}` })
    }
  }
  // Not tied by a foreign key to the user, but to the session; its user_id is text.
  if (await exists(queryable, 'auth.refresh_tokens')) {
    const tokens = await count(queryable, 'auth', 'refresh_tokens', 'user_id', id)
    data.erase.push({ table: 'auth.refresh_tokens', count: tokens, note: 'goes with the account' })
  }
  return data
}

/** Files that the person uploaded: their rows only, the files themselves are not in the database. */
export async function countStoredObjects(queryable: Queryable, id: string): Promise<number> {
  const { rows } = await queryable.query<{ column: string }>(
    `select attname as column from pg_catalog.pg_attribute
     where attrelid = to_regclass('storage.objects') and attname in ('owner_id', 'owner') and not attisdropped
     order by attname desc limit 1`,
  )
  const column = rows[0]?.column
  return column === undefined ? 0 : await count(queryable, 'storage', 'objects', column, id)
}

async function exists(queryable: Queryable, table: string): Promise<boolean> {
  const { rows } = await queryable.query<{ found: boolean }>('select to_regclass($1) is not null as found', [table])
  return rows[0]?.found === true
}

async function count(queryable: Queryable, schema: string, name: string, column: string, id: string): Promise<number> {
  // Compared as text: the columns are uuid in some tables and varchar in others. An index on a uuid would go unused, so
  // the cast stands on the value where the column is a uuid.
  const { rows } = await queryable.query<{ type: string }>(
    `select format_type(atttypid, null) as type from pg_catalog.pg_attribute
     where attrelid = to_regclass($1) and attname = $2`,
    [sqlIdentifier(schema, name), column],
  )
  const cast = rows[0]?.type === 'uuid' ? '$1::uuid' : '$1::text'
  const { rows: counts } = await queryable.query<{ count: number }>(
    `select count(*) as count from ${sqlIdentifier(schema, name)} where ${sqlIdentifier(column)} = ${cast}`,
    [id],
  )
  return counts[0]?.count ?? 0
}
