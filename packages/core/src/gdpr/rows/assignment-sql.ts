import { sqlIdentifier } from '../../database/identifier.ts'
import { writtenValue } from '../coverage-values.ts'
import type { Column } from '../map-reach.ts'
import type { Assignment, PersonTable } from './person-table.ts'
import type { RowOwner } from './row-owner.ts'
import type { SqlValues } from './sql-values.ts'
import { namesOther } from './way-sql.ts'

type Written = Pick<PersonTable, 'assignments' | 'personColumns'>

/** `"reflection" = …, "user_id" = …`, for an update of the table called `alias`. */
export function assignmentsSql(table: Written, alias: string, owner: RowOwner, values: SqlValues): string {
  return table.assignments
    .map((one) => `${sqlIdentifier(one.column.name)} = ${assignedSql(one, table, alias, owner, values)}`)
    .join(', ')
}

/** What an update writes into one column: what `newValueSql` says, unless the column names somebody else, who is not erased. */
export function assignedSql(
  one: Assignment,
  { personColumns }: Pick<Written, 'personColumns'>,
  alias: string,
  owner: RowOwner,
  values: SqlValues,
): string {
  const what = newValueSql(one, alias, owner, values)
  if (personColumns.length < 2 || !personColumns.includes(one.column.name)) return what
  const isOthers = namesOther(one.column, alias, owner, values)
  if (isOthers === undefined) return what
  return `case when ${isOthers} then ${sqlIdentifier(alias, one.column.name)} else ${what} end`
}

/** What will stand in a column. */
export function newValueSql(one: Assignment, alias: string, owner: RowOwner, values: SqlValues): string {
  const { column, decision } = one
  if (decision.strategy === 'unlink') return unlinkedSql(column, alias, owner, values)
  if ('dayOf' in decision) return dayOfSql(one, alias)
  if ('random' in decision)
    return column.base === 'uuid' ? 'gen_random_uuid()' : `gen_random_uuid()::text::${column.type}`
  const written = writtenValue(column, decision)
  return written === undefined || written.text === null ? 'null' : `${values.use(written.text, 'text')}::${column.type}`
}

/** Out of a list of ids only the person's is taken. */
function unlinkedSql(column: Column, alias: string, { id }: RowOwner, values: SqlValues): string {
  if (!column.isArray || column.base !== 'uuid') return 'null'
  return `array_remove(${sqlIdentifier(alias, column.name)}, ${values.use(id, 'uuid')})`
}

/** The start, in UTC, of the day. */
function dayOfSql({ column, source, decision }: Assignment, alias: string): string {
  if (source === undefined)
    throw new Error(`${column.name} is to hold the day of a column that is not there: ${JSON.stringify(decision)}`)
  const from = sqlIdentifier(alias, source.name)
  const day =
    source.base === 'date'
      ? `${from}::timestamp`
      : `date_trunc('day', ${source.base === 'timestamptz' ? `${from} at time zone 'UTC'` : from})`
  return column.base === 'timestamptz' ? `((${day}) at time zone 'UTC')` : `(${day})::${column.type}`
}
