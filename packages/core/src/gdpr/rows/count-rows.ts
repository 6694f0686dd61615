import type { Queryable } from '../../database/connection.ts'
import type { PersonTable } from './person-table.ts'
import type { RowOwner } from './row-owner.ts'
import { countSql } from './rows-sql.ts'
import { SqlValues } from './sql-values.ts'

export interface RowCount {
  table: PersonTable
  /** Rows of the person that are not treated yet; of a table that is kept: all of them. */
  rows: number
  /** The day on which the newest of them was made, YYYY-MM-DD in UTC. */
  newest: string | null
}

/** @returns how many rows of the person are still to be treated; in a table that is kept: how many there are */
export async function countRows(queryable: Queryable, table: PersonTable, owner: RowOwner): Promise<number> {
  const [count] = await countEach(queryable, [table], owner)
  return count?.rows ?? 0
}

/** The same for many tables with one statement, because it is asked while the person's account is locked. In the order of `tables`. */
export async function countEach(
  queryable: Queryable,
  tables: readonly PersonTable[],
  owner: RowOwner,
): Promise<RowCount[]> {
  if (tables.length === 0) return []
  const values = new SqlValues()
  const selects = tables.map(
    (table, index) => `select ${index} as place, c.* from (${countSql(table, owner, values)}) c`,
  )
  const { rows } = await queryable.query<{ place: number; rows: number; newest: string | null }>(
    selects.join('\nunion all\n'),
    values.list,
  )
  const found = new Map(rows.map((row) => [row.place, row]))
  return tables.map((table, index) => {
    const row = found.get(index)
    return { table, rows: row?.rows ?? 0, newest: row?.newest ?? null }
  })
}
