import type { Queryable, Session } from '../../database/connection.ts'
import { JourneysError } from '../../errors.ts'
import { announceStep } from '../../step.ts'
import type { LedgerEntry } from '../ledger.ts'
import type { PersonTable } from '../rows/person-table.ts'
import type { RowOwner } from '../rows/row-owner.ts'
import type { SearchTerm } from '../search/term.ts'
import type { GdprContext } from './context.ts'

/** One erasure under way. Its statements all go through one connection, which holds the person's lock: lost, both are lost. */
export interface ErasureRun {
  context: GdprContext
  session: Session
  entry: LedgerEntry
  /** While it is not done, the entry names the person. */
  userId: string
  /** By what their rows are found: sealed when it began, because it is erased, too. */
  owner: RowOwner
  terms: readonly SearchTerm[]
  /** All in which a person can have rows, children first. */
  tables: readonly PersonTable[]
}

/** Counts, never content. */
export type StepDetail = Record<string, unknown>

export interface StepRow {
  step: string
  position: number
  state: 'pending' | 'running' | 'failed' | 'done'
  attempts: number
  startedAt: Date | null
  finishedAt: Date | null
  detail: StepDetail
}

export async function readSteps(queryable: Queryable, erasure: string): Promise<StepRow[]> {
  const { rows } = await queryable.query<StepRow>(
    `select step, position, state, attempts, started_at as "startedAt", finished_at as "finishedAt", detail
     from private.erasure_steps where erasure_id = $1 order by position, step`,
    [erasure],
  )
  return rows
}

/** Writes down the steps that are not there yet, in this order. */
export async function planSteps(queryable: Queryable, erasure: string, steps: readonly string[]): Promise<void> {
  await queryable.query(
    `insert into private.erasure_steps (erasure_id, step, position)
     select $1, planned.step, planned.position - 1
     from unnest($2::text[]) with ordinality as planned (step, position)
     on conflict (erasure_id, step) do update set position = excluded.position`,
    [erasure, steps],
  )
}

/** As if these had never been done; what they counted stays. */
export async function reopenSteps(queryable: Queryable, erasure: string, steps: readonly string[]): Promise<void> {
  await queryable.query(
    `update private.erasure_steps set state = 'pending', error = null where erasure_id = $1 and step = any ($2)`,
    [erasure, steps],
  )
}

/**
 * Does a step: its beginning is in the ledger before the first statement, its end after the last. Whatever is killed in between
 * is simply done again.
 * @param work may be repeated at any time; what it returns is added to the step's detail
 */
export async function runStep(run: ErasureRun, step: string, work: () => Promise<StepDetail>): Promise<void> {
  const { session, entry } = run
  stopIfAsked(run)
  run.context.onProgress?.({ step, done: 0 })
  await session.query(
    `update private.erasure_steps
     set state = 'running', attempts = attempts + 1, started_at = clock_timestamp(), finished_at = null, error = null
     where erasure_id = $1 and step = $2`,
    [entry.id, step],
  )
  announceStep({ operation: 'erasure', id: entry.id, step, moment: 'begins' })
  let detail: StepDetail
  try {
    detail = await work()
  } catch (error) {
    // After Ctrl-C a request or a search may fail in any way: what happened is the interruption.
    const meant = run.context.signal?.aborted ? interrupted() : error
    await recordFailure(run, step, meant)
    throw meant
  }
  await endStep(session, entry.id, step, detail)
  announceStep({ operation: 'erasure', id: entry.id, step, moment: 'ended' })
}

/** For a step whose end has to be in the same transaction as its work. */
export async function endStep(queryable: Queryable, erasure: string, step: string, detail: StepDetail): Promise<void> {
  await queryable.query(
    `update private.erasure_steps
     set state = 'done', attempts = greatest(attempts, 1), started_at = coalesce(started_at, now()),
       finished_at = clock_timestamp(), error = null, detail = (detail - 'held') || $3::jsonb
     where erasure_id = $1 and step = $2`,
    [erasure, step, JSON.stringify(detail)],
  )
}

/** @throws JourneysError `interrupted` after Ctrl-C: between two batches is a good moment to stop */
export function stopIfAsked({ context }: ErasureRun): void {
  if (context.signal?.aborted) throw interrupted()
}

function interrupted(): JourneysError {
  return new JourneysError('interrupted', 'Stopped as asked, after the batch that was under way', { exitCode: 130 })
}

/** What went wrong stands in the ledger by its code: a message may hold the person's data. No database, no record: then the step reads as running. */
async function recordFailure({ session, entry }: ErasureRun, step: string, error: unknown): Promise<void> {
  const code = error instanceof JourneysError ? error.code : 'unexpected'
  const stopped = code === 'interrupted'
  await session
    .transaction(async (transaction) => {
      await transaction.query(
        `update private.erasure_steps
         set state = $3, finished_at = case when $3 = 'failed' then clock_timestamp() end, error = $4
         where erasure_id = $1 and step = $2 and state = 'running'`,
        [entry.id, step, stopped ? 'pending' : 'failed', stopped ? null : code],
      )
      if (stopped) return
      await transaction.query(
        "update private.erasure_ledger set state = 'failed' where id = $1 and state in ('open', 'partial')",
        [entry.id],
      )
    })
    .catch(() => undefined)
}
