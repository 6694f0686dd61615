import type { Queryable } from '../../database/connection.ts'
import { serverError } from '../../database/database-error.ts'
import { JourneysError } from '../../errors.ts'
import type { PersonTable } from '../rows/person-table.ts'
import { treatRows } from '../rows/treat-rows.ts'
import { beginErasing } from './batch.ts'
import { lockTimeoutMs, unlessBlocked } from './blockers.ts'
import { type Held, readHeld } from './held-tables.ts'
import { type ErasureRun, readSteps, type StepDetail } from './step.ts'
import { treatedTables } from './step-order.ts'

/** In the last transaction only leftovers remain; one batch of these is more than there should ever be. */
const sweepLimit = 1000

export interface AccountDetail extends StepDetail {
  /** Rows that had come in since the step of their table. */
  late: number
  /** What legal holds kept, and with it the account; null: it is gone. */
  held: Held | null
}

/**
 * Ends the account, in one short transaction. Nobody can write for the person while their row is locked, so every table is treated
 * once more: whatever came in since its own step goes now. Where a legal hold keeps part of the data, the account stays as it is,
 * without a way in: rows that are held to prove something have to say whose they are.
 *
 * @throws JourneysError `account_blocked` when a table that nobody has decided on holds on to it
 */
export async function endAccount(run: ErasureRun): Promise<AccountDetail> {
  const { context, session, userId, tables } = run
  const detail = await unlessBlocked({ database: context.database, session }, () =>
    session.transaction(async (transaction) => {
      await beginErasing(transaction, userId)
      const { rows } = await transaction.query('select from auth.users where id = $1::uuid for update', [userId])
      const held = await readHeld(transaction, userId)
      const late = await sweep(run, transaction, notHeld(treatedTables(tables), held))
      if (held.holds.length > 0) return { late, held }
      if (rows.length > 0) {
        await transaction.query('delete from private.processing_restrictions where user_id = $1::uuid', [userId])
        await deleteAccount(transaction, userId)
        await recordErasure(run, transaction)
      }
      return { late, held: null }
    }),
  )
  if (detail.held === null) await refreshCopies(run)
  return detail
}

/** Without those that a legal hold keeps. */
export function notHeld(tables: readonly PersonTable[], held: Held): PersonTable[] {
  return held.everything ? [] : tables.filter(({ table }) => !held.tables.includes(table))
}

/** Treats what is left in these tables, whatever it is. @returns how many rows that were */
export async function sweep(
  { owner }: ErasureRun,
  transaction: Queryable,
  tables: readonly PersonTable[],
): Promise<number> {
  let total = 0
  for (const table of tables) {
    for (;;) {
      const rows = await treatRows(transaction, table, owner, { limit: sweepLimit })
      total += rows
      if (rows < sweepLimit) break
    }
  }
  return total
}

async function deleteAccount(transaction: Queryable, userId: string): Promise<void> {
  try {
    await transaction.query('delete from auth.users where id = $1::uuid', [userId])
  } catch (error) {
    const server = serverError(error)
    if (server?.code !== '23503') throw error
    throw new JourneysError('account_blocked', 'Another table holds on to this account', {
      detail: server.message,
      hint: 'decide what becomes of its rows: journeys gdpr coverage',
      cause: error,
    })
  }
}

/** Materialized views copy what the others held. Each by itself: while it is copied, nobody reads it. */
async function refreshCopies({ context, session, tables, owner }: ErasureRun): Promise<void> {
  for (const table of tables.filter(({ kind, what }) => kind === 'materialized view' && what !== 'keep')) {
    await unlessBlocked({ database: context.database, session }, () =>
      session.transaction(async (transaction) => {
        await transaction.query("select set_config('lock_timeout', $1, true)", [`${lockTimeoutMs}ms`])
        await treatRows(transaction, table, owner, { limit: sweepLimit })
      }),
    )
  }
}

/** The audit log gets counts by step, and a hash of its own. */
async function recordErasure({ entry, userId, context }: ErasureRun, transaction: Queryable): Promise<void> {
  const steps = await readSteps(transaction, entry.id)
  const counts = steps.flatMap(({ step, detail }) => (typeof detail.rows === 'number' ? [[step, detail.rows]] : []))
  await transaction.query("select private.record_audit('user.erase', $1::uuid, $2::jsonb, $3)", [
    userId,
    JSON.stringify({ erasure: entry.id, plan: entry.planId, ...Object.fromEntries(counts) }),
    context.actor,
  ])
}
