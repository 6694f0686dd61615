import type { RunQuantile } from './run-quantile.ts'
import { chanceAbove, pointAbove } from './student-t.ts'
import { varianceOfSum } from './time-blocks.ts'

type Side = 'below' | 'above'

/** How one percentile changed between two sets of runs, on a logarithmic scale. */
export interface Change {
  /** Mean of the logarithms; their difference is `delta`: above 0 is slower. */
  readonly before: number
  readonly after: number
  readonly delta: number
  /** One-sided chance of such a difference, or a larger one, between runs of the same thing. */
  readonly slowerP: number
  readonly fasterP: number
  /** One-sided bounds of the true difference. */
  readonly low: number
  readonly high: number
}

/**
 * How much the noise that is expected weighs against the noise that a few repeats show, in runs. Three repeats show a
 * variance that is off by a factor of two as often as not; on its own it would cry wolf or sleep.
 */
const priorRuns = 20

/**
 * A moderated t test whose unit is the run. Expected variance of one run: what its time blocks say, plus how much runs of
 * the same thing differ anyway. Where repeats differ more than that, the variance of all is raised accordingly; it is
 * never lowered. G. K. Smyth, "Linear Models and Empirical Bayes Methods", Stat. Appl. Genet. Mol. Biol. 3, 2004 (the
 * moderated t statistic there).
 * @param runNoise standard deviation of a percentile between runs of the same thing, as a share of 1
 */
export function changeBetween(
  before: readonly RunQuantile[],
  after: readonly RunQuantile[],
  options: { readonly runNoise: number; readonly confidence: number },
): Change {
  const beforeMean = mean(before.map(({ log }) => log))
  const afterMean = mean(after.map(({ log }) => log))
  const delta = afterMean - beforeMean
  const between = Math.log1p(options.runNoise) ** 2
  const freedom = priorRuns + before.length + after.length - 2
  // "Not slower" is put to the test with the errors that point towards "no change": after may be lower, before higher.
  const errorOf = (beforeSide: Side, afterSide: Side) => {
    const beforeVariance = mean(before.map((run) => variance(run, beforeSide, between)))
    const afterVariance = mean(after.map((run) => variance(run, afterSide, between)))
    const seen = squares(before, beforeMean) / beforeVariance + squares(after, afterMean) / afterVariance
    const factor = Math.max(1, (priorRuns + seen) / freedom)
    return Math.sqrt(factor * (beforeVariance / before.length + afterVariance / after.length))
  }
  const towardsFaster = errorOf('above', 'below')
  const towardsSlower = errorOf('below', 'above')
  const point = pointAbove(1 - options.confidence, freedom)
  return {
    before: beforeMean,
    after: afterMean,
    delta,
    slowerP: chance(delta, towardsFaster, freedom),
    fasterP: chance(-delta, towardsSlower, freedom),
    low: delta - point * towardsFaster,
    high: delta + point * towardsSlower,
  }
}

/**
 * The mean of several requests' percentiles of one run, each with its weight. Seconds that are slow for one request are
 * slow for the others, so their errors are added block by block, not as if they were independent.
 * @param weights whose sum is 1
 */
export function combined(quantiles: readonly RunQuantile[], weights: readonly number[]): RunQuantile {
  const blocks = new Float64Array(quantiles[0]?.blocks.length ?? 0)
  let log = 0
  let samples = 0
  const errors = { below: 0, above: 0, belowShifted: 0, aboveShifted: 0 }
  for (const side of ['below', 'above'] as const) {
    const sums = new Float64Array(blocks.length)
    let independent = 0
    for (const [index, quantile] of quantiles.entries()) {
      const error = (weights[index] ?? 0) * quantile[side]
      independent += error * error
      for (const [block, part] of quantile.blocks.entries()) sums[block] = (sums[block] ?? 0) + error * part
      // A warmer cache is warmer for all: these errors add up.
      errors[`${side}Shifted`] += (weights[index] ?? 0) * quantile[`${side}Shifted`]
    }
    errors[side] = Math.sqrt(Math.max(independent, varianceOfSum(sums)))
  }
  for (const [index, quantile] of quantiles.entries()) {
    log += (weights[index] ?? 0) * quantile.log
    samples += quantile.samples
  }
  return { log, ...errors, blocks, samples }
}

/** Of one run: chance within it, and what runs differ by, as a whole or in their shares of slow answers. */
function variance(run: RunQuantile, side: Side, between: number): number {
  return Math.max(run[side] ** 2 + between, run[`${side}Shifted`] ** 2)
}

function chance(delta: number, error: number, freedom: number): number {
  if (error > 0) return chanceAbove(delta / error, freedom)
  return delta > 0 ? 0 : 1
}

function squares(runs: readonly RunQuantile[], middle: number): number {
  return runs.reduce((sum, { log }) => sum + (log - middle) ** 2, 0)
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
