import type { Queryable } from '../../database/connection.ts'
import type { NotSearched, SetAside } from './search-report.ts'
import tablesSql from './search-tables.sql'

/** How a column is compared: as the text it prints, or as its type allows at a fraction of the cost. */
export type ColumnClass = 'text' | 'uuid' | 'bytes' | 'number' | 'words'

export interface SearchedColumn {
  name: string
  class: ColumnClass
  /** The type's name under all domains. */
  base: string
  /** Bytes inside an array or a composite print as hexadecimal digits. */
  hasHex: boolean
}

export interface SearchedTable {
  oid: number
  /** Which file holds the rows: another one means that the table was rewritten, emptied or refreshed. */
  filenode: number
  schema: string
  name: string
  /** schema.table */
  label: string
  columns: SearchedColumn[]
  /** Columns that say whose a row is. */
  owners: { name: string; isUuid: boolean }[]
}

/** How much of it there is. */
export interface TableSize {
  blocks: number
  /** On disk, with what is stored out of line. */
  bytes: number
}

export interface SearchScope {
  tables: SearchedTable[]
  notSearched: NotSearched[]
  setAside: SetAside[]
}

interface TableRow {
  oid: number
  schema: string
  name: string
  kind: 'r' | 'm' | 'f'
  filenode: number
  readable: boolean
  hidesRows: boolean
  columns: { name: string; base: string | null; hasBytes: boolean }[]
}

/** The ledger itself, which leads to the person until the erasure is done: a constraint empties it with the word "done". */
const setAside: readonly SetAside[] = [
  {
    table: 'private.erasure_ledger',
    column: 'user_id',
    why: 'names the person until the erasure is done; a constraint of the table empties it then',
  },
]

/** Columns of a table that name the person whose row it is; not those that name who handled it. */
const ownerName = /^(user|owner|author|profile|account)(_?(id|uuid|uid))?$/i

/** What there is to search, from the catalog alone: neither the map of personal data nor the erasing code is asked. */
export async function readSearchScope(queryable: Queryable): Promise<SearchScope> {
  const { rows } = await queryable.query<TableRow>(tablesSql)
  const scope: SearchScope = { tables: [], notSearched: [], setAside: [] }
  for (const row of rows) {
    const label = `${row.schema}.${row.name}`
    const why = obstacle(row)
    if (why !== undefined) {
      scope.notSearched.push({ table: label, why })
      continue
    }
    const aside = setAside.filter(({ table, column }) => table === label && row.columns.some((c) => c.name === column))
    scope.setAside.push(...aside)
    const columns = row.columns.filter(({ name }) => !aside.some(({ column }) => column === name)).map(columnOf)
    const { oid, filenode, schema, name } = row
    scope.tables.push({
      ...{ oid, filenode, schema, name, label, columns },
      owners: columns
        .filter((column) => isOwner(label, column))
        .map((column) => ({ name: column.name, isUuid: column.class === 'uuid' })),
    })
  }
  return scope
}

/** Waits for whoever has locked a table, as long as the transaction allows. By oid; a table that is gone has none. */
export async function readSizes(
  queryable: Queryable,
  tables: readonly SearchedTable[],
): Promise<Map<number, TableSize>> {
  const { rows } = await queryable.query<TableSize & { oid: number }>(
    `select one.oid::bigint as oid, pg_table_size(one.oid) as bytes,
       ceil(pg_relation_size(one.oid)::numeric / current_setting('block_size')::int)::bigint as blocks
     from unnest($1::oid[]) as one (oid) where pg_relation_size(one.oid) is not null`,
    [tables.map(({ oid }) => oid)],
  )
  return new Map(rows.map(({ oid, ...size }) => [oid, size]))
}

function obstacle({ kind, readable, hidesRows }: TableRow): string | undefined {
  if (!readable) return 'the database role may not read it'
  if (kind === 'f') return 'a foreign table: its rows are on another server'
  if (hidesRows) return 'row-level security hides rows from the database role'
  return undefined
}

function columnOf({ name, base, hasBytes }: TableRow['columns'][number]): SearchedColumn {
  const found = classes[base ?? ''] ?? 'text'
  return { name, base: base ?? '', class: found, hasHex: hasBytes && found === 'text' }
}

const classes: Record<string, ColumnClass> = {
  uuid: 'uuid',
  bytea: 'bytes',
  int8: 'number',
  numeric: 'number',
  tsvector: 'words',
}

function isOwner(label: string, column: SearchedColumn): boolean {
  if (label === 'auth.users') return column.name === 'id'
  const couldHoldId = column.class === 'uuid' || ['text', 'varchar', 'bpchar'].includes(column.base)
  return couldHoldId && ownerName.test(column.name)
}
