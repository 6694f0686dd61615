import { ExitCode, type ThresholdRule } from '@journeys/core/ops'
import type { Findings } from '../analysis/analysis.ts'
import type { Recorder } from '../recorder/recorder.ts'
import type { LoadTestResult, ThresholdResult, Verdict } from '../result.ts'
import { figureText } from './figure-text.ts'
import { isUnreachable } from './judge-thresholds.ts'

export interface Judgement {
  readonly verdict: Verdict
  readonly exitCode: number
  /** Most important first. */
  readonly reasons: string[]
}

export interface JudgeOptions {
  readonly recorder: Recorder
  readonly thresholds: readonly ThresholdResult[]
  /** Whether the configuration says how many checks may fail; otherwise none may. */
  readonly checksHaveThreshold: boolean
  /** Why the figures say nothing about the server. */
  readonly doubts: readonly string[]
  /** Of the profile's analysis. */
  readonly findings: Findings
  /** Worth a `warn` by themselves: users that were left, samples that were lost. */
  readonly concerns: readonly string[]
  readonly abortedBy?: ThresholdRule | undefined
  readonly interrupted: boolean
  /** What the profile was run for, said when it passed. */
  readonly answer?: string | undefined
}

const exitCodes: Record<Verdict, number> = {
  pass: ExitCode.ok,
  warn: ExitCode.ok,
  fail: ExitCode.thresholds,
  inconclusive: ExitCode.inconclusive,
  invalid: ExitCode.failed,
}

/** What all of it means. `invalid` goes before `fail`: a threshold that a wrong load has broken was not broken by the server. */
export function judge(options: JudgeOptions): Judgement {
  const { interrupted } = options
  const { verdict, reasons } = decide(options)
  return { verdict, reasons, exitCode: exitCodeOf({ verdict, interrupted }) }
}

export function exitCodeOf({ verdict, interrupted }: Pick<LoadTestResult, 'verdict' | 'interrupted'>): number {
  return interrupted ? ExitCode.interrupted : exitCodes[verdict]
}

function decide(options: JudgeOptions): { verdict: Verdict; reasons: string[] } {
  const { thresholds, findings, doubts, concerns, interrupted, abortedBy } = options
  const aborted = abortedBy ? [`ended early: ${abortedBy.key} ${abortedBy.expression} was crossed`] : []
  const broken = [...aborted, ...notHeld(thresholds, 'limit'), ...wrongAnswers(options), ...findings.fail]
  if (interrupted) return { verdict: 'inconclusive', reasons: ['the run was interrupted', ...broken] }
  const invalid = [...doubts, ...findings.invalid]
  if (invalid.length > 0) return { verdict: 'invalid', reasons: [...invalid, ...broken] }
  if (broken.length > 0) return { verdict: 'fail', reasons: broken }
  const limits = thresholds.filter(({ level }) => level === 'limit')
  const unknown = [...findings.inconclusive, ...notJudged(limits)]
  if (unknown.length > 0) return { verdict: 'inconclusive', reasons: unknown }
  if (limits.length > 0 && !limits.some(({ ok }) => ok === true)) {
    return { verdict: 'inconclusive', reasons: ['no threshold could be judged'] }
  }
  const warned = [...notHeld(thresholds, 'warning'), ...limitedAnswers(options), ...findings.warn, ...concerns]
  if (warned.length > 0) return { verdict: 'warn', reasons: warned }
  return { verdict: 'pass', reasons: [options.answer ?? passed(thresholds)] }
}

function passed(thresholds: readonly ThresholdResult[]): string {
  if (thresholds.length === 0) return 'nothing was found wrong'
  const phases = new Set(thresholds.flatMap(({ phase }) => phase ?? []))
  return phases.size > 1
    ? `every threshold holds in ${[...phases].join(', ')}`
    : 'every threshold holds on the steady part'
}

/** A scenario is named where it alone does not hold: what all of them together break says it of each. */
function notHeld(thresholds: readonly ThresholdResult[], level: ThresholdResult['level']): string[] {
  const broken = thresholds.filter((one) => one.level === level && one.ok === false)
  const sameForAll = (one: ThresholdResult) =>
    broken.some(
      (other) =>
        other.scenario === undefined &&
        other.key === one.key &&
        other.expression === one.expression &&
        other.phase === one.phase,
    )
  return broken
    .filter((one) => one.scenario === undefined || !sameForAll(one))
    .map(
      (one) =>
        `${scopeText(one)}: ${one.title} does not hold, it was ${figureText(one.metric, one.expression, one.value)}`,
    )
}

/** Of one scenario alone there may be too few samples; of all together there may not. */
function notJudged(limits: readonly ThresholdResult[]): string[] {
  return limits
    .filter((one) => one.scenario === undefined && one.ok === null && !isUnreachable(one))
    .map((one) => `${one.phase ? `${one.phase}: ` : ''}${one.title} could not be judged: ${one.note}`)
}

function scopeText({ scenario, phase, key }: ThresholdResult): string {
  const named = /\{.*\b(?:name|status|expected_response)\b.*\}/.test(key) ? key : (scenario ?? 'all scenarios')
  return phase === undefined ? named : `${phase}, ${named}`
}

/** A wrong answer fails the run by itself, unless the configuration says how many checks may fail. */
function wrongAnswers({ recorder, checksHaveThreshold }: JudgeOptions): string[] {
  if (checksHaveThreshold) return []
  return [...recorder.failedChecks.values()].map(
    ({ scenario, name, count }) => `${scenario}: "${name}" did not hold, ${count} times`,
  )
}

function limitedAnswers({ recorder: { total } }: JudgeOptions): string[] {
  const { limited } = total.judged
  return limited === 0 ? [] : [`${limited} requests were answered 429: the rate limit was part of this load`]
}
