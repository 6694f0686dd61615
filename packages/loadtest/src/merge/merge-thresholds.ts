import { evaluateThreshold, parseThreshold, parseThresholdKey, type ThresholdMetric } from '@journeys/core/ops'
import type { LatencyHistogram } from '../recorder/latency-histogram.ts'
import type { RequestFigures, RunFile, ThresholdResult } from '../result.ts'
import { addHistograms } from './merge-figures.ts'

/** The generators' thresholds, judged again on all their samples together. */
export function mergeThresholds(files: readonly RunFile[]): ThresholdResult[] {
  const [first] = files as [RunFile]
  return first.result.thresholds.map((threshold) => {
    const { whole: _whole, value: _value, note: _note, aborted: _aborted, ...rest } = threshold
    const own = files.map(({ result }) => result.thresholds.find((other) => same(other, threshold)))
    const aborted = own.some((one) => one?.aborted) ? { aborted: true } : {}
    // Not judged by any of them, for a reason that more generators do not take away.
    if (own.every((one) => one?.ok === null && one.value === undefined)) {
      return { ...rest, ok: null, note: threshold.note ?? 'nothing could be measured' }
    }
    const parsed = parseThreshold(threshold.expression, threshold.metric)
    const counter = isCounter(threshold.metric)
    const figures = counter ? undefined : figuresOf(files, threshold)
    const judged = counter
      ? // Count or rate: they worked at the same time.
        evaluateThreshold(parsed, { [parsed.aggregation]: total(own.map((one) => one?.value ?? 0)) })
      : figures && evaluateThreshold(parsed, figures)
    if (!judged)
      return {
        ...rest,
        ...aborted,
        ok: null,
        note: "the generators' results do not hold enough to judge it on all of them",
      }
    return { ...rest, ...aborted, ...judged }
  })
}

function same(a: ThresholdResult, b: ThresholdResult): boolean {
  return (
    a.key === b.key &&
    a.expression === b.expression &&
    a.scenario === b.scenario &&
    a.phase === b.phase &&
    a.level === b.level
  )
}

function isCounter(metric: ThresholdMetric): boolean {
  return metric === 'http_reqs' || metric === 'iterations' || metric === 'dropped_iterations'
}

/** What one generator knows of the part that a threshold is about. */
interface Scope {
  readonly figures: RequestFigures | undefined
  readonly histogram: string | undefined
  readonly checks: { readonly passed: number; readonly failed: number } | undefined
}

function figuresOf(files: readonly RunFile[], { metric, key, scenario, phase }: ThresholdResult) {
  const { tags } = parseThresholdKey(key)
  const scopes = files.map((file) =>
    scopeOf(file, {
      ...tags,
      ...(scenario === undefined ? {} : { scenario }),
      ...(phase === undefined ? {} : { phase }),
    }),
  )
  if (metric === 'http_req_duration') {
    // A generator without this part made no such request.
    const histogram = addHistograms(scopes.map((scope) => scope?.histogram))
    return histogram && scopes.every((scope) => scope !== undefined)
      ? latencyFigures(histogram, scopes as Scope[])
      : undefined
  }
  const parts = scopes.flatMap((scope) => {
    if (metric === 'checks')
      return scope?.checks ? [{ of: scope.checks.passed + scope.checks.failed, hit: scope.checks.passed }] : []
    return scope?.figures ? [{ of: scope.figures.requests, hit: scope.figures.errors }] : []
  })
  const all = total(parts.map(({ of }) => of))
  return parts.length === files.length && all > 0 ? { rate: total(parts.map(({ hit }) => hit)) / all } : undefined
}

function latencyFigures(histogram: LatencyHistogram, scopes: readonly Scope[]) {
  const { avg } = histogram.figures ?? {}
  const minima = scopes.flatMap(({ figures }) => figures?.min ?? [])
  const maxima = scopes.flatMap(({ figures }) => figures?.max ?? [])
  return {
    avg,
    min: minima.length > 0 ? Math.min(...minima) : undefined,
    max: maxima.length > 0 ? Math.max(...maxima) : undefined,
    med: histogram.percentile(50),
    percentile: (percentile: number) => histogram.percentile(percentile),
  }
}

/** @returns undefined when a run file does not keep that part apart */
function scopeOf({ result, data }: RunFile, tags: Readonly<Partial<Record<string, string>>>): Scope | undefined {
  const { scenario, phase, name, ...others } = tags
  if (Object.keys(others).length > 0) return undefined
  const judged = result.phases.filter((one) => one.judged)
  const onePhase = phase === undefined || (judged.length === 1 && judged[0]?.name === phase)
  const { histograms } = data
  if (name !== undefined) {
    if (scenario !== undefined || !onePhase) return undefined
    return {
      figures: result.requests.find((one) => one.name === name),
      histogram: histograms.requests[name],
      checks: undefined,
    }
  }
  if (!onePhase) {
    const part = result.phases.find((one) => one.name === phase)
    const kept = histograms.phases?.[phase as string]
    if (!part || !kept) return undefined
    return scenario === undefined
      ? { figures: part.total, histogram: kept.total, checks: undefined }
      : {
          figures: part.scenarios.find((one) => one.name === scenario),
          histogram: kept.scenarios[scenario],
          checks: undefined,
        }
  }
  if (scenario === undefined) return { figures: result.total, histogram: histograms.total, checks: result.total.checks }
  const found = result.scenarios.find((one) => one.name === scenario)
  return { figures: found, histogram: histograms.scenarios[scenario], checks: found?.checks }
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}
