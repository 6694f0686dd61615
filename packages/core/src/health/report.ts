import type { Row } from '../database/connection.ts'
import type { Check, Threshold } from './check.ts'
import { type Finding, type HealthState, healthStates, worse } from './finding.ts'

export interface HealthCheck {
  id: string
  title: string
  state: HealthState
  /** Of the worst finding, in `unit`. */
  value?: number
  unit?: string
  threshold?: Threshold
  /** What is the case, in one sentence. */
  summary: string
  /** What follows from it. Absent when the check is ok. */
  why?: string
  /** What to type, one command a line. Absent when the check is ok. */
  remediation?: string
  /** The figures behind it. */
  rows: Row[]
  durationMs: number
}

export interface HealthReport {
  /** The worst state of all; a warning is worse than unknown. */
  verdict: HealthState
  /** ISO 8601. */
  checkedAt: string
  durationMs: number
  counts: Record<HealthState, number>
  checks: HealthCheck[]
}

/** More commands than this nobody types one by one. */
const mostCommands = 5

/** One check's findings as what people and machines read: the worst one speaks, the others are counted. */
export function summarize(
  check: Check,
  findings: Finding[],
  threshold: Threshold | undefined,
  durationMs: number,
): HealthCheck {
  const state = findings.reduce<HealthState>((worst, finding) => worse(worst, finding.state), 'ok')
  const speaking = findings.filter((finding) => finding.state === state)
  const [first] = speaking
  const more = speaking.length - 1
  const fine = 'fine' in check ? check.fine : 'ok'
  const commands = [...new Set(speaking.flatMap(({ remediation }) => remediation ?? []))]
  const isOk = state === 'ok'
  return {
    id: check.id,
    title: check.title,
    state,
    ...(first?.value == null ? {} : { value: first.value }),
    ...(check.unit === undefined ? {} : { unit: check.unit }),
    ...(threshold === undefined ? {} : { threshold }),
    summary: first === undefined ? fine : more > 0 && !isOk ? `${first.summary}, and ${more} more` : first.summary,
    ...(isOk || !first?.why ? {} : { why: first.why }),
    ...(isOk || commands.length === 0 ? {} : { remediation: commands.slice(0, mostCommands).join('\n') }),
    rows: findings.flatMap(({ facts }) => facts ?? []),
    durationMs,
  }
}

export function reportOf(checks: HealthCheck[], checkedAt: Date, durationMs: number): HealthReport {
  const counts: Record<HealthState, number> = { ok: 0, warning: 0, critical: 0, unknown: 0 }
  for (const { state } of checks) counts[state] += 1
  const verdict = healthStates.findLast((state) => counts[state] > 0) ?? 'unknown'
  return { verdict, checkedAt: checkedAt.toISOString(), durationMs, counts, checks }
}

/** As a Nagios plugin: https://nagios-plugins.org/doc/guidelines.html#AEN78 */
const nagiosCode: Record<HealthState, number> = { ok: 0, warning: 1, critical: 2, unknown: 3 }

/**
 * The exit code of a report: 0 ok, 1 warning, 2 critical, 3 unknown.
 * @param failOn the mildest state that is not 0. @defaultValue 'unknown'
 */
export function healthExitCode(
  { verdict }: Pick<HealthReport, 'verdict'>,
  failOn: 'unknown' | 'warning' | 'critical' = 'unknown',
): number {
  return healthStates.indexOf(verdict) >= healthStates.indexOf(failOn) ? nagiosCode[verdict] : 0
}
