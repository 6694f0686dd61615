import { medianSorted, sampleRankCorrelation } from 'simple-statistics'

export interface Point {
  readonly x: number
  readonly y: number
}

/** A straight line, and the 95 % confidence interval of its slope. */
export interface Line {
  readonly slope: number
  readonly low: number
  readonly high: number
  readonly intercept: number
}

/** Two-sided 95 % of the normal distribution. */
const z = 1.959_964

/**
 * The median of the slopes between all pairs of points (Theil 1950): up to 29 % of the points may be anything, and it stays.
 * The interval is Sen's (1968, JASA 63), from the variance of Kendall's S. That assumes independent points, and seconds of a
 * load test are not: a slow one is followed by slow ones. So the variance is widened as Hamed and Rao do (1998, Journal of
 * Hydrology 204), by the autocorrelation of the ranks of what the line leaves over.
 *
 * @param points at least 3, at different `x`, evenly spaced and in order
 */
export function theilSen(points: readonly Point[]): Line {
  const slopes: number[] = []
  for (const [index, a] of points.entries()) {
    for (const b of points.slice(index + 1)) slopes.push((b.y - a.y) / (b.x - a.x))
  }
  slopes.sort((a, b) => a - b)
  const slope = medianSorted(slopes)
  const rests = points.map(({ x, y }) => y - slope * x)
  const intercept = medianSorted([...rests].sort((a, b) => a - b))
  const n = points.length
  const spread = z * Math.sqrt(((n * (n - 1) * (2 * n + 5)) / 18) * inflation(rests))
  const at = (rank: number) => slopes[Math.min(slopes.length - 1, Math.max(0, rank))] as number
  return {
    slope,
    low: at(Math.floor((slopes.length - spread) / 2) - 1),
    high: at(Math.ceil((slopes.length + spread) / 2)),
    intercept,
  }
}

/** How much larger the variance is than that of independent points: lags are taken until the first that could be chance. */
function inflation(rests: readonly number[]): number {
  const n = rests.length
  let sum = 0
  for (let lag = 1; lag <= n - 4; lag++) {
    const correlation = rankCorrelation(rests.slice(0, n - lag), rests.slice(lag))
    if (!(correlation > z / Math.sqrt(n))) break
    sum += (n - lag) * (n - lag - 1) * (n - lag - 2) * correlation
  }
  return 1 + (2 * sum) / (n * (n - 1) * (n - 2))
}

/** NaN when all are equal. */
function rankCorrelation(a: number[], b: number[]): number {
  return sampleRankCorrelation(a, b)
}
