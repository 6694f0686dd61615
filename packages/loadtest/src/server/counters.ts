import { type Database, type Queryable, sqlIdentifier, sqlState } from '@journeys/core/ops'
import sizesSql from './sizes.sql'
import statementTextsSql from './statement-texts.sql'
import statementsSql from './statements.sql'
import statementsInfoSql from './statements-info.sql'
import tablesSql from './tables.sql'

export interface TableCounters {
  readonly id: number
  /** Of the partitioned table that it is a part of, or its own. */
  readonly root: number
  /** Of the root. */
  readonly name: string
  readonly sequential_scans: number
  readonly sequential_rows: number
  readonly index_scans: number
  readonly inserted: number
  readonly updated: number
  readonly deleted: number
  readonly pages_hit: number
  readonly pages_missed: number
}

export interface TableSize {
  readonly id: number
  readonly bytes: number | null
  readonly index_bytes: number | null
}

export interface StatementCounters {
  readonly id: string
  readonly role: string | null
  /** Not called by a function. */
  readonly top: boolean
  readonly calls: number
  readonly ms: number
  readonly rows: number
  readonly pages: number
  readonly own: boolean
}

/** What the server has counted until a moment. A part that cannot be read is absent, and `notes` says why. */
export interface Counters {
  readonly tables?: readonly TableCounters[]
  readonly sizes?: readonly TableSize[]
  readonly statements?: readonly StatementCounters[]
  /** When pg_stat_statements began anew, and how often it threw statements out for want of room. */
  readonly statementsInfo?: { readonly reset: number | null; readonly dealloc: number }
  readonly notes: readonly string[]
}

/** Somebody holding a table for himself must not hold up the end of the run. */
const lockTimeoutMs = 500

/** Never throws: what cannot be read is told. */
export async function readCounters(database: Database, statementsSchema: string | null): Promise<Counters> {
  const notes: string[] = []
  const part = async <T>(work: (transaction: Queryable) => Promise<T>, say: (state?: string) => string) => {
    try {
      return await database.readOnly(work)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      notes.push(`${say(sqlState(error))}: ${message}.`)
      return undefined
    }
  }
  const tables = await part(
    async (transaction) => (await transaction.query<TableCounters>(tablesSql)).rows,
    () => "The tables' counters could not be read",
  )
  const sizes = await part(
    async (transaction) => {
      await setLocal(transaction, 'lock_timeout', String(lockTimeoutMs))
      return (await transaction.query<TableSize>(sizesSql)).rows
    },
    (state) =>
      state === '55P03'
        ? "The tables' sizes could not be read because one of them is locked"
        : "The tables' sizes could not be read",
  )
  if (statementsSchema === null) {
    notes.push(
      'The slowest statements cannot be told: the extension pg_stat_statements is not in this database (create extension pg_stat_statements with schema extensions).',
    )
  }
  const read =
    statementsSchema === null
      ? undefined
      : await part(
          async (transaction) => {
            await setLocal(transaction, 'search_path', sqlIdentifier(statementsSchema))
            const statements = (await transaction.query<StatementCounters>(statementsSql)).rows
            const info = await transaction.query<{ reset: number | null; dealloc: number }>(statementsInfoSql)
            return { statements, statementsInfo: info.rows[0] ?? { reset: null, dealloc: 0 } }
          },
          () => 'The slowest statements cannot be told',
        )
  return { ...(tables && { tables }), ...(sizes && { sizes }), ...read, notes }
}

/** The texts of statements, with `$n` for every value; those that are gone meanwhile are missing. */
export async function readStatementTexts(
  database: Database,
  statementsSchema: string,
  ids: readonly string[],
): Promise<Map<string, string>> {
  const rows = await database.readOnly(async (transaction) => {
    await setLocal(transaction, 'search_path', sqlIdentifier(statementsSchema))
    return (await transaction.query<{ id: string; text: string }>(statementTextsSql, [ids])).rows
  })
  return new Map(rows.map(({ id, text }) => [id, text]))
}

// search_path is a list: a name in it is written as in SQL.
function setLocal(transaction: Queryable, setting: string, value: string): Promise<unknown> {
  return transaction.query('/* journeys */ select set_config($1, $2, true)', [setting, value])
}
