import { evaluateThreshold, explainThreshold, type ThresholdMetric, type ThresholdRule } from '@journeys/core/ops'
import type { LoadPlan } from '../profiles/plan.ts'
import { highestRate } from '../profiles/plan.ts'
import type { Part } from '../recorder/part.ts'
import type { Recorder } from '../recorder/recorder.ts'
import type { ThresholdResult } from '../result.ts'
import { judgedSpans, type PhaseSpan, secondsOf } from './phase-span.ts'

export interface Rules {
  readonly limits: readonly ThresholdRule[]
  readonly warnings: readonly ThresholdRule[]
}

export interface ThresholdOptions {
  readonly recorder: Recorder
  readonly plan: LoadPlan
  readonly rules: Rules
  /** As far as the run came. */
  readonly spans: readonly PhaseSpan[]
  /** From the first request to the last. */
  readonly wholeSeconds: number
  /** The rule that ended the run (`abortOnFail`). */
  readonly abortedBy?: ThresholdRule | undefined
}

/** Judged per scenario too. Rates of requests are not: how a total is split follows from the weights. */
const perScenario: readonly ThresholdMetric[] = ['http_req_duration', 'http_req_failed', 'checks']
/** A percentile of fewer answers than this, of 100: 20 for p95, 100 for p99. */
const leastBeyond = 1

interface Scope {
  readonly scenario?: string
  readonly phase?: string
  readonly part: Part
  readonly seconds: number
  /** The same over the whole run; a phase has none. */
  readonly whole?: Part
  /** Users or iterations per second that the plan has there, of its highest. */
  readonly share: number
}

/**
 * Judges every threshold: in total and per scenario, and where there is more than one judged phase for each of them. A stress
 * run is made to break them, so there only those count that name a phase or a scenario.
 */
export function judgeThresholds(options: ThresholdOptions): ThresholdResult[] {
  const scopes = options.plan.kind === 'stress' ? [] : scopesOf(options)
  const judged = (level: ThresholdResult['level'], rules: readonly ThresholdRule[]) =>
    rules.flatMap((rule) =>
      Object.keys(rule.tags).length > 0
        ? [result(options, level, rule, taggedScope(options, rule))]
        : scopes
            .filter(({ scenario }) => scenario === undefined || perScenario.includes(rule.metric))
            .map((scope) => result(options, level, rule, scope)),
    )
  return [...judged('limit', options.rules.limits), ...judged('warning', options.rules.warnings)]
}

function scopesOf({ recorder, plan, spans }: ThresholdOptions): Scope[] {
  const judged = judgedSpans(spans)
  if (judged.length <= 1) {
    const seconds = secondsOf(judged)
    const scenarios = [...recorder.scenarios].map(([scenario, parts]) => ({ scenario, parts }))
    return [{ parts: recorder.total }, ...scenarios].map(({ parts, ...scope }) => ({
      ...scope,
      part: parts.judged,
      whole: parts.whole,
      seconds,
      share: 1,
    }))
  }
  const top = Math.max(plan.start, ...plan.stages.map(({ target }) => target))
  return judged.flatMap((span) => {
    const parts = recorder.phases.get(span.phase)
    if (!parts) return []
    const common = { phase: span.phase, seconds: secondsOf([span]), share: top > 0 ? span.target / top : 1 }
    const scenarios = [...recorder.scenarios.keys()].flatMap((scenario) => {
      const part = parts.scenarios.get(scenario)
      return part ? [{ ...common, scenario, part }] : []
    })
    return [{ ...common, part: parts.total }, ...scenarios]
  })
}

/** Tags say themselves which part is meant; one without a phase is of the whole run, as in k6. */
function taggedScope({ recorder, spans, wholeSeconds }: ThresholdOptions, rule: ThresholdRule): Scope | undefined {
  const part = recorder.submetrics.of(rule)
  if (!part) return undefined
  const { scenario, phase } = rule.tags
  const span = phase === undefined ? undefined : spans.find((one) => one.phase === phase)
  return {
    ...(scenario === undefined ? {} : { scenario }),
    ...(phase === undefined ? {} : { phase }),
    part,
    seconds: phase === undefined ? wholeSeconds : secondsOf(span ? [span] : []),
    share: 1,
  }
}

function result(
  options: ThresholdOptions,
  level: ThresholdResult['level'],
  rule: ThresholdRule,
  scope: Scope | undefined,
): ThresholdResult {
  const { metric, key, expression, threshold } = rule
  const { scenario, phase } = scope ?? {}
  const whole = scope?.whole && evaluateThreshold(threshold, scope.whole.metric(metric, options.wholeSeconds))
  return {
    level,
    ...(scenario === undefined ? {} : { scenario }),
    ...(phase === undefined ? {} : { phase }),
    metric,
    key,
    expression,
    title: explainThreshold(threshold, metric),
    ...(scope ? outcome(options, rule, scope) : { ok: null, note: 'nothing was measured' }),
    ...(whole ? { whole } : {}),
    ...(options.abortedBy === rule && scenario === undefined ? { aborted: true } : {}),
  }
}

function outcome(
  { plan, recorder }: ThresholdOptions,
  { metric, threshold }: ThresholdRule,
  { part, seconds, share }: Scope,
): Pick<ThresholdResult, 'value' | 'ok' | 'note'> {
  const judged = evaluateThreshold(threshold, part.metric(metric, seconds))
  if (!judged) return { ok: null, note: 'nothing was measured in the judged part' }
  const { value, ok } = judged
  const needed = samplesNeeded(threshold)
  if (metric === 'http_req_duration' && part.latency.count < needed) {
    return { value, ok: null, note: `${part.latency.count} answers are too few, ${needed} are needed` }
  }
  if (!ok && metric === 'http_reqs' && threshold.aggregation === 'rate' && threshold.operator.startsWith('>')) {
    const reachable = highestRate(plan, requestsPerIteration(recorder)) * share
    if (reachable <= threshold.limit) {
      return { value, ok: null, note: `its load makes ${Math.floor(reachable)} requests/s at most` }
    }
  }
  return { value, ok }
}

function requestsPerIteration({ total: { whole } }: Recorder): number | undefined {
  return whole.iterations === 0 ? undefined : whole.requests / whole.iterations
}

/** A percentile of fewer samples than this is just the slowest of them: 20 for p95, 100 for p99. */
function samplesNeeded({ aggregation, percentile = 0 }: ThresholdRule['threshold']): number {
  if (aggregation !== 'p') return 1
  return Math.min(10_000, Math.ceil((100 * leastBeyond) / Math.max(0.01, 100 - percentile)))
}

/** Why it was not judged is that the load could not do it, which is nobody's fault. */
export function isUnreachable({ ok, note }: ThresholdResult): boolean {
  return ok === null && (note?.endsWith('requests/s at most') ?? false)
}
