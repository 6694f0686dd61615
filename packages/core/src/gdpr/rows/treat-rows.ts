import type { Queryable } from '../../database/connection.ts'
import { sqlIdentifier } from '../../database/identifier.ts'
import { JourneysError } from '../../errors.ts'
import { assignmentsSql } from './assignment-sql.ts'
import { countRows } from './count-rows.ts'
import { type KeptScores, keepingScores } from './kept-scores.ts'
import type { PersonTable } from './person-table.ts'
import type { RowOwner } from './row-owner.ts'
import { fromSql, namingCondition, rowAlias, rowCondition, rowConditions } from './rows-sql.ts'
import { SqlValues } from './sql-values.ts'
import { or } from './way-sql.ts'

export interface TreatOptions {
  /** Rows at most. A foreign table and a materialized view know no such limit. */
  limit: number
  /** Scores of the journal that may stay, from `readKeptScores`. @defaultValue none */
  keptScores?: KeptScores | undefined
}

interface LockedRow {
  schema: string
  name: string
  ctid: string
}

/**
 * Treats the next rows of a person in one table as the map says: deletes, overwrites or unlinks them. It runs in the caller's
 * transaction, whose isolation must be READ COMMITTED, and sets nothing: what the database asks of an erasure (`journeys.erasing`,
 * `lock_timeout`) is the caller's. Tables that are kept, and those that go through the Storage API, are left alone.
 *
 * @returns how many rows were treated; fewer than `limit`: none is left
 * @throws JourneysError `rows_refused` when the database lets rows be found and not be treated
 */
export async function treatRows(
  queryable: Queryable,
  table: PersonTable,
  owner: RowOwner,
  options: TreatOptions,
): Promise<number> {
  if (table.what === 'keep' || table.viaStorage) return 0
  if (table.kind === 'materialized view') return await refresh(queryable, table, owner)
  if (table.kind === 'foreign table') return await treatElsewhere(queryable, table, owner)
  let treated = 0
  for (const { condition, what, values } of pieces(table, owner, options)) {
    if (treated >= options.limit) break
    const locked = await lockRows(queryable, table, condition, values, options.limit - treated)
    for (const part of byPartition(locked, table)) treated += await treatLocked(queryable, table, part, what)
  }
  return treated
}

/** What finds rows, and what is done to those that are found. */
interface Piece {
  condition: string
  values: SqlValues
  what(values: SqlValues): string
}

function pieces(table: PersonTable, owner: RowOwner, { keptScores }: TreatOptions): Piece[] {
  const theirs = (values: SqlValues) => {
    if (table.what === 'erase') return 'delete'
    return keepingScores(table, keptScores, owner, values) ?? assignmentsSql(table, rowAlias, owner, values)
  }
  const ways = table.ways.map((way) => {
    const values = new SqlValues()
    return { condition: rowCondition(table, way, owner, values), values, what: theirs }
  })
  const namings = table.namings.map((naming) => {
    const values = new SqlValues()
    const what = (used: SqlValues) =>
      assignmentsSql({ assignments: [naming], personColumns: [] }, rowAlias, owner, used)
    return { condition: namingCondition(naming, owner, values), values, what }
  })
  return [...ways, ...namings].flatMap(({ condition, ...piece }) =>
    condition === undefined ? [] : [{ condition, ...piece }],
  )
}

/** Locked by one statement and changed by the next: one that waited for somebody's change would not see the row that it locked. */
async function lockRows(
  queryable: Queryable,
  table: PersonTable,
  condition: string,
  values: SqlValues,
  limit: number,
): Promise<LockedRow[]> {
  const { rows } = await queryable.query<LockedRow>(
    `select n.nspname::text as schema, c.relname::text as name, batch.ctid::text as ctid
     from (
       select ${rowAlias}.tableoid, ${rowAlias}.ctid
       from ${fromSql(table)}
       where ${condition}
       limit ${values.use(limit, 'bigint')}
       for update of ${rowAlias}
     ) batch
     join pg_catalog.pg_class c on c.oid = batch.tableoid
     join pg_catalog.pg_namespace n on n.oid = c.relnamespace`,
    values.list,
  )
  return rows
}

interface Part {
  /** A partition by its own name, because a ctid finds its row there at once, and in the whole table only after a look into each. */
  into: string
  tableSql: string
  rows: string[]
}

function byPartition(locked: readonly LockedRow[], table: PersonTable): Part[] {
  const parts = new Map<string, Part>()
  for (const { schema, name, ctid } of locked) {
    const into = sqlIdentifier(schema, name)
    const part = parts.get(into) ?? { into, tableSql: `only ${into} ${rowAlias}`, rows: [] }
    part.rows.push(ctid)
    parts.set(into, part)
  }
  // Into another partition a row gets only through the whole table. A month's first day is in the same month.
  return [...parts.values()].map((part) => (table.movesPartitions ? { ...part, tableSql: fromSql(table) } : part))
}

async function treatLocked(queryable: Queryable, table: PersonTable, part: Part, what: Piece['what']): Promise<number> {
  const values = new SqlValues()
  const these = `${rowAlias}.ctid = any (${values.use(part.rows, 'tid[]')})`
  const inPart = table.movesPartitions ? ` and ${rowAlias}.tableoid = ${values.use(part.into, 'regclass')}` : ''
  const written = what(values)
  const change = written === 'delete' ? `delete from ${part.tableSql}` : `update ${part.tableSql} set ${written}`
  const { rowCount } = await queryable.query(`${change} where ${these}${inPart}`, values.list)
  if (rowCount < part.rows.length) throw refused(table, part.rows.length - rowCount)
  return rowCount
}

/** Nothing is written into a view that is a copy: it is copied again. */
async function refresh(queryable: Queryable, table: PersonTable, owner: RowOwner): Promise<number> {
  const before = await countRows(queryable, table, owner)
  if (before === 0) return 0
  await queryable.query(`refresh materialized view ${sqlIdentifier(table.schema, table.name)}`)
  // What is left comes from rows that are still there: the account itself, or held ones.
  return Math.max(0, before - (await countRows(queryable, table, owner)))
}

/** Another server has no ctid that would be the same a statement later. */
async function treatElsewhere(queryable: Queryable, table: PersonTable, owner: RowOwner): Promise<number> {
  const values = new SqlValues()
  const conditions = rowConditions(table, owner, values)
  if (conditions.length === 0) return 0
  const these = or(conditions)
  const text =
    table.what === 'erase'
      ? `delete from ${fromSql(table)} where ${these}`
      : `update ${fromSql(table)} set ${assignmentsSql(table, rowAlias, owner, values)} where ${these}`
  const { rowCount } = await queryable.query(text, values.list)
  return rowCount
}

function refused({ table, what }: PersonTable, rows: number): JourneysError {
  const todo = { erase: 'deleted', overwrite: 'overwritten', unlink: 'unlinked', keep: 'kept' }[what]
  return new JourneysError(
    'rows_refused',
    `${rows === 1 ? '1 row' : `${rows} rows`} of ${table} could not be ${todo}`,
    {
      detail: 'they were found and locked, and nothing happened to them: a trigger or a rule of the table keeps them',
      hint: `look at the triggers of ${table}; then the same command again goes on from here`,
    },
  )
}
