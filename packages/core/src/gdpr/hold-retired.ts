import type { Queryable } from '../database/connection.ts'
import { sqlIdentifier } from '../database/identifier.ts'

/** Rows of a person in a month that retention has already taken out of the journal, and not dropped yet. */
export interface RetiredRows {
  /** In the schema `retired`. */
  table: string
  rows: number
}

/** What a hold comes just in time for: months that wait to be dropped, and now are not while these rows are held. */
export async function countRetiredRows(queryable: Queryable, userId: string): Promise<RetiredRows[]> {
  const { rows: tables } = await queryable.query<{ name: string }>(
    `select c.relname as name
     from pg_catalog.pg_class c
     join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = 'user_id' and not a.attisdropped
     where n.nspname = 'retired' and c.relkind in ('r', 'p')
     order by 1`,
  )
  const found: RetiredRows[] = []
  for (const { name } of tables) {
    const { rows } = await queryable.query<{ count: number }>(
      `select count(*) as count from ${sqlIdentifier('retired', name)} where user_id = $1::uuid`,
      [userId],
    )
    const count = rows[0]?.count ?? 0
    if (count > 0) found.push({ table: name, rows: count })
  }
  return found
}
