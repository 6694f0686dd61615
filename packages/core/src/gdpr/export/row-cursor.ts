import type { Queryable } from '../../database/connection.ts'

/** What is fetched at once, in characters: enough to be quick, too little to matter to the process's memory. */
const batchLength = 64 * 1024
const mostRows = 1000

/**
 * Rows of one query, a few at a time, however many there are: the server keeps the cursor, the process only a batch. Each row is one
 * text, made by the server. Runs inside the caller's transaction, whose end closes the cursor when the reader stops early.
 */
export async function* readLines(transaction: Queryable, sql: string, values: unknown[]): AsyncGenerator<string[]> {
  await transaction.query(`declare exported_rows no scroll cursor for ${sql}`, values)
  let size = 50
  for (;;) {
    const { rows } = await transaction.query<{ line: string }>(`fetch ${size} from exported_rows`)
    if (rows.length === 0) break
    const lines = rows.map(({ line }) => line)
    yield lines
    const length = lines.reduce((sum, line) => sum + line.length, 0)
    // A page of the journal is a few hundred characters or ten thousand: as many rows as fit, by the last batch.
    size = Math.min(mostRows, size * 2, Math.max(1, Math.floor((batchLength * lines.length) / Math.max(1, length))))
  }
  await transaction.query('close exported_rows')
}
