import { sqlIdentifier } from '../../database/identifier.ts'
import type { Column } from '../map-reach.ts'
import type { RowOwner } from './row-owner.ts'
import type { SqlValues } from './sql-values.ts'
import type { Way } from './way.ts'

const jsonTypes = new Set(['json', 'jsonb'])
/** Compared without a cast, so that an index on the column serves. */
const plainTexts = new Set(['text', 'varchar'])
const uuidPattern = '^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$'

/** The condition under which a row of the table called `alias` leads to `owner` by this way; `undefined`: no row can. */
export function waySql(way: Way, alias: string, owner: RowOwner, values: SqlValues): string | undefined {
  switch (way.by) {
    case 'id':
      return and(holdsId(way.column, alias, owner, values), ...namesNobodyElse(way.others, alias, owner, values))
    case 'email':
      return and(holdsEmail(way.column, alias, owner, values), ...namesNobodyElse(way.others, alias, owner, values))
    case 'mention':
      return and(mentions(way.column, alias, owner, values), ...namesNobodyElse(way.others, alias, owner, values))
    case 'hash':
      return `${at(alias, way.column)} = private.subject_hash(${values.use(owner.id, 'uuid')})`
    case 'folder':
      // The id holds no character that LIKE would read otherwise. Policies compare it as it is written, operators may not.
      return `lower(${at(alias, way.column)}) like ${values.use(`${owner.id}/%`, 'text')}`
    case 'parent': {
      const { parent } = way
      const parentAlias = `${alias}_parent`
      const conditions = parent.ways.flatMap((one) => waySql(one, parentAlias, owner, values) ?? [])
      if (conditions.length === 0) return undefined
      const here = way.columns.map((column) => at(alias, column)).join(', ')
      const there = parent.columns.map((column) => sqlIdentifier(parentAlias, column)).join(', ')
      const rows = `select ${there} from ${sqlIdentifier(parent.schema, parent.name)} ${parentAlias} where ${or(conditions)}`
      return and(`(${here}) in (${rows})`, ...namesNobodyElse(way.others, alias, owner, values))
    }
  }
}

/** The condition under which this very column names the person, whosever row it is. */
export function columnNames(column: Column, alias: string, owner: RowOwner, values: SqlValues): string | undefined {
  if (jsonTypes.has(column.base) && !column.isArray) return mentions(column, alias, owner, values)
  const ways = [holdsId(column, alias, owner, values), holdsEmail(column, alias, owner, values)]
  const conditions = ways.filter((one) => one !== undefined)
  return conditions.length === 0 ? undefined : or(conditions)
}

export function or(conditions: readonly string[]): string {
  return conditions.length === 1 ? String(conditions[0]) : `(${conditions.join(' or ')})`
}

function and(...conditions: (string | undefined)[]): string | undefined {
  if (conditions.includes(undefined)) return undefined
  return conditions.length === 1 ? conditions[0] : `(${conditions.join(' and ')})`
}

function at(alias: string, { name }: Column): string {
  return sqlIdentifier(alias, name)
}

function holdsId(column: Column, alias: string, { id }: RowOwner, values: SqlValues): string | undefined {
  const here = at(alias, column)
  const written = () => values.use([id, id.toUpperCase()], 'text[]')
  if (column.base === 'uuid') {
    return column.isArray ? `${values.use(id, 'uuid')} = any (${here})` : `${here} = ${values.use(id, 'uuid')}`
  }
  if (column.base === 'bytea') return column.isArray ? undefined : `${here} = uuid_send(${values.use(id, 'uuid')})`
  if (!isText(column)) return undefined
  if (column.isArray) return `${here}::text[] && ${written()}`
  return `${plainTexts.has(column.base) ? here : `${here}::text`} = any (${written()})`
}

function holdsEmail(column: Column, alias: string, { emails }: RowOwner, values: SqlValues): string | undefined {
  if (emails.length === 0 || !isText(column)) return undefined
  const here = at(alias, column)
  const written = values.use(emails, 'text[]')
  if (!column.isArray) return `lower(${here}::text) = any (${written})`
  return `exists (select from unnest(${here}::text[]) as one where lower(one) = any (${written}))`
}

/** As a whole string: the address of Anna is a part of Joanna's. */
function mentions(column: Column, alias: string, { id, emails }: RowOwner, values: SqlValues): string {
  const conditions = [id, ...emails].map(
    (text) => `strpos(lower(${at(alias, column)}::text), ${values.use(JSON.stringify(text), 'text')}) > 0`,
  )
  return or(conditions)
}

export function isText({ base }: Column): boolean {
  return plainTexts.has(base) || base === 'bpchar' || base === 'citext' || base === 'name'
}

/** No column that could hold an id holds that of another account. */
function namesNobodyElse(columns: readonly Column[], alias: string, owner: RowOwner, values: SqlValues): string[] {
  return columns.map((column) => `not ${holdsIdOfOther(column, alias, owner, values)}`)
}

function holdsIdOfOther(column: Column, alias: string, { id }: RowOwner, values: SqlValues): string {
  const here = at(alias, column)
  const other = (value: string) =>
    `exists (select from auth.users other where other.id = ${value} and other.id <> ${values.use(id, 'uuid')})`
  if (column.base === 'uuid') return other(here)
  const isUuid = `${here}::text ~ ${values.use(uuidPattern, 'text')}`
  return `(case when ${isUuid} then ${other(`${here}::text::uuid`)} else false end)`
}

/** Whether a column names another account, by id or by address; `undefined` where that cannot be said of the whole column. */
export function namesOther(column: Column, alias: string, owner: RowOwner, values: SqlValues): string | undefined {
  if (column.isArray || !(column.base === 'uuid' || isText(column))) return undefined
  const byId = holdsIdOfOther(column, alias, owner, values)
  if (column.base === 'uuid') return byId
  // As Auth writes them, so that its index on addresses serves.
  const byEmail = `exists (
    select from auth.users other
    where other.email = lower(${at(alias, column)}::text) and not other.is_sso_user and other.id <> ${values.use(owner.id, 'uuid')}
  )`
  return or([byId, byEmail])
}
