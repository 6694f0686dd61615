import { type Html, html } from '@journeys/core/ops'
import { clockTime } from '../profiles/duration.ts'
import type { LoadTestResult } from '../result.ts'
import { milliseconds } from '../verdict/figure-text.ts'
import { type Mark, type Series, timeChart } from './chart.ts'
import { type ChartPoint, chartPoints } from './chart-points.ts'
import { distributionChart } from './distribution-chart.ts'
import { axisNumber, axisTime, count, rate } from './number-text.ts'
import { phaseStrip } from './phase-bands.ts'
import { asTable, section, table } from './table.ts'

/** The run from its first to its last second. */
export function timePart(result: LoadTestResult): Html {
  if (result.timeline.length === 0) {
    return section('time', 'Over time', html`<p>Nothing was measured: the run ended before its first request.</p>`)
  }
  const points = chartPoints(result)
  const width = points[0]?.width ?? 1
  return section(
    'time',
    'Over time',
    html`<p class="aside">Grey parts are shown, but not judged.${width > 1 && ` Each point is ${width} seconds; of their percentiles the highest.`} <span class="with-script">Point at a chart, or focus it and use ← and →.</span></p>`,
    html`<div class="stripe">${phaseStrip(result)}</div>`,
    charts(result, points),
    html`<output class="readout" aria-live="polite"></output>`,
    asTable(timelineTable(result)),
    distributionChart(result),
  )
}

function charts(result: LoadTestResult, points: readonly ChartPoint[]): Html[] {
  const judgedPhases = new Set(result.phases.filter(({ judged }) => judged).map(({ name }) => name))
  const judged = points.filter(({ phase }) => judgedPhases.has(phase))
  const range = (value: (point: ChartPoint) => number | undefined, format: (value: number) => string) => {
    const values = judged.flatMap((point) => value(point) ?? [])
    return values.length === 0
      ? 'Nothing was measured in the judged part.'
      : `Between ${format(Math.min(...values))} and ${format(Math.max(...values))} in the judged part.`
  }
  const series = (name: string, look: Series['look'], value: (point: ChartPoint) => number | undefined): Series => ({
    name,
    look,
    dots: points.map((point) => ({ second: point.second + point.width / 2, value: value(point) })),
  })
  const marks = momentsOf(result)
  const dropped = points.some((point) => point.dropped > 0)
  return [
    timeChart(result, {
      id: 'latency',
      title: 'Response time',
      description: `95th percentile: ${range(({ p95 }) => p95, milliseconds)}`,
      series: [
        series('p99', 'c', ({ p99 }) => p99),
        series('p95', 'b', ({ p95 }) => p95),
        series('p50', 'a', ({ p50 }) => p50),
      ],
      format: axisTime,
      latency: true,
      limit: p95Limit(result),
      marks,
    }),
    timeChart(result, {
      id: 'throughput',
      title: 'Requests per second',
      description: range(({ requests }) => requests, rate),
      series: [series('requests', 'a', ({ requests }) => requests)],
      format: axisNumber,
      filled: true,
      marks,
    }),
    timeChart(result, {
      id: 'errors',
      title: dropped ? 'Failed requests and dropped iterations per second' : 'Failed requests per second',
      description: range(({ errors }) => errors, rate),
      series: [
        series('failed', 'bad', ({ errors }) => errors),
        ...(dropped ? [series('dropped', 'c', (point) => point.dropped)] : []),
      ],
      format: axisNumber,
      filled: true,
      low: points.every((point) => point.errors === 0 && point.dropped === 0),
      marks,
    }),
    timeChart(result, {
      id: 'users',
      title: result.plan.model === 'closed' ? 'Users at once' : 'Busy users at once',
      description: range(({ users }) => users, count),
      series: [series('users', 'd', ({ users }) => users)],
      format: axisNumber,
      filled: true,
      low: true,
    }),
  ]
}

/** What happened to the server during the run. */
export function momentsOf({ analysis }: LoadTestResult): Mark[] {
  if (analysis?.kind !== 'recovery') return []
  const fault = analysis.faultMs / 1000
  const back = analysis.secondsToSlo
  return [
    { second: fault, label: 'fault', look: 'bad' },
    ...(back === undefined ? [] : [{ second: fault + back, label: 'recovered', look: 'good' as const }]),
  ]
}

/** The p95 that all scenarios together are held to, if there is one. */
export function p95Limit({ thresholds }: LoadTestResult): { value: number; label: string } | undefined {
  for (const { metric, scenario, level, key, expression } of thresholds) {
    if (metric !== 'http_req_duration' || scenario !== undefined || level !== 'limit' || key.includes('{')) continue
    const value = Number(/^p\(95\)\s*<=?\s*([\d.]+)$/.exec(expression)?.[1])
    if (value > 0) return { value, label: `p95 limit ${axisTime(value)}` }
  }
  return undefined
}

/** A table of more rows is no longer read. */
const mostRows = 120

/** The charts as a table. */
function timelineTable(result: LoadTestResult): Html {
  const points = chartPoints(result, mostRows)
  const width = points[0]?.width ?? 1
  const dropped = points.some((point) => point.dropped > 0)
  return table(
    width === 1 ? 'Second by second' : `Every ${width} seconds, the highest percentile of each`,
    ['time', 'phase', 'users', 'requests/s', 'failed/s', ...(dropped ? ['dropped/s'] : []), 'p50', 'p95', 'p99'],
    points.map((point) => [
      clockTime(point.second * 1000),
      point.phase,
      count(point.users),
      axisNumber(point.requests),
      axisNumber(point.errors),
      ...(dropped ? [axisNumber(point.dropped)] : []),
      milliseconds(point.p50),
      milliseconds(point.p95),
      milliseconds(point.p99),
    ]),
    2,
  )
}
