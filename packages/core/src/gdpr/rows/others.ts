import type { Queryable } from '../../database/connection.ts'
import { sqlIdentifier } from '../../database/identifier.ts'
import type { Edge } from '../map-reach.ts'
import type { PersonTable, PersonTables } from './person-table.ts'
import type { RowOwner } from './row-owner.ts'
import { fromSql, rowAlias } from './rows-sql.ts'
import { SqlValues } from './sql-values.ts'
import { or, waySql } from './way-sql.ts'

/** Rows of other people that hang on rows which an erasure takes away. */
export interface RowsOfOthers {
  table: string
  parent: string
  rows: number
  /** The database deletes them, too; `false`: it refuses to let the others go. */
  goes: boolean
}

/** Follows every foreign key to rows that are to go, and counts those at its end that are not the person's. One statement. */
export async function countRowsOfOthers(
  queryable: Queryable,
  { tables, keys }: PersonTables,
  owner: RowOwner,
): Promise<RowsOfOthers[]> {
  const byName = new Map(tables.filter(({ mayRead }) => mayRead).map((table) => [table.table, table]))
  const values = new SqlValues()
  const asked = keys.flatMap((key) => {
    const child = byName.get(key.from)
    const parent = byName.get(key.to)
    if (child === undefined || parent === undefined || !isLost(key, parent)) return []
    const condition = othersSql(key, child, parent, owner, values)
    return condition === undefined ? [] : [{ key, child, condition }]
  })
  if (asked.length === 0) return []
  const { rows } = await queryable.query<{ place: number; rows: number }>(
    asked
      .map(
        ({ child, condition }, index) =>
          `select ${index} as place, count(*) as rows from ${fromSql(child)} where ${condition}`,
      )
      .join('\nunion all\n'),
    values.list,
  )
  const counts = new Map(rows.map(({ place, rows }) => [place, rows]))
  return asked.flatMap(({ key }, index) => {
    const found = counts.get(index) ?? 0
    return found === 0 ? [] : [{ table: key.from, parent: key.to, rows: found, goes: key.onDelete === 'delete' }]
  })
}

/** Whether what the key refers to will not be there any more. One that is emptied harms nobody. */
function isLost(key: Edge, parent: PersonTable): boolean {
  if (parent.viaStorage || parent.what === 'keep') return false
  if (parent.what === 'erase') return key.onDelete !== 'unlink'
  return key.onDelete === 'refuse' && parent.assignments.some(({ column }) => key.toColumns.includes(column.name))
}

function othersSql(
  key: Edge,
  child: PersonTable,
  parent: PersonTable,
  owner: RowOwner,
  values: SqlValues,
): string | undefined {
  // What refers to the account itself is the person's.
  const own = child.ways.some(
    (way) => way.by === 'id' && key.columns.length === 1 && way.column.name === key.columns[0],
  )
  if (own && key.to === 'auth.users') return undefined
  const theirs = parent.ways.flatMap((way) => waySql(way, 'p', owner, values) ?? [])
  if (theirs.length === 0) return undefined
  const here = key.columns.map((name) => sqlIdentifier(rowAlias, name)).join(', ')
  const there = key.toColumns.map((name) => sqlIdentifier('p', name)).join(', ')
  const rows = `select ${there} from ${sqlIdentifier(parent.schema, parent.name)} p where ${or(theirs)}`
  const mine = child.ways.flatMap((way) => waySql(way, rowAlias, owner, values) ?? [])
  return `(${here}) in (${rows})${mine.length === 0 ? '' : ` and (${or(mine)}) is not true`}`
}
