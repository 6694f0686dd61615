import type { Queryable } from '../database/connection.ts'
import type { RuleChange } from './rule.ts'

export interface RetiredMonth {
  name: string
  from: string | null
  to: string
  rows: number
  /** The count is that of the planner's statistics. */
  rowsEstimated: boolean
  /** With indexes. */
  bytes: number
  /** When its grace period ends. */
  dropAfter: string
}

export interface KeptMonth {
  name: string
  /** `held`: emptied of everybody else's rows; `erasure`: left for the next run; `restored`: somebody brought it back. */
  why: 'held' | 'erasure' | 'restored'
}

/** What a run has done, with what it did before it was killed: read from its record. */
export interface RetentionOutcome {
  /** `private.retention_runs.id` */
  run: number
  state: 'done' | 'failed'
  /** It had been killed or stopped before, and went on. */
  resumed: boolean
  /** YYYY-MM-DD: the oldest day of the journal that is kept; null: the rule is switched off. */
  edge: string | null
  rulesChanged: RuleChange[]
  /** Months made ahead. */
  created: string[]
  /** Months taken off the journal. */
  retired: RetiredMonth[]
  /** Months past the edge that are still where they were. */
  kept: KeptMonth[]
  /** Retired months whose grace period was over. */
  dropped: string[]
  /** Retired months past their grace period that hold rows of somebody who is held or restricted. */
  notDropped: string[]
  /** By rule, in batches. */
  rows: { rule: string; deleted: number }[]
  /** Rows that were deleted or retired. */
  rowsDeleted: number
  /** What did not go: the step and why. */
  failures: { step: string; error: string }[]
}

interface StepRow {
  step: string
  state: 'running' | 'failed' | 'done'
  detail: Record<string, unknown>
  error: string | null
}

export async function readOutcome(queryable: Queryable, run: number, resumed: boolean): Promise<RetentionOutcome> {
  const { rows: steps } = await queryable.query<StepRow>(
    'select step, state, detail, error from private.retention_steps where run_id = $1 order by started_at, step',
    [run],
  )
  const { rows } = await queryable.query<{ edge: string | null; rowsDeleted: number }>(
    `select case when edge > '-infinity' then edge end as edge, rows_deleted as "rowsDeleted" from private.retention_runs where id = $1`,
    [run],
  )
  const of = <T>(step: string, key: string) => (steps.find((one) => one.step === step)?.detail[key] ?? []) as T[]
  const named = (prefix: string) => steps.filter(({ step, state }) => state === 'done' && step.startsWith(`${prefix} `))
  const failures = steps.flatMap(({ step, error }) => (error === null ? [] : [{ step, error }]))
  return {
    run,
    state: failures.length === 0 ? 'done' : 'failed',
    resumed,
    edge: rows[0]?.edge ?? null,
    rulesChanged: of('open', 'rulesChanged'),
    created: of('months-ahead', 'created'),
    retired: named('retire').map(({ detail }) => detail as unknown as RetiredMonth),
    kept: of('rows entries', 'kept'),
    dropped: named('drop').flatMap(({ step, detail }) => (detail.kept ? [] : [step.slice('drop '.length)])),
    notDropped: named('drop').flatMap(({ step, detail }) => (detail.kept ? [step.slice('drop '.length)] : [])),
    rows: steps.flatMap(({ step, detail }) =>
      step.startsWith('rows ') ? [{ rule: step.slice('rows '.length), deleted: Number(detail.rows ?? 0) }] : [],
    ),
    rowsDeleted: rows[0]?.rowsDeleted ?? 0,
    failures,
  }
}
