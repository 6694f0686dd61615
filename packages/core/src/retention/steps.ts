import type { Config } from '../config/schema.ts'
import type { Database, Session } from '../database/connection.ts'
import { serverError } from '../database/database-error.ts'
import { ExitCode, JourneysError } from '../errors.ts'
import { deleteExpiredRows } from './expired-rows.ts'
import { type Month, readDetachedMonths, readExpiredMonths, readPendingMonth } from './month.ts'
import type { KeptMonth } from './outcome.ts'
import { withPatience } from './patience.ts'
import { createPressureGauge, type PressureGauge } from './pressure.ts'
import { type EndStep, type RunRecord, recordFailure, type StepDetail, takeStep } from './record.ts'
import { detachMonth, dropMonth, type Patience, retireMonth } from './retire.ts'
import { compareRules, type RetentionRule, writeRules } from './rule.ts'

export interface RetentionProgress {
  /** `detach journal_entries_2022_11`, `rows metrics`. */
  step: string
  /** Rows deleted in it so far. */
  rows?: number
  /** Why it does not get on at the moment. */
  note?: string
}

export interface StepsOptions {
  config: Config['retention']
  /** For the audit log. */
  actor: string
  onProgress?: ((progress: RetentionProgress) => void) | undefined
  signal?: AbortSignal | undefined
}

/** What all steps of one run share. */
interface Work {
  session: Session
  run: RunRecord
  rules: readonly RetentionRule[]
  options: StepsOptions
  gauge: PressureGauge
  /** One step; a failure that is only its own is recorded, and the run goes on. */
  attempt(step: string, work: (end: EndStep, patience: Patience) => Promise<StepDetail | undefined>): Promise<boolean>
}

/**
 * The steps of a run, in their order: `open`, `months-ahead`, `finalize <month>`, `detach` and `retire` of each month, `rows <rule>`,
 * `drop <month>`, `close`. Each looks at what is there and may be repeated.
 */
export async function performRun(
  database: Database,
  session: Session,
  run: RunRecord,
  rules: readonly RetentionRule[],
  options: StepsOptions,
): Promise<void> {
  const { rows } = await session.query<{ pid: number }>(
    `with resumed as (update private.retention_runs set state = 'running', error = null, finished_at = null where id = $1)
     select pg_backend_pid() as pid`,
    [run.id],
  )
  let current = 'open'
  const say = (progress: Omit<RetentionProgress, 'step'>) => options.onProgress?.({ step: current, ...progress })
  const gauge = createPressureGauge(database, {
    limits: options.config.pressure,
    pid: rows[0]?.pid ?? 0,
    onPause: (why) => say({ note: `pausing: ${why}` }),
    signal: options.signal,
  })
  const patience: Patience = {
    lookout: database,
    onWait: (who) => say({ note: `waiting for ${who}` }),
    signal: options.signal,
  }
  const take = async (step: string, work: (end: EndStep) => Promise<StepDetail | undefined>) => {
    options.signal?.throwIfAborted()
    current = step
    say({})
    await takeStep(session, run.id, step, work)
  }
  const work: Work = {
    session,
    run,
    rules,
    options,
    gauge,
    async attempt(step, inner) {
      try {
        await take(step, (end) => inner(end, patience))
        return true
      } catch (error) {
        if (options.signal?.aborted || isFatal(error)) throw error
        await recordFailure(session, run.id, step, describe(error))
        return false
      }
    },
  }

  await take('open', (end) => open(work, end))
  await work.attempt('months-ahead', (_, waiting) => makeMonths(work, waiting))
  const kept = await retireMonths(work)
  for (const rule of rules) {
    if (run.edges[rule.name] !== undefined) {
      await work.attempt(`rows ${rule.name}`, () => deleteRows(work, rule, kept))
    }
  }
  await dropMonths(work)
  await take('close', (end) => close(work, end))
}

/** Without the database nothing goes on, and pressure or a lost session is no matter of one step. */
function isFatal(error: unknown): boolean {
  return (
    !(error instanceof JourneysError) ||
    error.exitCode === ExitCode.unreachable ||
    error.code === 'retention_under_pressure'
  )
}

/** Without the detail of the server, which quotes rows: the record holds no content. */
function describe(error: unknown): string {
  if (!(error instanceof JourneysError)) return String(error)
  const server = error.code === 'database_error' ? serverError(error) : undefined
  if (server !== undefined) return `${server.message} (SQLSTATE ${server.code})`
  return [error.message, error.detail].filter(Boolean).join(': ')
}

/** The rules of the configuration become those of the database, and the edges are fixed: a run that is resumed ends where it would have. */
async function open({ session, run, rules, options }: Work, end: EndStep): Promise<undefined> {
  if (Object.keys(run.edges).length > 0) return
  await session.transaction(async (transaction) => {
    const rulesChanged = await compareRules(transaction, rules)
    await writeRules(transaction, rules, options.config)
    const { rows } = await transaction.query<Pick<RunRecord, 'edge' | 'edges'>>(
      `update private.retention_runs set edge = private.retention_edge(), edges = coalesce((
         select jsonb_object_agg(r.name, private.rule_edge(r, started_at)) from private.retention_rules r where r.keep is not null
       ), '{}')
       where id = $1 returning nullif(edge, '-infinity') as edge, edges`,
      [run.id],
    )
    Object.assign(run, rows[0])
    await end(transaction, { rulesChanged })
  })
}

async function makeMonths({ session, run }: Work, patience: Patience): Promise<StepDetail> {
  const missing = await session.query<{ month: string }>('select private.missing_months() as month')
  const before = await session.query<{ created: string[] | null }>(
    `select detail -> 'created' as created from private.retention_steps where run_id = $1 and step = 'months-ahead'`,
    [run.id],
  )
  const created = before.rows[0]?.created ?? []
  for (const { month } of missing.rows) {
    await withPatience(
      patience.lookout,
      () =>
        session.transaction(async (transaction) => {
          const { rows } = await transaction.query<{ name: string | null }>('select private.make_month($1) as name', [
            month,
          ])
          if (rows[0]?.name) created.push(rows[0].name)
          await transaction.query(
            `update private.retention_steps set detail = jsonb_build_object('created', $2::jsonb)
             where run_id = $1 and step = 'months-ahead'`,
            [run.id, JSON.stringify(created)],
          )
        }),
      patience,
    )
  }
  return { created }
}

/** @returns the months past the edge that stay */
async function retireMonths(work: Work): Promise<{ months: Month[]; reasons: KeptMonth[] }> {
  const { session, run } = work
  const pending = await readPendingMonth(session)
  const isExpired = pending !== undefined && run.edge !== null && pending.to <= run.edge
  if (pending !== undefined) {
    await work.attempt(`finalize ${pending.name}`, async (_, patience) => {
      if (!isExpired) throw notOurs(pending)
      await detachMonth(session, { ...pending, obstacle: null }, patience)
      return undefined
    })
  }
  const detached = new Set<string>()
  for (const month of await readDetachedMonths(session)) {
    detached.add(month.name)
    await work.attempt(`retire ${month.name}`, async (end, patience) => {
      await retireMonth(session, run.id, month, end, patience)
      return undefined
    })
  }
  const months = await readExpiredMonths(session, run.edge)
  // Of one that is pending still, the failure is recorded; while it is, no other can be detached.
  const isBlocked = months.some((month) => month.pending) || (pending !== undefined && !isExpired)
  for (const month of months) {
    if (month.obstacle !== null || month.pending || isBlocked) continue
    const isDetached = await work.attempt(`detach ${month.name}`, async (_, patience) => {
      await detachMonth(session, month, patience)
      return undefined
    })
    if (!isDetached) continue
    await work.attempt(`retire ${month.name}`, async (end, patience) => {
      await retireMonth(session, run.id, month, end, patience)
      return undefined
    })
  }
  const kept = months.filter(({ obstacle }) => obstacle !== null)
  return {
    months: kept,
    reasons: kept.flatMap(({ name, obstacle }) => (obstacle === null ? [] : [{ name, why: obstacle }])),
  }
}

function notOurs({ table, from, to }: Omit<Month, 'obstacle'>): JourneysError {
  return new JourneysError(
    'retention_foreign_detach',
    `Somebody began to detach ${table}, which has not expired, and did not finish`,
    {
      detail: `entries from ${from ?? 'the beginning'} to before ${to} are not seen by anybody until it is attached again`,
      hint: `alter table public.journal_entries detach partition ${table} finalize; alter table public.journal_entries attach partition ${table} for values from ('${from}') to ('${to}');`,
    },
  )
}

async function deleteRows(
  { session, run, options, gauge }: Work,
  rule: RetentionRule,
  kept: { months: Month[]; reasons: KeptMonth[] },
): Promise<StepDetail | undefined> {
  const step = `rows ${rule.name}`
  const edge = run.edges[rule.name] as string
  const { rows: tables } = await session.query<{ oid: number; table: string }>(
    `select t.relation::oid as oid, t.relation::text as "table"
     from private.retention_rules r, private.tables_of_rule(r, $2) as t (relation)
     where r.name = $1`,
    [rule.name, edge],
  )
  const isMonths = rule.method === 'months'
  // A month wholly past the edge goes as a whole; row by row goes only one that a hold keeps in its place.
  const expired = new Set(isMonths ? (await readExpiredMonths(session, run.edge)).map(({ oid }) => oid) : [])
  const held = new Set(kept.months.filter(({ obstacle }) => obstacle === 'held').map(({ oid }) => oid))
  await deleteExpiredRows(session, {
    run,
    step,
    rule,
    tables: tables.filter(({ oid }) => !expired.has(oid) || held.has(oid)),
    edge,
    batchTargetMs: options.config.batchTargetMs,
    gauge,
    onProgress: (rows) => options.onProgress?.({ step, rows }),
    signal: options.signal,
  })
  return isMonths ? { kept: kept.reasons } : undefined
}

async function dropMonths(work: Work): Promise<void> {
  const { session, run } = work
  const { rows } = await session.query<{ name: string }>(
    `select name from private.retired_partitions
     where state = 'dropping' or state = 'retired' and drop_after <= $1
     order by upper_bound`,
    [run.startedAt],
  )
  for (const { name } of rows) {
    await work.attempt(`drop ${name}`, async (end, patience) =>
      (await dropMonth(session, run.id, name, end, patience)) ? undefined : { kept: true },
    )
  }
}

/** The only commit of a run that waits for the disk: with it everything before it is there for good. */
async function close({ session, run, options }: Work, end: EndStep): Promise<undefined> {
  await session.transaction(async (transaction) => {
    await transaction.query('set local synchronous_commit = on')
    await end(transaction)
    // One that was killed at its very end was not repeated under its name: the next step found its work done.
    await transaction.query(
      `update private.retention_steps set state = 'done', finished_at = clock_timestamp()
       where run_id = $1 and state = 'running'`,
      [run.id],
    )
    await transaction.query(
      `with failed as (
         select count(*) as count, min(step) as step from private.retention_steps where run_id = $1 and state = 'failed'
       ), closed as (
         update private.retention_runs r
         set state = case when f.count = 0 then 'done' else 'failed' end, finished_at = clock_timestamp(),
           error = case when f.count > 0 then format('%s of its steps failed, the first: %s', f.count, f.step) end
         from failed f where r.id = $1 returning r.state, r.rows_deleted, r.partitions_dropped
       )
       select private.record_audit('retention.run', null, jsonb_build_object(
         'run', $1::bigint, 'state', state, 'rows', rows_deleted, 'months_dropped', cardinality(partitions_dropped)
       ), left($2, 200))
       from closed where rows_deleted > 0 or cardinality(partitions_dropped) > 0`,
      [run.id, options.actor],
    )
  })
}
