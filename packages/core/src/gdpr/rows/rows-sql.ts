import { sqlIdentifier } from '../../database/identifier.ts'
import { newValueSql } from './assignment-sql.ts'
import type { Assignment, PersonTable } from './person-table.ts'
import type { RowOwner } from './row-owner.ts'
import type { SqlValues } from './sql-values.ts'
import { isLeft, marks } from './treated.ts'
import type { Way } from './way.ts'
import { columnNames, or, waySql } from './way-sql.ts'

/** How a table is called in every statement about its rows. */
export const rowAlias = 't'

/**
 * The person's rows, by one way to them, without those that are treated already; `undefined`: there can be none. Each way by itself, so that
 * each finds its index.
 */
export function rowCondition(table: PersonTable, way: Way, owner: RowOwner, values: SqlValues): string | undefined {
  const condition = waySql(way, rowAlias, owner, values)
  if (condition === undefined) return undefined
  if ((table.what !== 'overwrite' && table.what !== 'unlink') || isLeft(way, table)) return condition
  const open = marks(table).map((one) => {
    // As text: not every type can be compared, json for one.
    const here = `${sqlIdentifier(rowAlias, one.column.name)}::text`
    return `${here} is distinct from (${newValueSql(one, rowAlias, owner, values)})::text`
  })
  // Without a mark it can only be counted: see `tellsTreated`.
  return open.length === 0 ? condition : `(${condition} and ${or(open)})`
}

/** Rows that are somebody else's and name the person in this column. Rows of their own are treated before. */
export function namingCondition(naming: Assignment, owner: RowOwner, values: SqlValues): string | undefined {
  return columnNames(naming.column, rowAlias, owner, values)
}

export function rowConditions(table: PersonTable, owner: RowOwner, values: SqlValues): string[] {
  return [
    ...table.ways.map((way) => rowCondition(table, way, owner, values)),
    ...table.namings.map((naming) => namingCondition(naming, owner, values)),
  ].filter((condition) => condition !== undefined)
}

/** `"public"."profiles" t`; without the tables that inherit from it, which are tables of their own, and with its partitions. */
export function fromSql({ schema, name, kind }: PersonTable): string {
  return `${kind === 'table' ? 'only ' : ''}${sqlIdentifier(schema, name)} ${rowAlias}`
}

/** `select rows, newest …`: one line about the person's rows of a table. */
export function countSql(table: PersonTable, owner: RowOwner, values: SqlValues): string {
  const conditions = rowConditions(table, owner, values)
  const newest = table.madeAt === undefined ? 'null::text' : `max(${sqlIdentifier('made')})::text`
  const made = table.madeAt === undefined ? 'null' : dayInUtc(table, table.madeAt)
  if (conditions.length === 0) return 'select 0::bigint as rows, null::text as newest'
  if (conditions.length === 1 || table.kind === 'foreign table') {
    return `select count(*) as rows, ${newest} as newest from (select ${made} as made from ${fromSql(table)} where ${or(conditions)}) one`
  }
  // A row that two ways lead to is one row.
  const each = conditions.map(
    (condition) =>
      `select ${rowAlias}.tableoid, ${rowAlias}.ctid, ${made} as made from ${fromSql(table)} where ${condition}`,
  )
  return `select count(*) as rows, ${newest} as newest from (${each.join(' union ')}) one`
}

function dayInUtc(table: PersonTable, column: string): string {
  const here = sqlIdentifier(rowAlias, column)
  return table.madeAtHasZone ? `(${here} at time zone 'UTC')::date` : `${here}::date`
}
