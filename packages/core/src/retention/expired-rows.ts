import { setTimeout as sleep } from 'node:timers/promises'
import type { Session } from '../database/connection.ts'
import { isTransient, retryTransient } from '../database/retry.ts'
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

/** Of 8 KiB. What is sparse is passed over quickly: a batch grows until it takes its time. */
const pages = { first: 64, least: 1, most: 16_384 }

/** A row that somebody has locked is tried again; what is still locked then is somebody's open transaction. */
const passes = 8

/**
 * Deletes a rule's expired rows in batches of about `batchTargetMs`, each a transaction, in the order in which they were written. Rows of
 * people under a hold or a restriction stay; the database looks again in every batch.
 * @returns rows deleted by this call
 * @throws JourneysError `retention_rows_locked`: somebody holds rows, and did so however often they were tried
 */
export async function deleteExpiredRows(session: Session, options: DeletionOptions): Promise<number> {
  let total = 0
  for (const { oid, table } of options.tables) {
    for (let pass = 1; ; pass += 1) {
      const deleted = await passThrough(session, oid, { ...options, before: total })
      total += deleted.rows
      const isClean = deleted.rows === 0 && !deleted.missed
      if (isClean || !(await hasExpired(session, oid, options))) break
      if (pass === passes) {
        throw new JourneysError('retention_rows_locked', `Expired rows of ${table} are locked by somebody`, {
          detail: 'everything else of this rule is deleted',
          hint: 'journeys health --only idle-in-transaction,long-running-queries says who; then: journeys retention run --confirm',
        })
      }
      await sleep(100 * 2 ** pass * Math.random(), undefined, options.signal ? { signal: options.signal } : {})
    }
  }
  return total
}

async function hasExpired(session: Session, relation: number, { rule, edge }: DeletionOptions): Promise<boolean> {
  const { rows } = await session.query<{ some: boolean }>(
    'select private.has_expired($1, $2::oid::regclass, $3) as some',
    [rule.name, relation, edge],
  )
  return rows[0]?.some === true
}

/** Once over the table. `missed`: rows that somebody had locked were left. */
async function passThrough(
  session: Session,
  relation: number,
  options: DeletionOptions & { before: number },
): Promise<{ rows: number; missed: boolean }> {
  const { run, step, rule, edge, batchTargetMs, signal } = options
  const { rows: counted } = await session.query<{ pages: number }>(
    'select private.count_pages($1::oid::regclass) as pages',
    [relation],
  )
  const end = counted[0]?.pages ?? 0
  const remove = async (page: number, size: number, skipLocked: boolean) => {
    const { rows } = await session.query<{ deleted: number }>(
      'select private.delete_batch($1, $2, $3, $4::oid::regclass, $5, $6, $7, $8) as deleted',
      [run.id, step, rule.name, relation, edge, page, size, skipLocked],
    )
    return rows[0]?.deleted ?? 0
  }
  let size = rule.method === 'load-test-users' ? pages.least : pages.first
  let deleted = 0
  let missed = rule.method === 'load-test-users'
  for (let page = 0; page < end; ) {
    signal?.throwIfAborted()
    const started = performance.now()
    let isContended = false
    const gone = await remove(page, size, false).catch(async (error: unknown) => {
      if (!isTransient(error)) throw error
      isContended = true
      return await retryTransient(() => remove(page, size, true), { signal })
    })
    page += size
    deleted += gone
    missed ||= isContended
    options.onProgress?.(options.before + deleted)
    const tookMs = performance.now() - started
    const { inTheWay } = await options.gauge.breathe()
    const factor = inTheWay || isContended ? 0.5 : Math.min(2, Math.max(0.5, batchTargetMs / tookMs))
    size = Math.round(Math.min(pages.most, Math.max(pages.least, size * factor)))
  }
  return { rows: deleted, missed }
}
