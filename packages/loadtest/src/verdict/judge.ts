import {
  type Config,
  ExitCode,
  evaluateThreshold,
  explainThreshold,
  parseThreshold,
  type Threshold,
  type ThresholdMetric,
} from '@journeys/core/ops'
import { highestRate, type LoadPlan } from '../profiles/plan.ts'
import type { Part } from '../recorder/part.ts'
import type { Recorder } from '../recorder/recorder.ts'
import type { ThresholdResult, Verdict } from '../result.ts'
import type { ScenarioName } from '../scenarios/index.ts'
import { figureText } from './figure-text.ts'

export interface Judgement {
  readonly verdict: Verdict
  readonly exitCode: number
  readonly reasons: string[]
  readonly thresholds: ThresholdResult[]
}

export interface JudgeOptions {
  readonly recorder: Recorder
  readonly plan: LoadPlan
  readonly thresholds: Config['loadtest']['thresholds']
  /** How much of the steady part there was, and of the whole run. */
  readonly steadySeconds: number
  readonly wholeSeconds: number
  readonly interrupted: boolean
}

/** Judged per scenario too. Rates of requests are not: how a total is split follows from the weights. */
const perScenario: readonly ThresholdMetric[] = ['http_req_duration', 'http_req_failed', 'checks']
/** Of the planned users: a few more or less at one moment is how a ramp goes. */
const leastUsersShare = 0.99

/** Judges the steady part against every threshold, in total and per scenario, and says what that means. */
export function judge(options: JudgeOptions): Judgement {
  const thresholds = judgeThresholds(options)
  const { verdict, reasons } = decide(options, thresholds)
  const exitCodes: Record<Verdict, number> = {
    pass: ExitCode.ok,
    fail: ExitCode.thresholds,
    inconclusive: ExitCode.inconclusive,
    invalid: ExitCode.failed,
  }
  return { verdict, reasons, thresholds, exitCode: options.interrupted ? ExitCode.interrupted : exitCodes[verdict] }
}

function judgeThresholds(options: JudgeOptions): ThresholdResult[] {
  const { recorder, thresholds } = options
  const all = (Object.entries(thresholds) as [ThresholdMetric, string[]][]).flatMap(([metric, expressions]) =>
    expressions.map((expression) => ({ metric, expression, threshold: parseThreshold(expression, metric) })),
  )
  const scopes: { scenario?: ScenarioName; steady: Part; whole: Part }[] = [
    recorder.total,
    ...[...recorder.scenarios]
      .filter(([name]) => options.plan.weights[name] > 0)
      .map(([scenario, parts]) => ({ scenario, ...parts })),
  ]
  return scopes.flatMap(({ scenario, steady, whole }) =>
    all
      .filter(({ metric }) => scenario === undefined || perScenario.includes(metric))
      .map(({ metric, expression, threshold }) => ({
        ...(scenario === undefined ? {} : { scenario }),
        metric,
        expression,
        title: explainThreshold(threshold, metric),
        ...outcome(options, metric, threshold, steady),
        ...wholeRun(threshold, metric, whole, options.wholeSeconds),
      })),
  )
}

function outcome(
  { plan, steadySeconds }: JudgeOptions,
  metric: ThresholdMetric,
  threshold: Threshold,
  part: Part,
): Pick<ThresholdResult, 'value' | 'ok' | 'note'> {
  const judged = evaluateThreshold(threshold, part.metric(metric, steadySeconds))
  if (!judged) return { ok: null, note: 'nothing was measured in the steady part' }
  const { value } = judged
  const needed = samplesNeeded(threshold)
  if (metric === 'http_req_duration' && part.latency.count < needed) {
    return { value, ok: null, note: `${part.latency.count} answers are too few, ${needed} are needed` }
  }
  const unreachable = metric === 'http_reqs' && threshold.aggregation === 'rate' && threshold.operator.startsWith('>')
  if (unreachable && highestRate(plan) <= threshold.limit && !judged.ok) {
    return { value, ok: null, note: unreachableNote(plan) }
  }
  return { value, ok: judged.ok }
}

function wholeRun(threshold: Threshold, metric: ThresholdMetric, part: Part, seconds: number) {
  const whole = evaluateThreshold(threshold, part.metric(metric, seconds))
  return whole ? { whole } : {}
}

/** A percentile of fewer samples than this is just the slowest of them: 20 for p95, 100 for p99. */
function samplesNeeded(threshold: Threshold): number {
  if (threshold.aggregation !== 'p') return 1
  return Math.min(10_000, Math.ceil(100 / Math.max(0.01, 100 - (threshold.percentile ?? 0))))
}

function decide(options: JudgeOptions, thresholds: ThresholdResult[]): { verdict: Verdict; reasons: string[] } {
  const { recorder, plan, interrupted } = options
  const reasons = [...brokenThresholds(thresholds), ...wrongAnswers(options)]
  if (interrupted) return { verdict: 'inconclusive', reasons: ['the run was interrupted', ...reasons] }
  if (recorder.total.whole.requests === 0) return { verdict: 'invalid', reasons: ['not one request was made'] }
  if (recorder.mostUsers < Math.floor(plan.users * leastUsersShare)) {
    const missed = `${recorder.mostUsers} of ${plan.users} users were reached: this is not the load that was planned`
    return { verdict: 'invalid', reasons: [missed, ...reasons] }
  }
  if (reasons.length > 0) return { verdict: 'fail', reasons }
  const totals = thresholds.filter(({ scenario }) => scenario === undefined)
  const unknown = totals.filter(({ ok, note }) => ok === null && note !== unreachableNote(plan))
  if (unknown.length > 0) {
    return {
      verdict: 'inconclusive',
      reasons: unknown.map(({ title, note }) => `${title} could not be judged: ${note}`),
    }
  }
  if (!totals.some(({ ok }) => ok === true)) {
    return { verdict: 'inconclusive', reasons: ['no threshold could be judged'] }
  }
  return { verdict: 'pass', reasons: ['every threshold holds on the steady part'] }
}

function brokenThresholds(thresholds: ThresholdResult[]): string[] {
  return thresholds
    .filter(({ ok }) => ok === false)
    .map(
      ({ scenario, title, metric, expression, value }) =>
        `${scenario ?? 'all scenarios'}: ${title} does not hold, it was ${figureText(metric, expression, value)}`,
    )
}

/** A wrong answer fails the run by itself, unless the configuration says how many checks may fail. */
function wrongAnswers({ recorder, thresholds }: JudgeOptions): string[] {
  if (thresholds.checks?.length) return []
  return [...recorder.failedChecks.values()].map(
    ({ scenario, name, count }) => `${scenario}: "${name}" did not hold, ${count} times`,
  )
}

function unreachableNote(plan: LoadPlan): string {
  const most = Math.floor(highestRate(plan))
  return `${plan.users} users who think ${plan.thinkTime.minMs / 1000} to ${plan.thinkTime.maxMs / 1000} s make ${most} requests/s at most`
}
