import type { Queryable } from '../../database/connection.ts'
import { JourneysError } from '../../errors.ts'
import type { PersonTable } from '../rows/person-table.ts'
import type { Archive } from './archive.ts'
import { csvHead, csvLines } from './csv.ts'
import type { TableExport } from './manifest.ts'
import type { PersonRows } from './person-rows.ts'
import { readLines } from './row-cursor.ts'

/**
 * Streams the person's rows of a table into the archive: as JSON, then as CSV, then what they look like as JSON Schema.
 * @param atMost how long the retention rules leave rows of this table
 * @param onRows how many rows are done so far, of both files as if they were one
 */
export async function addTable(
  archive: Archive,
  transaction: Queryable,
  of: PersonRows,
  atMost: string | undefined,
  onRows: (rows: number) => void,
): Promise<TableExport> {
  const { table } = of.table
  const name = fileName(table)
  const paths = { json: `data/${name}.json`, csv: `data/${name}.csv`, schema: `schema/${name}.schema.json` }
  let read = 0
  async function* lines(statement: PersonRows['objects']) {
    for await (const batch of readLines(transaction, statement.sql, statement.values)) {
      read += batch.length
      yield batch
      onRows(Math.floor(read / 2))
    }
  }
  await archive.add(paths.json, jsonArray(lines(of.objects)))
  const rows = read
  await archive.add(paths.csv, csv(of, lines(of.cells)))
  if (read !== 2 * rows) {
    throw new JourneysError('export_inconsistent', `${table} was read twice and differed; no export was made`, {
      detail: `${rows} rows, then ${read - rows}`,
      hint: 'a foreign table does not know snapshots: run it again while nobody writes there',
    })
  }
  await archive.add(paths.schema, [`${JSON.stringify(of.schema, null, 2)}\n`])
  return { table, words: of.words, rows, ...paths, withheld: of.withheld, keeping: keepingOf(of.table, atMost) }
}

async function* jsonArray(batches: AsyncIterable<string[]>): AsyncGenerator<string> {
  let separator = '[\n'
  for await (const batch of batches) {
    yield separator + batch.join(',\n')
    separator = ',\n'
  }
  yield separator === '[\n' ? '[]\n' : '\n]\n'
}

async function* csv({ columns }: PersonRows, batches: AsyncIterable<string[]>): AsyncGenerator<string> {
  yield csvHead(columns)
  for await (const batch of batches) {
    yield csvLines(
      columns,
      batch.map((line) => JSON.parse(line) as (string | null)[]),
    )
  }
}

/** A table may be called anything; a file may not. Two tables that differ in nothing else get the same letters only by intent. */
function fileName(table: string): string {
  return table.replace(/[^\w.-]/g, (character) => `%${character.codePointAt(0)?.toString(16).padStart(4, '0')}`)
}

function keepingOf({ what, ground, period }: PersonTable, atMost: string | undefined): string[] {
  const kept = ground === undefined ? '' : ` for ${period ?? 'a time that nobody has written down'}: ${ground}`
  const until =
    atMost === undefined ? 'Until your account is erased' : `For ${atMost} at most, or until your account is erased`
  switch (what) {
    case 'erase':
      return [atMost === undefined ? `${until}, or you delete it` : until]
    case 'keep':
      return [kept === '' ? 'Nobody has decided for how long: ask' : `Kept, also when your account is erased,${kept}`]
    default:
      return [
        `${until}; then what leads to you and what you wrote is taken out of the record` +
          (kept === '' ? '' : `, and the rest of it is kept${kept}`),
      ]
  }
}
