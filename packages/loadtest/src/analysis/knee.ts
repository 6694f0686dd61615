import { linearRegression, sum } from 'simple-statistics'
import type { Point } from './theil-sen.ts'

/** With fewer steps any curve has a bend. */
const leastPoints = 5
/** At the last point latency is at least this many times what it was on the flat: less of a climb is not worth a name. */
const leastRise = 1.5
const candidates = 200

/**
 * Where a latency curve begins to climb: two segments, flat up to the knee and then a straight climb, laid through the logarithm
 * of the latency (under load it grows by factors, and the last step must not outweigh the others) by least squares over every
 * place that the knee may have. It counts only when the bend explains the points better than one straight line does, by the
 * Bayesian information criterion, which charges for the bend's extra freedom.
 *
 * @param points rate and latency of every step, in ascending order of the rate
 * @returns the knee and the latency of the flat part; `undefined` when no bend stands out
 */
export function findKnee(points: readonly Point[]): Point | undefined {
  const usable = points.filter(({ y }) => y > 0)
  const [first] = usable
  const last = usable.at(-1)
  if (usable.length < leastPoints || !first || !last) return undefined
  const logs = usable.map(({ x, y }) => ({ x, y: Math.log(y) }))
  const straight = misfit(logs, (x) => x)
  // The climb has two points at least, else the last one alone would make a knee.
  const highest = (usable.at(-2) as Point).x
  let best: (Misfit & { knee: number }) | undefined
  for (let step = 0; step < candidates; step++) {
    const knee = first.x + ((highest - first.x) * step) / candidates
    const bent = misfit(logs, (x) => Math.max(0, x - knee))
    if (!best || bent.squares < best.squares) best = { ...bent, knee }
  }
  if (!best || best.slope * (last.x - best.knee) < Math.log(leastRise)) return undefined
  if (information(best, usable.length, 3) >= information(straight, usable.length, 2)) return undefined
  return { x: best.knee, y: Math.exp(best.intercept) }
}

interface Misfit {
  readonly slope: number
  readonly intercept: number
  /** What the line leaves over, squared and summed. */
  readonly squares: number
}

/** The line through `y` over `of(x)`. */
function misfit(points: readonly Point[], of: (x: number) => number): Misfit {
  const { m: slope, b: intercept } = linearRegression(points.map(({ x, y }) => [of(x), y]))
  return { slope, intercept, squares: sum(points.map(({ x, y }) => (y - intercept - slope * of(x)) ** 2)) }
}

/** BIC; latencies are not known better than to a percent, so a perfect fit is worth no more than that. */
function information({ squares }: Misfit, n: number, parameters: number): number {
  return n * Math.log(squares / n + 1e-4) + parameters * Math.log(n)
}
