import type pg from 'pg'
import { exposedTables } from '../database/exposed.ts'

/** One row of this person in every table that the API serves. */
export async function insertRowsOf(postgres: pg.Pool | pg.Client, person: string): Promise<void> {
  for (const [table, { row }] of Object.entries(exposedTables)) {
    const values = row(person, `of ${person}`)
    const columns = Object.keys(values)
    await postgres.query(
      `insert into ${table} (${columns.join(', ')}) values (${columns.map((_, at) => `$${at + 1}`).join(', ')})`,
      Object.values(values),
    )
  }
}

/** What is there of this person, table by table, to be compared with what is there later. */
export async function rowsOf(postgres: pg.Pool | pg.Client, person: string): Promise<Record<string, unknown[]>> {
  const found: Record<string, unknown[]> = {}
  for (const table of [...Object.keys(exposedTables), 'storage.objects']) {
    const { rows } = await postgres.query(
      `select to_jsonb(t) as row from ${table} t where strpos(to_jsonb(t)::text, $1) > 0 order by 1`,
      [person],
    )
    found[table] = rows.map(({ row }) => row)
  }
  return found
}

/** Places a restriction, or what an erasure places, as an operator does. */
export async function restrict(
  postgres: pg.Pool | pg.Client | pg.PoolClient,
  person: string,
  kind: 'restriction' | 'erasure' = 'restriction',
): Promise<void> {
  await postgres.query(
    `insert into private.processing_restrictions (user_id, kind, reason, placed_by) values ($1, $2, 'a test', 'test')`,
    [person, kind],
  )
}

/** Places a legal hold on these tables; `null` for everything. */
export async function hold(
  postgres: pg.Pool | pg.Client | pg.PoolClient,
  person: string,
  tables: string[] | null,
): Promise<void> {
  await postgres.query(
    `insert into private.legal_holds (user_id, tables, reason, placed_by) values ($1, $2, 'a test', 'test')`,
    [person, tables],
  )
}
