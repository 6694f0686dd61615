import { sqlIdentifier } from '../../database/identifier.ts'
import { type DecidedColumn, describeDecision } from '../map.ts'
import type { Column, Edge, Relation } from '../map-reach.ts'
import type { RowOwner } from '../rows/row-owner.ts'
import { SqlValues } from '../rows/sql-values.ts'
import type { CsvColumn } from './csv.ts'
import { anotherPerson, mayNameOthers, namesOther } from './other-people.ts'
import { type JsonSchema, valueSchema } from './value-schema.ts'
import { reasonToWithhold, type Withheld } from './withheld.ts'

/** A statement with its values. */
export interface Statement {
  sql: string
  values: unknown[]
}

/** What is read of one table, and what is not. */
export interface ExportedTable {
  columns: CsvColumn[]
  withheld: Withheld[]
  /** Rows as texts called `line`, in one order: each a JSON object for the JSON file. */
  objects: Statement
  /** The same rows, each a JSON array with the text of every cell, or null, for the CSV file. */
  cells: Statement
  /** Something else of the person's rows; the table is called `t`. */
  select(fields: string): Statement
  /** JSON Schema of the JSON file. */
  schema: JsonSchema
}

export interface ExportedTableInput {
  /** schema.table */
  table: string
  /** The same as SQL, with its alias `t`. */
  from: string
  relation: Relation
  /** Names of its columns; none for a table without. */
  primaryKey: readonly string[]
  /** Of the whole database. */
  foreignKeys: readonly Edge[]
  decisions: ReadonlyMap<string, DecidedColumn>
  owner: RowOwner
  /** SQL that is true for the person's rows. */
  condition: (values: SqlValues) => string
  words: string
}

const numbers = new Set(['int2', 'int4', 'int8', 'float4', 'float8', 'numeric'])
const documents = new Set(['json', 'jsonb'])
const times = new Set(['date', 'timestamp', 'timestamptz'])

export function exportedTable(input: ExportedTableInput): ExportedTable {
  const { table, relation, foreignKeys, owner } = input
  const withheld = relation.columns.flatMap((column): Withheld[] => {
    const why = reasonToWithhold(table, column)
    return why === undefined ? [] : [{ column: column.name, why }]
  })
  const left = new Set(withheld.map(({ column }) => column))
  const given = relation.columns.filter(({ name }) => !left.has(name))
  const others = new Set(given.filter((column) => mayNameOthers(table, column, foreignKeys)))
  const either = (column: Column, values: SqlValues, other: string, value: string) =>
    others.has(column) ? `case when ${namesOther(column, owner, values)} then ${other} else ${value} end` : value

  const statement = (select: (rows: string, values: SqlValues) => string): Statement => {
    const values = new SqlValues()
    const rows = `from ${input.from} where ${input.condition(values)}`
    return { sql: select(rows, values), values: values.list }
  }
  const order = orderOf(relation, input.primaryKey)
  return {
    columns: given.map(({ name, base, isArray }) => ({ name, isNumber: numbers.has(base) && !isArray })),
    withheld,
    select: (fields) => statement((rows) => `select ${fields} ${rows}`),
    objects: statement((rows, values) => {
      const fields = given.map((column) => {
        const value = either(column, values, `to_json('${anotherPerson}'::text)`, jsonOf(column, others.has(column)))
        return `${value} as ${sqlIdentifier(column.name)}`
      })
      return `select row_to_json(r)::text as line from (select ${fields.join(', ')} ${rows} order by ${order}) r`
    }),
    cells: statement((rows, values) => {
      const cells = given.map((column) => either(column, values, `'${anotherPerson}'`, cellOf(column)))
      return `select to_json(array[${cells.join(', ')}]::text[])::text as line ${rows} order by ${order}`
    }),
    schema: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: table,
      description: input.words,
      type: 'array',
      items: {
        type: 'object',
        properties: Object.fromEntries(given.map((column) => [column.name, fieldSchema(column, others, input)])),
        required: given.map(({ name }) => name),
        additionalProperties: false,
      },
    },
  }
}

function fieldSchema(column: Column, others: ReadonlySet<Column>, { decisions }: ExportedTableInput): JsonSchema {
  const decided = decisions.get(column.name)
  const description = `${column.type}${decided === undefined ? '' : `; in an erasure: ${describeDecision(decided.decision)}`}`
  const schema = valueSchema(column)
  return { description, ...(others.has(column) ? { anyOf: [schema, { const: anotherPerson }] } : schema) }
}

function jsonOf({ name }: Column, isOneOfTwo: boolean): string {
  const value = `t.${sqlIdentifier(name)}`
  return isOneOfTwo ? `to_json(${value})` : value
}

/** The JSON value as text: what is in quotes there is bare here. A document stays JSON, in which "null" is no missing value. */
function cellOf({ name, base, isArray }: Column): string {
  const value = `t.${sqlIdentifier(name)}`
  return documents.has(base) && !isArray ? `${value}::text` : `to_json(${value}) #>> '{}'`
}

/** By time where the table has one, and always the same: two readings of one snapshot give the rows in one order. */
function orderOf({ columns }: Relation, primaryKey: readonly string[]): string {
  // The text of the whole row: rows that are equal in it may change places unseen.
  if (primaryKey.length === 0) return 't::text'
  const time =
    columns.find(({ name, base }) => times.has(base) && primaryKey.includes(name)) ??
    columns.find(({ name, base }) => times.has(base) && /^(created_at|recorded_at|at)$/.test(name))
  const names = [...new Set([...(time === undefined ? [] : [time.name]), ...primaryKey])]
  return names.map((name) => `t.${sqlIdentifier(name)}`).join(', ')
}
