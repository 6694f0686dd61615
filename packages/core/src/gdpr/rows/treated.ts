import { writtenValue } from '../coverage-values.ts'
import type { Assignment, PersonTable } from './person-table.ts'
import type { Way } from './way.ts'

/** Whether a treated row can be told from one that is not: without that, treating in batches would never end. */
export function tellsTreated(table: PersonTable): boolean {
  if (table.what !== 'overwrite' && table.what !== 'unlink') return true
  return table.ways.every((way) => isLeft(way, table)) || marks(table).length > 0
}

/** Whether a row, once treated, leads to nobody by this way any more. */
export function isLeft(way: Way, { assignments }: Pick<PersonTable, 'assignments'>): boolean {
  const columns = way.by === 'parent' ? way.columns : [way.column]
  return columns.some(({ name }) => assignments.some(({ column }) => column.name === name))
}

/** Columns in which every treated row says the same: what is not so yet is still to be treated. */
export function marks({ assignments, personColumns }: PersonTable): Assignment[] {
  return assignments.filter(({ column, decision }) => {
    // One that names somebody else stays as it is.
    if (personColumns.includes(column.name) || 'random' in decision) return false
    return 'dayOf' in decision || writtenValue(column, decision) !== undefined
  })
}
