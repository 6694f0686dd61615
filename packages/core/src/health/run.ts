import { type Environment, requireSetting } from '../config/environment.ts'
import type { Config } from '../config/schema.ts'
import { suggestion } from '../config/suggestion.ts'
import { connect, type Database, type Row } from '../database/connection.ts'
import { ExitCode, JourneysError } from '../errors.ts'
import { answerTimeMs, type Check, environmentFlag, type ProbeContext, type SqlCheck } from './check.ts'
import { checks, healthCheckIds } from './checks/index.ts'
import { type Finding, healthStates } from './finding.ts'
import { type HealthCheck, type HealthReport, reportOf, summarize } from './report.ts'

export interface HealthOptions {
  environment: Environment
  config: Config
  /** The folder with supabase/. */
  workdir: string
  /** Ids of the checks to run. @defaultValue all */
  only?: readonly string[] | undefined
  signal?: AbortSignal | undefined
}

/**
 * Runs the checks, concurrently over a few connections, every SQL one in a READ ONLY transaction. It does not throw because
 * something is ill: what fails, takes too long or may not be seen is `unknown`, with the reason.
 *
 * @throws JourneysError `health_check_unknown` (exit code 2) for an id in `only` that does not exist, `interrupted` (130).
 */
export async function runHealth(options: HealthOptions): Promise<HealthReport> {
  const chosen = chooseChecks(options.only)
  const { environment, config, workdir, signal } = options
  const checkedAt = new Date()
  const started = performance.now()
  const opened = openOnce(environment, config)
  try {
    const results = await Promise.all(
      chosen.map((check) =>
        runCheck(
          check,
          { environment, config, workdir, database: opened.database },
          signal ?? new AbortController().signal,
        ),
      ),
    )
    if (signal?.aborted) {
      throw new JourneysError('interrupted', 'Interrupted before every check had answered', {
        hint: `journeys health${environmentFlag({ environment })}`,
        exitCode: ExitCode.interrupted,
      })
    }
    return reportOf(results, checkedAt, Math.round(performance.now() - started))
  } finally {
    await opened.close()
  }
}

function chooseChecks(only: readonly string[] | undefined): readonly Check[] {
  if (only === undefined) return checks
  const stranger = only.find((id) => !healthCheckIds.includes(id))
  if (stranger !== undefined || only.length === 0) {
    throw new JourneysError('health_check_unknown', `There is no health check ${JSON.stringify(stranger ?? '')}`, {
      detail: `there are: ${healthCheckIds.join(', ')}`,
      hint: `${suggestion(stranger ?? '', [...healthCheckIds]).replace(/[^?]$/, '$&.')} Type: journeys health --only ${healthCheckIds.slice(2, 4).join(',')}`,
      exitCode: ExitCode.usage,
    })
  }
  return checks.filter(({ id }) => only.includes(id))
}

/** All checks share one pool, opened by the first that needs it. */
function openOnce(environment: Environment, config: Config) {
  let opening: Promise<Database> | undefined
  return {
    database: () => {
      opening ??= (async () =>
        await connect(requireSetting(environment, 'databaseUrl'), {
          applicationName: 'journeys health',
          statementTimeoutMs: config.health.checkTimeoutMs,
          // Within the check's own time, so that it is the database that did not answer, and not the check.
          connectTimeoutMs: answerTimeMs(config),
        }))()
      return opening
    },
    close: async () => {
      // A server that hangs must not hold up the report; the pool lets the process end by itself.
      const ended = opening?.then((database) => database.end()).catch(() => undefined)
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 500).unref())])
    },
  }
}

async function runCheck(
  check: Check,
  context: Omit<ProbeContext, 'signal'>,
  interrupted: AbortSignal,
): Promise<HealthCheck> {
  const { checkTimeoutMs } = context.config.health
  const timeout = AbortSignal.timeout(checkTimeoutMs)
  const signal = AbortSignal.any([timeout, interrupted])
  const started = performance.now()
  const findings = await Promise.race([look(check, { ...context, signal }), aborted(signal)]).catch(
    (error: unknown) => [timeout.aborted ? tooSlow(checkTimeoutMs) : couldNotLook(error)],
  )
  return summarize(check, findings, check.threshold?.(context.config), Math.round(performance.now() - started))
}

async function look(check: Check, context: ProbeContext): Promise<Finding[]> {
  if ('probe' in check) return await check.probe(context)
  const database = await context.database()
  return await database.readOnly(async (transaction) => {
    if (check.readsSessions) {
      const { rows } = await transaction.query<{ role: string; allowed: boolean }>(
        "select current_user as role, pg_has_role(current_user, 'pg_read_all_stats', 'usage') as allowed",
      )
      const [reader] = rows
      if (reader?.allowed !== true) return [mayNotSee(reader?.role ?? '?')]
    }
    const { rows } = await transaction.query(check.sql, check.parameters?.(context.config) ?? [])
    return rows.map((row) => findingOf(check, row, context))
  })
}

/** A row of a check's SQL. A column that is missing is a mistake of ours, and must not read as healthy. */
function findingOf(check: SqlCheck, row: Row, context: ProbeContext): Finding {
  const { state, value, summary, why, remediation, facts } = row as Partial<Finding>
  if (state === undefined || !healthStates.includes(state) || typeof summary !== 'string') {
    throw new Error(`the check ${check.id} gave a row without a state and a summary`)
  }
  return {
    state,
    value: typeof value === 'number' ? value : null,
    summary,
    why: why ?? null,
    remediation: remediation ?? check.remediation?.(context) ?? null,
    facts: facts ?? [],
  }
}

function couldNotLook(error: unknown): Finding {
  if (error instanceof JourneysError) {
    const { message, detail, hint } = error
    return { state: 'unknown', summary: `could not look: ${message}`, why: detail ?? null, remediation: hint ?? null }
  }
  return { state: 'unknown', summary: `could not look: ${error instanceof Error ? error.message : String(error)}` }
}

function tooSlow(timeoutMs: number): Finding {
  return {
    state: 'unknown',
    summary: `no answer within ${timeoutMs / 1000} s`,
    why: 'what does not answer in time is not known to be well',
    remediation: 'journeys health --only database,connections,blocked-queries',
  }
}

function mayNotSee(role: string): Finding {
  return {
    state: 'unknown',
    summary: `the role ${role} may not see the sessions of others`,
    why: 'what it sees of them is not enough to call them well',
    remediation: `grant pg_monitor to ${role};`,
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = () => reject(signal.reason instanceof Error ? signal.reason : new Error('interrupted'))
    if (signal.aborted) fail()
    else signal.addEventListener('abort', fail, { once: true })
  })
}
