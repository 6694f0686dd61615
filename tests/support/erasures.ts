import type { Queryable } from '@journeys/core/ops'

export interface LedgerRow {
  id: string
  state?: 'open' | 'failed' | 'partial' | 'done'
  userId?: string | null
  subjectHash?: string
  keyId?: string
  /** Days until it is due; below 0: overdue. @defaultValue 20 */
  dueInDays?: number
  planId?: string
  /** Steps by hand → whether somebody ticked them. */
  byHand?: Record<string, boolean>
  /** Steps → their state. */
  steps?: Record<string, 'pending' | 'running' | 'failed' | 'done'>
}

/** An erasure as the ledger has it, without one having happened. */
export async function insertErasure(queryable: Queryable, row: LedgerRow): Promise<string> {
  const { id, state = 'open', dueInDays = 20, byHand = {}, steps = {} } = row
  const done = state === 'done'
  await queryable.query(
    `insert into private.erasure_ledger (id, subject_hash, key_id, user_id, requested_at, due_at, actor, plan_id, plan, state, finished_at)
     values ($1, $2, $3, $4, now() - interval '10 days', now() + make_interval(days => $5), 'anna', $6, '{}', $7, $8)`,
    [
      id,
      row.subjectHash ?? id.slice(2).toLowerCase().repeat(8),
      row.keyId ?? '0123456789abcdef',
      done ? null : (row.userId ?? null),
      dueInDays,
      row.planId ?? '7f3ac1000000',
      state,
      done ? new Date() : null,
    ],
  )
  for (const [step, ticked] of Object.entries(byHand)) {
    await queryable.query(
      `insert into private.erasure_by_hand (erasure_id, step, title, todo, done_at, done_by)
       values ($1, $2, $3, 'Ask them, and file the answer.', $4, $5)`,
      [id, step, `The ${step}`, ticked ? new Date() : null, ticked ? 'ben' : null],
    )
  }
  for (const [position, [step, stepState]] of Object.entries(steps).entries()) {
    await queryable.query(
      `insert into private.erasure_steps (erasure_id, step, position, state, attempts, started_at, finished_at, error)
       values ($1, $2, $3, $4, 1, now() - interval '2 hours', $5, $6)`,
      [
        id,
        step,
        position,
        stepState,
        stepState === 'done' ? new Date() : null,
        stepState === 'failed' ? 'found in public.notes' : null,
      ],
    )
  }
  return id
}
