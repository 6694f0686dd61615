import { sqlIdentifier } from '../../database/identifier.ts'
import { looksLikePerson } from '../map-person-column.ts'
import type { Column, Edge } from '../map-reach.ts'
import type { RowOwner } from '../rows/row-owner.ts'
import type { SqlValues } from '../rows/sql-values.ts'

/** What stands in the place of somebody else's id or address: the person may know that there is one, not who. */
export const anotherPerson = '[another person]'

const texts = new Set(['text', 'varchar', 'bpchar', 'citext'])

/**
 * Whether a column of a person's row can name somebody else: who it was sent to, who approved it. Their data is not given out
 * (Art. 15(4) GDPR).
 */
export function mayNameOthers(table: string, column: Column, foreignKeys: readonly Edge[]): boolean {
  // The account itself names one person only, under every address that it holds or held.
  if (table === 'auth.users' || column.isArray) return false
  if (texts.has(column.base)) return looksLikePerson(column) !== undefined
  if (column.base !== 'uuid') return false
  const own = foreignKeys.filter(({ from, columns }) => from === table && columns.includes(column.name))
  // The id of a row elsewhere may be called account_id and be nobody's.
  return own.length > 0 ? own.some(({ to }) => to === 'auth.users') : looksLikePerson(column) !== undefined
}

/** SQL that tells whether the column names another account than the owner's. */
export function namesOther(column: Column, owner: RowOwner, values: SqlValues): string {
  const value = `t.${sqlIdentifier(column.name)}`
  if (column.base === 'uuid') return `${value} <> ${values.use(owner.id, 'uuid')}`
  const id = `case when ${value}::text ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then ${value}::text::uuid end`
  const other = `other.id <> ${values.use(owner.id, 'uuid')} and (other.id = ${id} or lower(other.email) = lower(${value}::text))`
  // Nearly always it is the person's own id, which needs no search.
  return `${value}::text <> ${values.use(owner.id, 'text')} and exists (select from auth.users other where ${other})`
}
