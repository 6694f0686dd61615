import type { Database, Queryable } from '../database/connection.ts'
import { sqlState } from '../database/database-error.ts'
import { retryTransient } from '../database/retry.ts'
import { ExitCode, JourneysError } from '../errors.ts'
import type { Person } from './person.ts'

// What placing a restriction and placing a legal hold have in common.

/** Longer than any request that the API answers; whoever writes for longer is named, not waited for. */
const lockTimeout = '2s'

/**
 * One transaction that waits for those who are just writing for a person, and tries again when it was in somebody's way.
 *
 * @throws JourneysError `person_busy` when one of them does not end
 */
export async function placing<T>(database: Database, work: (transaction: Queryable) => Promise<T>): Promise<T> {
  try {
    return await retryTransient(() =>
      database.transaction(async (transaction) => {
        await transaction.query(`set local lock_timeout = '${lockTimeout}'`)
        return await work(transaction)
      }),
    )
  } catch (error) {
    if (sqlState(error) !== '55P03') throw error
    throw new JourneysError('person_busy', 'A session that writes for this person does not end; nothing was changed', {
      detail: `waited ${lockTimeout} for it, several times`,
      hint: 'journeys health --only blocked-queries,long-running-queries names it; then try again',
      cause: error,
    })
  }
}

const longestReason = 500

/** @throws JourneysError `reason_invalid` (exit code 2) */
export function judgeReason(typed: string): string {
  const reason = typed.trim()
  if (reason !== '' && [...reason].length <= longestReason) return reason
  const message = reason === '' ? 'A reason is needed' : `A reason has at most ${longestReason} characters`
  throw new JourneysError('reason_invalid', `${message}; nothing was changed`, {
    hint: 'say on which ground, and where the request is filed: --reason "accuracy contested, file 2026-114"',
    exitCode: ExitCode.usage,
  })
}

/** The erasure of this person that has begun and is not done. */
export async function readOpenErasure(queryable: Queryable, userId: string): Promise<string | null> {
  const { rows } = await queryable.query<{ id: string }>(
    `select id from private.erasure_ledger where user_id = $1::uuid and state <> 'done' order by opened_at desc limit 1`,
    [userId],
  )
  return rows[0]?.id ?? null
}

/** The log keeps what was done to whom as a hash, and never why: a reason may name somebody. @returns the id of its row */
export async function recordAudit(
  queryable: Queryable,
  action: string,
  person: Pick<Person, 'id'>,
  detail: Record<string, unknown>,
  actor: string,
): Promise<number> {
  const { rows } = await queryable.query<{ id: number }>(
    'select private.record_audit($1, $2::uuid, $3::jsonb, $4) as id',
    [action, person.id, JSON.stringify(detail), actor],
  )
  return rows[0]?.id ?? 0
}
