import type { Queryable } from '../database/connection.ts'
import createHistory from './create-history.sql'
import type { Migration } from './migration-file.ts'

/** What `supabase_migrations.schema_migrations` says, oldest version first; empty when nothing was ever applied. */
export async function readHistory(queryable: Queryable): Promise<Migration[]> {
  const { rows: tables } = await queryable.query<{ exists: boolean; named: boolean }>(`
    select to_regclass('supabase_migrations.schema_migrations') is not null as exists,
           exists (select 1 from pg_catalog.pg_attribute
                   where attrelid = to_regclass('supabase_migrations.schema_migrations') and attname = 'name'
                     and not attisdropped) as named`)
  if (!tables[0]?.exists) return []
  // The oldest Supabase CLIs made the table with a version and nothing else.
  const name = tables[0].named ? "coalesce(name, '')" : "''"
  const { rows } = await queryable.query<{ version: string; name: string }>(
    `select version, ${name} as name from supabase_migrations.schema_migrations order by version`,
  )
  return rows
}

/** Makes the history table as the Supabase CLI makes it, if it is missing. */
export async function ensureHistory(queryable: Queryable): Promise<void> {
  await queryable.query(createHistory)
}

export async function isRecorded(queryable: Queryable, version: string): Promise<boolean> {
  const { rowCount } = await queryable.query('select 1 from supabase_migrations.schema_migrations where version = $1', [
    version,
  ])
  return rowCount > 0
}

export async function record(queryable: Queryable, migration: Migration, statements: string[]): Promise<void> {
  await queryable.query(
    'insert into supabase_migrations.schema_migrations (version, name, statements) values ($1, $2, $3)',
    [migration.version, migration.name, statements],
  )
}
