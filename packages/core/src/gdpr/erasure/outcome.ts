import type { Queryable } from '../../database/connection.ts'
import type { LedgerEntry } from '../ledger.ts'
import type { ByHandStep } from '../map.ts'
import type { ErasurePlan } from '../plan.ts'
import type { NotSearched, SearchFinding, SearchReport } from '../search/search-report.ts'
import { readSteps } from './step.ts'

/** What the search after the erasure came to. */
export interface Verification {
  /** Under `shared` stand, too: names among the words of migrations and of the ledger, and phrases that others wrote as well. */
  report: SearchReport
  /** Found and explained by nothing: the erasure failed. */
  left: SearchFinding[]
  /** Found where a legal hold keeps it. */
  held: SearchFinding[]
  /** Found, and dismissed by a person who answers for it. */
  dismissed: SearchFinding[]
  /** Not looked through although it may hold something personal: the erasure cannot be called done. */
  unread: NotSearched[]
  /** Files that the Storage API still lists; null where the environment has no storage at hand. */
  storage: { buckets: number; objects: number } | null
}

/** The plan as the ledger keeps it: counts, and nobody's name. */
export type LedgerPlan = Omit<ErasurePlan, 'user'>

export interface StepOutcome {
  step: string
  state: 'pending' | 'running' | 'failed' | 'done'
  rows?: number
  durationMs: number
}

/** What became of an erasure. */
export interface ErasureOutcome {
  /** `E-7F3AC1B2` */
  erasure: string
  outcome: 'done' | 'partial' | 'failed'
  requestedAt: Date
  dueAt: Date
  finishedAt: Date | null
  /** It had been finished before: nothing was done but to write missing files again. */
  before: boolean
  steps: StepOutcome[]
  plan: LedgerPlan
  /** Of this run; none where it had been finished before. */
  verification?: Verification
  receiptFile?: string
  pageFile?: string
  /** What remains for a person to do. */
  byHand: (ByHandStep & { doneAt: Date | null })[]
  /** Tables that legal holds keep; empty with `everything`. */
  held?: { everything: boolean; tables: string[] }
}

/** What the ledger says of an erasure at this moment. */
export async function readOutcome(
  queryable: Queryable,
  entry: LedgerEntry,
): Promise<Omit<ErasureOutcome, 'outcome' | 'before'>> {
  const steps = await readSteps(queryable, entry.id)
  const { rows: byHand } = await queryable.query<ErasureOutcome['byHand'][number]>(
    `select step as id, title, todo as "do", done_at as "doneAt" from private.erasure_by_hand
     where erasure_id = $1 order by step`,
    [entry.id],
  )
  return {
    erasure: entry.id,
    requestedAt: entry.requestedAt,
    dueAt: entry.dueAt,
    finishedAt: entry.finishedAt,
    steps: steps.map(({ step, state, detail, startedAt, finishedAt }) => ({
      step,
      state,
      ...(typeof detail.rows === 'number' && { rows: detail.rows }),
      durationMs: startedAt && finishedAt ? finishedAt.getTime() - startedAt.getTime() : 0,
    })),
    plan: entry.plan as unknown as LedgerPlan,
    byHand,
  }
}
