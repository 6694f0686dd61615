import type { Queryable } from '../database/connection.ts'
import { serverError } from '../database/database-error.ts'
import { sqlIdentifier } from '../database/identifier.ts'
import type { Decision } from './map.ts'
import type { Column } from './map-reach.ts'

/** Of a column that an erasure writes: what will stand there, as Postgres reads it; `null` empties it. */
export interface WrittenValue {
  column: Column
  text: string | null
}

/** Any uuid: for asking whether a column takes one. */
const someUuid = '3f2c8a4e-5b1d-4c6f-9e7a-0d1b2c3a4f5e'

/** What an erasure will write into a column, as far as it is known before; `undefined` when it writes nothing or it depends on the row. */
export function writtenValue(column: Column, decision: Decision): WrittenValue | undefined {
  if (decision.strategy === 'unlink') return { column, text: null }
  if (decision.strategy !== 'overwrite' || 'dayOf' in decision) return undefined
  if ('random' in decision) return { column, text: someUuid }
  const { value } = decision
  const isJson = (column.base === 'json' || column.base === 'jsonb') && !column.isArray
  if (value === null) return { column, text: null }
  return { column, text: isJson || typeof value === 'object' ? JSON.stringify(value) : String(value) }
}

/**
 * Asks the server whether a column takes this value: its type, its length, its domain. Nothing is written.
 * @param transaction a READ ONLY one, which goes on whatever the answer
 * @returns what is wrong, in the server's words; `undefined` when it takes it
 */
export async function refusedByType(
  transaction: Queryable,
  { column, text }: WrittenValue,
): Promise<string | undefined> {
  if (text === null) return column.notNull ? 'the column must not be null' : undefined
  if (column.maxLength !== null && [...text].length > column.maxLength) {
    return `the value is longer than ${column.maxLength} characters`
  }
  // The type is the server's own writing of it, from format_type.
  const asked = await ask(transaction, `select cast($1::text as ${column.type}) is null as refused`, [text])
  return typeof asked === 'string' ? asked : undefined
}

/**
 * Asks the server whether a check holds for these values, which are all the columns that it looks at.
 * @param expression the server's own writing of it, from pg_get_expr
 */
export async function refusedByCheck(
  transaction: Queryable,
  expression: string,
  values: readonly WrittenValue[],
): Promise<boolean> {
  const row = values.map(
    ({ column }, index) => `cast($${index + 1}::text as ${column.type}) as ${sqlIdentifier(column.name)}`,
  )
  const asked = await ask(
    transaction,
    `select (${expression}) is false as refused from (select ${row.join(', ')}) as candidate`,
    values.map(({ text }) => text),
  )
  return asked === true
}

/** The answer, or the server's complaint about the value; `undefined` when it complains about something else. */
async function ask(transaction: Queryable, sql: string, values: unknown[]): Promise<boolean | string | undefined> {
  await transaction.query('savepoint question')
  try {
    const { rows } = await transaction.query<{ refused: boolean }>(sql, values)
    return rows[0]?.refused ?? false
  } catch (error) {
    const server = serverError(error)
    if (server === undefined) throw error
    await transaction.query('rollback to savepoint question')
    // 22: data exception; 23514: a domain's check; 42846: no such cast. Anything else (a missing right) says nothing about the value.
    return /^22|^23514$|^42846$/.test(server.code) ? server.message : undefined
  }
}
