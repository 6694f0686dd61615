import type { Queryable, Session } from '../database/connection.ts'
import { announceStep } from '../step.ts'

/** A run as `private.retention_runs` has it. */
export interface RunRecord {
  id: number
  startedAt: Date
  /** The oldest day of the journal that is kept; null where the rule is switched off. */
  edge: string | null
  /** By rule: up to when what it is about has expired, as ISO 8601. Empty until the step `open` has ended. */
  edges: Record<string, string>
}

/** Counts and names, never content. */
export type StepDetail = Record<string, unknown>

/** Writes the end of a step in a transaction of its work, so that both are there or neither. */
export type EndStep = (transaction: Queryable, detail?: StepDetail) => Promise<void>

/** The newest run of the command that neither ended nor gave up: its process or its server died. */
export async function findUnfinishedRun(queryable: Queryable): Promise<RunRecord | undefined> {
  const { rows } = await queryable.query<RunRecord>(
    `select ${runColumns} from private.retention_runs where state in ('running', 'interrupted') order by id desc limit 1`,
  )
  return rows[0]
}

/** Writes a new run down, before anything is done. */
export async function writeNewRun(queryable: Queryable): Promise<RunRecord> {
  const { rows } = await queryable.query<RunRecord>(
    `insert into private.retention_runs (started_at, edge, state)
     values (clock_timestamp(), private.retention_edge(), 'running')
     returning ${runColumns}`,
  )
  return rows[0] as RunRecord
}

export const runColumns = `id, started_at as "startedAt", case when edge > '-infinity' then edge end as edge, edges`

/**
 * One step of a run: recorded, announced, done, recorded, announced. The record is for people; what is to be done is read from the
 * database itself, so a step that was recorded and not done, or done and not recorded, does no harm.
 */
export async function takeStep(
  session: Session,
  run: number,
  step: string,
  work: (end: EndStep) => Promise<StepDetail | undefined>,
): Promise<void> {
  await session.query(
    `insert into private.retention_steps as s (run_id, step) values ($1, $2)
     on conflict (run_id, step) do update set state = 'running', attempts = s.attempts + 1, error = null, finished_at = null`,
    [run, step],
  )
  const event = { operation: 'retention', id: String(run), step } as const
  announceStep({ ...event, moment: 'begins' })
  let isRecorded = false
  const end: EndStep = async (transaction, detail = {}) => {
    await transaction.query(
      `update private.retention_steps set state = 'done', finished_at = clock_timestamp(), detail = detail || $3
       where run_id = $1 and step = $2`,
      [run, step, JSON.stringify(detail)],
    )
    isRecorded = true
  }
  const detail = await work(end)
  if (!isRecorded) await end(session, detail)
  announceStep({ ...event, moment: 'ended' })
}

/** Keeps why a step failed. */
export async function recordFailure(queryable: Queryable, run: number, step: string, error: string): Promise<void> {
  await queryable.query(
    `update private.retention_steps set state = 'failed', finished_at = clock_timestamp(), error = $3
     where run_id = $1 and step = $2`,
    [run, step, error],
  )
}
