/**
 * Load-test thresholds in k6's grammar, read and judged by one module whichever engine made the numbers.
 * Grammar: `<aggregation> <operator> <number>`, https://grafana.com/docs/k6/latest/using-k6/thresholds/#threshold-syntax
 * Browser-safe: no Node import.
 */
import { ExitCode, JourneysError } from '../errors.ts'

/** What k6 can ask of each kind of metric: https://grafana.com/docs/k6/latest/using-k6/metrics/ */
const aggregationsByKind = {
  trend: ['avg', 'min', 'med', 'max', 'p'],
  rate: ['rate'],
  counter: ['count', 'rate'],
} as const satisfies Record<string, readonly ThresholdAggregation[]>

export type ThresholdAggregation = 'avg' | 'min' | 'med' | 'max' | 'p' | 'rate' | 'count'
export type ThresholdOperator = '<' | '<=' | '>' | '>=' | '==' | '!='
export type MetricKind = keyof typeof aggregationsByKind

/** The metrics that a threshold may be set on, under k6's names, and what each one is. */
export const thresholdMetrics = {
  http_req_duration: 'trend',
  http_req_failed: 'rate',
  http_reqs: 'counter',
  checks: 'rate',
  iterations: 'counter',
  dropped_iterations: 'counter',
} as const satisfies Record<string, MetricKind>

export type ThresholdMetric = keyof typeof thresholdMetrics

export interface Threshold {
  readonly aggregation: ThresholdAggregation
  /** Only for `p`: 0 to 100. */
  readonly percentile?: number
  readonly operator: ThresholdOperator
  /** Milliseconds for a trend, a share of 1 for a rate metric, a number (or number per second) for a counter. */
  readonly limit: number
}

/** Figures of one metric over one part of a run. A figure that the part cannot have (no request was made) is left out. */
export interface MetricFigures {
  readonly avg?: number | undefined
  readonly min?: number | undefined
  readonly med?: number | undefined
  readonly max?: number | undefined
  readonly rate?: number | undefined
  readonly count?: number | undefined
  /** The value under which `percentile` (0 to 100) percent of the samples lie. */
  readonly percentile?: (percentile: number) => number | undefined
}

const expression =
  /^(?:(avg|min|med|max|rate|count)|p\(\s*(\d{1,3}(?:\.\d+)?)\s*\))\s*(<=|>=|===|==|!==|!=|<|>)\s*(-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)$/i

/**
 * Reads one expression such as `p(95)<200`, `rate<0.02` or `rate>100`.
 * @param metric what it is set on; an aggregation that this metric does not have is refused
 * @throws JourneysError `invalid_threshold` (exit 2) that quotes the expression and says what would be right
 */
export function parseThreshold(text: string, metric: ThresholdMetric): Threshold {
  const match = expression.exec(text.trim())
  if (!match) {
    throw invalid(text, metric, 'is not a threshold', 'write it as k6 does: p(95)<200, avg<=80, rate<0.02, rate>100')
  }
  const [, plain, percentileText, operatorText, limitText] = match
  const aggregation = (plain?.toLowerCase() ?? 'p') as ThresholdAggregation
  const allowed: readonly ThresholdAggregation[] = aggregationsByKind[thresholdMetrics[metric]]
  if (!allowed.includes(aggregation)) {
    const names = allowed.map((name) => (name === 'p' ? 'p(n)' : name)).join(', ')
    throw invalid(text, metric, `asks for ${aggregation}, which ${metric} does not have`, `${metric} has ${names}`)
  }
  const percentile = percentileText === undefined ? undefined : Number(percentileText)
  if (percentile !== undefined && percentile > 100) {
    throw invalid(text, metric, `asks for percentile ${percentileText}`, 'a percentile is 0 to 100: p(95), p(99.9)')
  }
  const limit = Number(limitText)
  if (!Number.isFinite(limit)) throw invalid(text, metric, 'has no usable limit', 'the limit is a finite number')
  const operator = (operatorText as string).replace('===', '==').replace('!==', '!=') as ThresholdOperator
  return { aggregation, ...(percentile === undefined ? {} : { percentile }), operator, limit }
}

/** The expression again, in k6's own spelling: `parseThreshold(formatThreshold(t), metric)` equals `t`. */
export function formatThreshold(threshold: Threshold): string {
  const subject = threshold.aggregation === 'p' ? `p(${decimal(threshold.percentile ?? 0)})` : threshold.aggregation
  return `${subject}${threshold.operator}${threshold.limit}`
}

/**
 * Judges one threshold.
 * @returns the figure it looked at and whether it holds; `undefined` when there is no figure, so nothing can be said
 */
export function evaluateThreshold(
  threshold: Threshold,
  figures: MetricFigures,
): { readonly value: number; readonly ok: boolean } | undefined {
  const value =
    threshold.aggregation === 'p'
      ? figures.percentile?.(threshold.percentile ?? 0)
      : figures[threshold.aggregation as Exclude<ThresholdAggregation, 'p'>]
  if (value === undefined || !Number.isFinite(value)) return undefined
  return { value, ok: holds(value, threshold.operator, threshold.limit) }
}

/** One threshold in words, for a verdict line: `p95 under 200 ms`. */
export function explainThreshold(threshold: Threshold, metric: ThresholdMetric): string {
  const { limit } = threshold
  const bound = words[threshold.operator]
  if (metric === 'http_req_duration') {
    if (threshold.aggregation === 'p') return `p${decimal(threshold.percentile ?? 0)} ${bound} ${limit} ms`
    return `${trendWords[threshold.aggregation] ?? threshold.aggregation} response time ${bound} ${limit} ms`
  }
  if (metric === 'http_req_failed') return `failed requests ${bound} ${percent(limit)} %`
  if (metric === 'checks') return `checks passed ${bound} ${percent(limit)} %`
  const noun = counted[metric]
  return threshold.aggregation === 'rate' ? `${noun} per second ${bound} ${limit}` : `${noun} ${bound} ${limit}`
}

const words: Record<ThresholdOperator, string> = {
  '<': 'under',
  '<=': 'at most',
  '>': 'over',
  '>=': 'at least',
  '==': 'exactly',
  '!=': 'not',
}

const counted = { http_reqs: 'requests', iterations: 'iterations', dropped_iterations: 'dropped iterations' } as const

const trendWords: Partial<Record<ThresholdAggregation, string>> = {
  avg: 'average',
  med: 'median',
  min: 'shortest',
  max: 'longest',
}

function holds(value: number, operator: ThresholdOperator, limit: number): boolean {
  switch (operator) {
    case '<':
      return value < limit
    case '<=':
      return value <= limit
    case '>':
      return value > limit
    case '>=':
      return value >= limit
    case '==':
      return value === limit
    case '!=':
      return value !== limit
  }
}

/** A percentile without an exponent: k6 reads `p(0.0000001)`, not `p(1e-7)`. */
function decimal(value: number): string {
  return value.toFixed(12).replace(/\.?0+$/, '')
}

/** 0.02 as 2, without the 2.0000000000000004 of a bare multiplication. */
function percent(share: number): number {
  return Number((share * 100).toPrecision(12))
}

function invalid(text: string, metric: string, what: string, hint: string): JourneysError {
  return new JourneysError('invalid_threshold', `threshold "${text}" on ${metric} ${what}`, {
    hint,
    exitCode: ExitCode.usage,
  })
}
