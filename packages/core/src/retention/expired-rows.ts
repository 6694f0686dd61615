import { setTimeout as sleep } from 'node:timers/promises'
import type { Session } from '../database/connection.ts'
import { isTransient } from '../database/retry.ts'
import { JourneysError } from '../errors.ts'
import type { PressureGauge } from './pressure.ts'
import type { RunRecord } from './record.ts'
import type { RetentionRule } from './rule.ts'

export interface DeletionOptions {
  run: RunRecord
  step: string
  rule: Pick<RetentionRule, 'name' | 'method'>
  /** Of the tables that hold the rule's rows, in their order. */
  tables: readonly { oid: number; table: string }[]
  edge: string
  batchTargetMs: number
  gauge: PressureGauge
  /** Rows deleted so far. */
  onProgress?: ((rows: number) => void) | undefined
  signal?: AbortSignal | undefined
}

const sizes = {
  rows: { first: 1000, least: 50, most: 20_000 },
  // An account takes everything with it that its person wrote.
  'load-test-users': { first: 5, least: 1, most: 200 },
}

/** A row that somebody has locked is tried again; what is still locked then is somebody's open transaction. */
const passes = 8

/**
 * Deletes a rule's expired rows in batches of about `batchTargetMs`, each a transaction, oldest first. Rows of people under a hold or a
 * restriction stay; the database looks again in every batch.
 * @returns rows deleted by this call
 * @throws JourneysError `retention_rows_locked`: somebody holds rows, and did so however often they were tried
 */
export async function deleteExpiredRows(session: Session, options: DeletionOptions): Promise<number> {
  let total = 0
  for (const table of options.tables) {
    for (let pass = 1; ; pass += 1) {
      const { deleted, missed } = await passThrough(session, table.oid, { ...options, pass, before: total })
      total += deleted
      if (missed === 0) break
      if (pass === passes) {
        throw new JourneysError(
          'retention_rows_locked',
          `${missed} expired rows of ${table.table} are locked by somebody`,
          {
            detail: 'everything else of this rule is deleted',
            hint: 'journeys health --only idle-in-transaction,long-running-queries says who; then: journeys retention run --confirm',
          },
        )
      }
      await sleep(100 * 2 ** pass * Math.random(), undefined, options.signal ? { signal: options.signal } : {})
    }
  }
  return total
}

async function passThrough(
  session: Session,
  relation: number,
  options: DeletionOptions & { pass: number; before: number },
): Promise<{ deleted: number; missed: number }> {
  const { run, step, rule, edge, batchTargetMs, signal } = options
  const { first, least, most } = sizes[rule.method === 'load-test-users' ? 'load-test-users' : 'rows']
  let size = first
  let deleted = 0
  let missed = 0
  await session.transaction((transaction) =>
    transaction.query('select private.find_expired($1, $2::oid::regclass, $3)', [rule.name, relation, edge]),
  )
  try {
    for (;;) {
      signal?.throwIfAborted()
      const started = performance.now()
      const batch = await session
        .query<{ seen: number; deleted: number }>(
          'select seen, deleted from private.delete_next($1, $2, $3, $4::oid::regclass, $5, $6, $7)',
          [run.id, step, rule.name, relation, edge, size, options.pass > 1],
        )
        .catch((error: unknown) => {
          // The cursor has moved on all the same: the next pass finds these rows again.
          if (isTransient(error)) return undefined
          throw error
        })
      if (batch === undefined) missed += size
      else {
        const [{ seen, deleted: gone } = { seen: 0, deleted: 0 }] = batch.rows
        if (seen === 0) return { deleted, missed }
        deleted += gone
        missed += seen - gone
        options.onProgress?.(options.before + deleted)
      }
      const tookMs = performance.now() - started
      const { inTheWay } = await options.gauge.breathe()
      const factor = inTheWay || batch === undefined ? 0.5 : Math.min(2, Math.max(0.5, batchTargetMs / tookMs))
      size = Math.round(Math.min(most, Math.max(least, size * factor)))
    }
  } finally {
    await session.query('close expired').catch(() => undefined)
  }
}
