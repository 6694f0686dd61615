import { performance } from 'node:perf_hooks'
import type { Queryable } from '../../database/connection.ts'
import type { KeptScores } from '../rows/kept-scores.ts'
import type { PersonTable } from '../rows/person-table.ts'
import { treatRows } from '../rows/treat-rows.ts'
import { lockTimeoutMs, unlessBlocked } from './blockers.ts'
import { type ErasureRun, stopIfAsked } from './step.ts'

/** What a batch aims at: the next one may take three times as long where the rows or the machine differ, and 100 ms is the limit. */
const targetMs = 30
const firstLimit = 250
const smallestLimit = 10
const largestLimit = 5000

/** Says in this transaction whose erasure it is, so that the guards of the tables let it pass, and how long it waits for a lock. */
export async function beginErasing(transaction: Queryable, userId: string): Promise<void> {
  await transaction.query(
    "select set_config('journeys.erasing', lower($1), true), set_config('lock_timeout', $2, true)",
    [userId, `${lockTimeoutMs}ms`],
  )
}

/**
 * Treats all rows of a person in one table, each batch a transaction of its own. Their number is in the step's detail with the batch
 * itself: a count survives what killed the next one.
 */
export async function treatTable(
  run: ErasureRun,
  step: string,
  table: PersonTable,
  keptScores?: KeptScores,
): Promise<void> {
  const { session, entry, userId, owner, context } = run
  let limit = firstLimit
  let done = 0
  for (;;) {
    stopIfAsked(run)
    const started = performance.now()
    const rows = await unlessBlocked({ database: context.database, session }, () =>
      session.transaction(async (transaction) => {
        await beginErasing(transaction, userId)
        const treated = await treatRows(transaction, table, owner, { limit, keptScores })
        if (treated > 0) await addRows(transaction, entry.id, step, treated)
        return treated
      }),
    )
    done += rows
    context.onProgress?.({ step, done, unit: 'rows' })
    if (rows < limit) return
    limit = nextLimit(limit, performance.now() - started)
  }
}

function nextLimit(limit: number, tookMs: number): number {
  const factor = Math.min(2, Math.max(0.25, targetMs / Math.max(tookMs, 1)))
  return Math.min(largestLimit, Math.max(smallestLimit, Math.floor(limit * factor)))
}

async function addRows(queryable: Queryable, erasure: string, step: string, rows: number): Promise<void> {
  await queryable.query(
    `update private.erasure_steps
     set detail = detail || jsonb_build_object('rows', coalesce((detail ->> 'rows')::bigint, 0) + $3)
     where erasure_id = $1 and step = $2`,
    [erasure, step, rows],
  )
}
