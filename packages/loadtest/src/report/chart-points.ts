import type { LoadTestResult, TimelinePoint } from '../result.ts'

/** A point of the charts: one second, or several of a long run. Its rates are per second. */
export interface ChartPoint extends TimelinePoint {
  /** How many seconds it stands for. */
  readonly width: number
}

/** A run of hours would make a page of megabytes, and a screen has no more columns than this. */
const mostPoints = 600

/**
 * The run in at most `most` points. Percentiles of several seconds are the highest of them: they cannot be averaged.
 * A point has the phase of its first second.
 */
export function chartPoints({ timeline }: LoadTestResult, most = mostPoints): ChartPoint[] {
  const width = Math.max(1, Math.ceil(timeline.length / most))
  const points: ChartPoint[] = []
  for (let from = 0; from < timeline.length; from += width) {
    const group = timeline.slice(from, from + width)
    const first = group[0]
    if (first) points.push(merged(first, group))
  }
  return points
}

function merged(first: TimelinePoint, group: readonly TimelinePoint[]): ChartPoint {
  const mean = (value: (point: TimelinePoint) => number) =>
    group.reduce((sum, point) => sum + value(point), 0) / group.length
  const highest = (name: 'p50' | 'p95' | 'p99') => {
    const values = group.flatMap((point) => point[name] ?? [])
    return values.length === 0 ? {} : { [name]: Math.max(...values) }
  }
  return {
    second: first.second,
    phase: first.phase,
    width: group.length,
    users: Math.max(...group.map(({ users }) => users)),
    requests: mean(({ requests }) => requests),
    errors: mean(({ errors }) => errors),
    dropped: mean(({ dropped }) => dropped),
    ...highest('p50'),
    ...highest('p95'),
    ...highest('p99'),
  }
}
