import type { Queryable } from '../../database/connection.ts'
import sql from './held-tables.sql'

/** What legal holds keep of a person at this moment. */
export interface Held {
  /** Everything: nothing may be changed. */
  everything: boolean
  /** schema.table of all others, with the tables whose rows cannot go without those. */
  tables: readonly string[]
  holds: { tables: string[] | null; reviewOn: string | null }[]
}

/** Reads the holds. Every one of them keeps the account, too. */
export async function readHeld(queryable: Queryable, userId: string): Promise<Held> {
  const { rows: holds } = await queryable.query<Held['holds'][number]>(
    `select tables, review_on as "reviewOn" from private.legal_holds where user_id = $1::uuid order by id`,
    [userId],
  )
  const named = holds.flatMap(({ tables }) => tables ?? [])
  const everything = holds.some(({ tables }) => tables === null)
  if (named.length === 0) return { everything, tables: [], holds }
  const { rows } = await queryable.query<{ table: string }>(sql, [named])
  return { everything, tables: rows.map(({ table }) => table), holds }
}
