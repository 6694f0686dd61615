import type { Database } from '../../packages/core/src/database/connection.ts'
import type { KeptScores } from '../../packages/core/src/gdpr/rows/kept-scores.ts'
import type { PersonTable } from '../../packages/core/src/gdpr/rows/person-table.ts'
import type { RowOwner } from '../../packages/core/src/gdpr/rows/row-owner.ts'
import { treatRows } from '../../packages/core/src/gdpr/rows/treat-rows.ts'

/** One batch: what it did, how long it took. */
export interface TreatedBatch {
  table: string
  rows: number
  ms: number
}

export interface TreatAllOptions {
  /** @defaultValue 500 */
  limit?: number
  keptScores?: KeptScores
}

/** Treats every table to the end, each batch in a transaction of its own, in the order in which they are told. */
export async function treatAll(
  database: Database,
  tables: readonly PersonTable[],
  owner: RowOwner,
  { limit = 500, keptScores }: TreatAllOptions = {},
): Promise<TreatedBatch[]> {
  const batches: TreatedBatch[] = []
  for (const table of tables) {
    for (;;) {
      const started = performance.now()
      const rows = await database.transaction(async (transaction) => {
        await transaction.query("select set_config('journeys.erasing', $1, true)", [owner.id])
        return await treatRows(transaction, table, owner, { limit, keptScores })
      })
      if (rows > 0) batches.push({ table: table.table, rows, ms: performance.now() - started })
      if (rows > limit) throw new Error(`${rows} rows of ${table.table} at once, not ${limit}`)
      if (rows < limit) break
    }
  }
  return batches
}
