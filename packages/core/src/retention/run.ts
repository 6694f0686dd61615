import type { Database } from '../database/connection.ts'
import { retryTransient } from '../database/retry.ts'

export interface RetentionResult {
  /** YYYY-MM-DD: the oldest day that is kept. */
  edge: string
  /** Entries that are gone, those of dropped partitions included. */
  rowsDeleted: number
  partitionsDropped: string[]
  /** Months made ahead. */
  partitionsCreated: string[]
}

/**
 * Deletes what is older than the retention edge (`public.cleanup_old_data`) and makes the months ahead. Two at once run one after
 * the other; a lock that somebody else holds is waited for shortly and tried again. A failed run is recorded with its error.
 */
export async function runRetention(database: Database): Promise<RetentionResult> {
  const started = new Date()
  try {
    return await retryTransient(() =>
      database.transaction(async (transaction) => {
        // The first run after a long time may delete for minutes.
        await transaction.query('set local statement_timeout = 0')
        const { rows } = await transaction.query<{ result: CleanupAnswer }>(
          'select public.cleanup_old_data() as result',
        )
        const answer = rows[0]?.result
        return {
          edge: answer?.edge ?? '',
          rowsDeleted: answer?.rows_deleted ?? 0,
          partitionsDropped: answer?.partitions_dropped ?? [],
          partitionsCreated: answer?.partitions_created ?? [],
        }
      }),
    )
  } catch (error) {
    // The failed run rolled its own record back. Should even this fail, the first error is the one to see.
    await database
      .query(
        `insert into private.retention_runs (started_at, finished_at, edge, error)
         values ($1, clock_timestamp(), private.retention_edge(), $2)`,
        [started, error instanceof Error ? error.message : String(error)],
      )
      .catch(() => undefined)
    throw error
  }
}

interface CleanupAnswer {
  edge: string
  rows_deleted: number
  partitions_dropped: string[]
  partitions_created: string[]
}
