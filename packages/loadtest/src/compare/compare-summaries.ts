import type { K6Summary, SummaryMetric } from './k6-summary.ts'

/** One statistic of one metric, before and after. */
export interface SummaryChange {
  /** With its tags: `http_req_duration{name:slow}`. */
  readonly metric: string
  readonly contains: SummaryMetric['contains']
  /** k6's name: `p(95)`. */
  readonly statistic: string
  /** ms, bytes, a share of 1 for a rate, or a count; absent for a side that has none. */
  readonly before?: number
  readonly after?: number
  /** Absent where there was 0, and for a rate: that changes in points. */
  readonly changePercent?: number
  /** Of a rate, in percentage points. */
  readonly changePoints?: number
  /** `undefined`: neither is better (how many virtual users there were). */
  readonly direction?: 'better' | 'worse' | 'same'
}

export interface SummaryThreshold {
  readonly metric: string
  readonly expression: string
  /** Whether it held; absent for a side that does not have it. */
  readonly before?: boolean
  readonly after?: boolean
}

/** Two of k6's summaries side by side. */
export interface SummaryComparison {
  readonly before: { readonly name: string; readonly form: K6Summary['form'] }
  readonly after: { readonly name: string; readonly form: K6Summary['form'] }
  readonly changes: readonly SummaryChange[]
  readonly thresholds: readonly SummaryThreshold[]
  /** Why there is no verdict. */
  readonly note: string
}

export const summaryNote =
  'A k6 summary has no samples, only figures: whether a change is more than chance cannot be told from it. ' +
  'Runs of journeys loadtest can be tested.'

/** What people ask first; everything else follows by name. */
const order = [
  'http_req_duration',
  'http_req_failed',
  'http_reqs',
  'checks',
  'iterations',
  'dropped_iterations',
  'iteration_duration',
]
const moreIsBetter = new Set(['http_reqs', 'iterations', 'checks'])
const lessIsBetter = new Set(['http_req_failed', 'dropped_iterations'])
const statistics = ['avg', 'min', 'med', 'p(50)', 'p(90)', 'p(95)', 'p(99)', 'p(99.9)', 'max', 'count', 'rate', 'value']

/** Sets two summaries side by side, metric by metric. They may be of different forms. */
export function compareSummaries(
  before: { readonly name: string; readonly summary: K6Summary },
  after: { readonly name: string; readonly summary: K6Summary },
): SummaryComparison {
  const [was, is] = [before.summary, after.summary].map(
    ({ metrics }) => new Map(metrics.map((metric) => [metric.name, metric])),
  ) as [Map<string, SummaryMetric>, Map<string, SummaryMetric>]
  const names = [...new Set([...is.keys(), ...was.keys()])].sort(byInterest)
  return {
    before: { name: before.name, form: before.summary.form },
    after: { name: after.name, form: after.summary.form },
    changes: names.flatMap((name) => changesOf(name, was.get(name), is.get(name))),
    thresholds: names.flatMap((name) => thresholdsOf(name, was.get(name), is.get(name))),
    note: summaryNote,
  }
}

function changesOf(metric: string, was: SummaryMetric | undefined, is: SummaryMetric | undefined): SummaryChange[] {
  const { type, contains } = (is ?? was) as SummaryMetric
  const known = new Set([...Object.keys(is?.values ?? {}), ...Object.keys(was?.values ?? {})])
  const shown =
    type === 'rate'
      ? ['rate']
      : [...known].sort((a, b) => place(statistics, a) - place(statistics, b) || (a < b ? -1 : 1))
  return shown.map((statistic) => {
    const before = was?.values[statistic]
    const after = is?.values[statistic]
    const direction = directionOf(metric, type, before, after)
    return {
      metric,
      contains,
      statistic,
      ...(before !== undefined && { before }),
      ...(after !== undefined && { after }),
      ...(before !== undefined && after !== undefined
        ? type === 'rate'
          ? { changePoints: 100 * (after - before) }
          : before !== 0 && { changePercent: 100 * (after / before - 1) }
        : {}),
      ...(direction && { direction }),
    }
  })
}

function directionOf(
  metric: string,
  type: SummaryMetric['type'],
  before: number | undefined,
  after: number | undefined,
): SummaryChange['direction'] {
  const name = metric.replace(/\{.*$/, '')
  const less = type === 'trend' || lessIsBetter.has(name)
  if (before === undefined || after === undefined || !(less || moreIsBetter.has(name))) return undefined
  if (before === after) return 'same'
  return after < before === less ? 'better' : 'worse'
}

function thresholdsOf(
  metric: string,
  was: SummaryMetric | undefined,
  is: SummaryMetric | undefined,
): SummaryThreshold[] {
  const expressions = new Set([...Object.keys(is?.thresholds ?? {}), ...Object.keys(was?.thresholds ?? {})])
  return [...expressions].map((expression) => {
    const before = was?.thresholds[expression]
    const after = is?.thresholds[expression]
    return {
      metric,
      expression,
      ...(before !== undefined && { before }),
      ...(after !== undefined && { after }),
    }
  })
}

function byInterest(a: string, b: string): number {
  const [first, second] = [a, b].map((name) => place(order, name.replace(/\{.*$/, ''))) as [number, number]
  return first - second || (a < b ? -1 : 1)
}

function place(list: readonly string[], value: string): number {
  const found = list.indexOf(value)
  return found < 0 ? list.length : found
}
