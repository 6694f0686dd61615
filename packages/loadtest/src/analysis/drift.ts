import { median } from 'simple-statistics'
import type { TimelinePoint } from '../result.ts'
import type { Drift } from './analysis.ts'
import { type Point, theilSen } from './theil-sen.ts'

/** A minute of points of five seconds: a line through fewer is a guess. */
export const leastPoints = 12
const leastSecondsPerPoint = 5
/** More do not make the line better, and what is left of the dependence between neighbours grows. */
const mostPoints = 60

/**
 * A line through values over time, in points of equal width: the median of what falls into each.
 * @param values `second` since anything, in any order
 * @returns undefined when there are too few points
 */
export function driftOf(
  unit: Drift['unit'],
  values: readonly { readonly second: number; readonly value: number }[],
  span: { readonly from: number; readonly to: number },
): Drift | undefined {
  const length = span.to - span.from
  const secondsPerPoint = Math.max(leastSecondsPerPoint, Math.ceil(length / mostPoints))
  const points = grouped(values, span, secondsPerPoint)
  if (points.length < leastPoints) return undefined
  const { slope, low, high, intercept } = theilSen(points)
  const from = intercept
  // A line that begins at nothing has no percent; a hundredth of what is usual stands in for it.
  const base = Math.max(from, median(points.map(({ y }) => y)) / 100, Number.MIN_VALUE)
  const percent = (perSecond: number) => (100 * perSecond * length) / base
  return {
    unit,
    from,
    to: from + slope * length,
    perHour: slope * 3600,
    perHourLow: low * 3600,
    perHourHigh: high * 3600,
    percent: percent(slope),
    percentLow: percent(low),
    percentHigh: percent(high),
    certain: low > 0 || high < 0,
    points: points.length,
    secondsPerPoint,
  }
}

/** The p95 of every second, in the part of the run between the two seconds. */
export function p95Values(points: readonly TimelinePoint[]): { second: number; value: number }[] {
  return points.flatMap(({ second, p95 }) => (p95 === undefined ? [] : { second, value: p95 }))
}

/** x: seconds since the begin of the span, at the middle of each point. */
function grouped(
  values: readonly { readonly second: number; readonly value: number }[],
  { from, to }: { readonly from: number; readonly to: number },
  width: number,
): Point[] {
  const groups = new Map<number, number[]>()
  for (const { second, value } of values) {
    if (second < from || second >= to) continue
    const index = Math.floor((second - from) / width)
    groups.set(index, [...(groups.get(index) ?? []), value])
  }
  return [...groups].sort(([a], [b]) => a - b).map(([index, group]) => ({ x: (index + 0.5) * width, y: median(group) }))
}
