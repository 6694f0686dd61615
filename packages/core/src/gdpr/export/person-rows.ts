import type { Queryable } from '../../database/connection.ts'
import { decisionsOf, type PersonalDataMap } from '../map.ts'
import { readReach } from '../map-reach.ts'
import type { PersonTable } from '../rows/person-table.ts'
import { readPersonTables } from '../rows/read-person-tables.ts'
import type { RowOwner } from '../rows/row-owner.ts'
import { fromSql, rowAlias } from '../rows/rows-sql.ts'
import { SqlValues } from '../rows/sql-values.ts'
import { or, waySql } from '../rows/way-sql.ts'
import { type ExportedTable, exportedTable } from './exported-table.ts'
import tableFactsSql from './table-facts.sql'
import { tableWords } from './table-words.ts'

/** A table in which the person may have rows, ready to be read. */
export interface PersonRows extends ExportedTable {
  table: PersonTable
  words: string
}

/** Everything in which a person can have rows: what the map reaches, what nobody has decided about yet, and the audit log. */
export async function readPersonRows(
  queryable: Queryable,
  map: PersonalDataMap,
  owner: RowOwner,
): Promise<PersonRows[]> {
  const { tables, open } = await readPersonTables(queryable, map)
  const { relations, foreignKeys } = await readReach(queryable)
  const known = new Map([...open.map(({ table }) => table), ...tables].map((table) => [table.table, table]))
  const names = [...known.keys()].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
  const { rows } = await queryable.query<{ table: string; primaryKey: string[]; comment: string | null }>(
    tableFactsSql,
    [names],
  )
  const facts = new Map(rows.map((row) => [row.table, row]))
  return names.flatMap((name): PersonRows[] => {
    const table = known.get(name)
    const relation = relations.get(name)
    if (table === undefined || relation === undefined) return []
    // Without one the map knows the table, and no column in it leads to anybody.
    if (conditionsOf(table, owner, new SqlValues()).length === 0) return []
    const words = tableWords(name, facts.get(name)?.comment ?? null)
    const input = {
      table: name,
      from: fromSql(table),
      relation,
      primaryKey: facts.get(name)?.primaryKey ?? [],
      foreignKeys,
      decisions: decisionsOf(map, name),
      owner,
      condition: (values: SqlValues) => or(conditionsOf(table, owner, values)),
      words,
    }
    return [{ table, words, ...exportedTable(input) }]
  })
}

/** The audit log names people by a hash, whose key is in the database: to the database, and to nobody else, the rows are theirs. */
function conditionsOf({ table, ways }: PersonTable, owner: RowOwner, values: SqlValues): string[] {
  const conditions = ways.flatMap((way) => waySql(way, rowAlias, owner, values) ?? [])
  if (table !== 'private.audit_log') return conditions
  return [...conditions, `t.subject_hash = (select private.subject_hash(${values.use(owner.id, 'uuid')}))`]
}

/** What the person knows comes first: what the app holds, then their files, then their account, then what operators need. */
function rank(table: string): number {
  const behind = ['storage.', 'auth.', 'private.']
  return behind.findIndex((schema) => table.startsWith(schema)) + 1
}
