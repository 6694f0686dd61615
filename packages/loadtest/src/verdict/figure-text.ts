import type { ThresholdMetric } from '@journeys/core/ops'

/** A measured figure of a metric, for people: `14 ms`, `0.4 %`, `612/s`. */
export function figureText(metric: ThresholdMetric, expression: string, value: number | undefined): string {
  if (value === undefined) return 'nothing measured'
  if (metric === 'http_req_duration') return milliseconds(value)
  if (metric === 'http_req_failed' || metric === 'checks') return `${rounded(value * 100)} %`
  return expression.trim().startsWith('rate') ? `${rounded(value)}/s` : rounded(value)
}

/** `0.42 ms`, `14 ms`, `1.20 s`. */
export function milliseconds(ms: number | undefined): string {
  if (ms === undefined) return '–'
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`
  return `${ms >= 10 ? ms.toFixed(0) : ms.toFixed(ms >= 1 ? 1 : 2)} ms`
}

function rounded(value: number): string {
  return String(Number(value.toPrecision(3)))
}
