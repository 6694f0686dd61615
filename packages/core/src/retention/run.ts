import type { Config } from '../config/schema.ts'
import type { Database, Session } from '../database/connection.ts'
import { ExitCode, JourneysError } from '../errors.ts'
import { releaseRetentionLock, takeRetentionLock } from './lock.ts'
import { type RetentionOutcome, readOutcome } from './outcome.ts'
import { findUnfinishedRun, type RunRecord, runColumns, writeNewRun } from './record.ts'
import { compareRules, type RetentionRule, resolveRules } from './rule.ts'
import { performRun, type RetentionProgress } from './steps.ts'

export interface RetentionOptions {
  config: Config['retention']
  /** Who runs it, for the audit log. */
  actor: string
  /** What is typed to run it again: said in hints. @defaultValue 'journeys retention run --confirm' */
  command?: string | undefined
  /** Wait for another run to end instead of refusing. @defaultValue false */
  wait?: boolean | undefined
  onProgress?: ((progress: RetentionProgress) => void) | undefined
  /** Ends the run after the batch or step it is at. */
  signal?: AbortSignal | undefined
}

/** An old run that is finished first has old edges: what expired since is a run of its own. */
const outdatedAfterMs = 24 * 3600 * 1000

/**
 * Removes what is older than the rules say, and makes the months of the journal that lie ahead. Readers and writers go on: no lock that
 * one of them could wait for is waited for longer than `lockTimeoutMs`. A run that was killed is finished first, to the edges that it had.
 *
 * @returns one outcome, or two when an old run had to be finished first. `failed`: something stayed, the rest is done.
 * @throws JourneysError `retention_running`, `retention_rule_invalid` (2), `retention_under_pressure`, `interrupted` (130),
 *   `database_unreachable` (4). Whatever was thrown, running it again goes on from there.
 */
export async function runRetention(database: Database, options: RetentionOptions): Promise<RetentionOutcome[]> {
  return await runInSession(database, options).catch((error: unknown) => {
    throw withResumption(error, options.command)
  })
}

async function runInSession(database: Database, options: RetentionOptions): Promise<RetentionOutcome[]> {
  return await database.session(async (session) => {
    await prepareSession(session, options.config)
    const rules = await resolveRules(session, options.config)
    await takeRetentionLock(session, {
      wait: options.wait ?? false,
      onWait: ({ who, since }) =>
        options.onProgress?.({ step: 'wait', note: `another run is under way: ${who}, since ${since.toISOString()}` }),
      signal: options.signal,
    })
    try {
      return await runUnfinishedAndNew(database, session, rules, options)
    } finally {
      await releaseRetentionLock(session)
    }
  })
}

const usualCommand = 'journeys retention run --confirm'

/** Names the command for this environment, and says of a lost database how to go on. */
function withResumption(error: unknown, command = usualCommand): unknown {
  if (!(error instanceof JourneysError)) return error
  const { code, message, detail, exitCode } = error
  const hint =
    code === 'database_unreachable'
      ? `what was done stays done; when the database is back, go on with: ${command}`
      : error.hint?.replace(usualCommand, command)
  return new JourneysError(code, message, { detail, hint, exitCode, cause: error.cause })
}

async function runUnfinishedAndNew(
  database: Database,
  session: Session,
  rules: readonly RetentionRule[],
  options: RetentionOptions,
): Promise<RetentionOutcome[]> {
  const runNew = async () => runOnce(database, session, await writeNewRun(session), rules, options)
  const unfinished = await findUnfinishedRun(session)
  if (unfinished === undefined) return [await runNew()]
  const outcome = await runOnce(database, session, unfinished, rules, options, true)
  return (await isOutdated(session, unfinished, rules)) ? [outcome, await runNew()] : [outcome]
}

/**
 * Commits of this session are on disk a moment after they were answered, but for the last one of a run. A crash of the server in
 * between loses the last few, in their order: the run is then less far than it was, and never calls done what is not.
 */
async function prepareSession(session: Session, { lockTimeoutMs }: Config['retention']): Promise<void> {
  await session.query(
    `select set_config('application_name', 'journeys retention', false), set_config('statement_timeout', '0', false),
            set_config('synchronous_commit', 'off', false), set_config('lock_timeout', $1, false)`,
    [String(lockTimeoutMs)],
  )
  // A server that waits for a lock sees that its client was killed, and lets go of the lock of retention. Not on every platform.
  await session.query("set client_connection_check_interval = '1s'").catch(() => undefined)
}

async function runOnce(
  database: Database,
  session: Session,
  run: RunRecord,
  rules: readonly RetentionRule[],
  options: RetentionOptions,
  resumed = false,
): Promise<RetentionOutcome> {
  try {
    await performRun(database, session, run, rules, options)
  } catch (error) {
    await recordEnd(database, run, error, options.signal)
    if (!options.signal?.aborted) throw error
    throw new JourneysError('interrupted', 'interrupted', {
      detail: `run ${run.id} stopped after the batch it was at; what it did stays done`,
      hint: 'to go on: journeys retention run --confirm',
      exitCode: ExitCode.interrupted,
      cause: error,
    })
  }
  return await readOutcome(session, run.id, resumed)
}

/** A run that could not reach its database says nothing: the next one finds it unfinished. */
async function recordEnd(database: Database, run: RunRecord, error: unknown, signal?: AbortSignal): Promise<void> {
  if (error instanceof JourneysError && error.exitCode === ExitCode.unreachable) return
  const message = error instanceof Error ? error.message : String(error)
  await database
    .query(
      `update private.retention_runs set state = $2, error = $3, finished_at = case when $2 = 'failed' then clock_timestamp() end
       where id = $1`,
      signal?.aborted ? [run.id, 'interrupted', null] : [run.id, 'failed', message],
    )
    .catch(() => undefined)
}

async function isOutdated(session: Session, run: RunRecord, rules: readonly RetentionRule[]): Promise<boolean> {
  const { rows } = await session.query<RunRecord & { today: string | null }>(
    `select ${runColumns}, nullif(private.retention_edge(), '-infinity') as today from private.retention_runs where id = $1`,
    [run.id],
  )
  const [finished] = rows
  return (
    finished?.today !== finished?.edge ||
    Date.now() - run.startedAt.getTime() > outdatedAfterMs ||
    (await compareRules(session, rules)).length > 0
  )
}
