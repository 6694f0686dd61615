import { quantileSorted } from 'simple-statistics'
import { type BlockedSamples, type TimeBlock, varianceOfSum } from './time-blocks.ts'

/** A percentile of one run, on a logarithmic scale, with how far chance within the run may have moved it. */
export interface RunQuantile {
  /** Natural logarithm of the duration in ms. */
  readonly log: number
  /** Standard error if the true value is lower, and if it is higher: they differ where the distribution has a gap. */
  readonly below: number
  readonly above: number
  /** The same with what runs of the same thing differ by in the shares of fast and slow answers. */
  readonly belowShifted: number
  readonly aboveShifted: number
  /** What each block adds to the error, as a share of it. */
  readonly blocks: Float64Array
  readonly samples: number
}

/** Faster than any answer over a network; keeps the logarithm finite. */
const shortestMs = 0.01
/** How many standard errors away the distribution is read: far enough to see a gap that chance can reach. */
const reach = 2
/**
 * Two runs of the same thing differ in how many answers are fast and how many slow (a cache that is warmer, a batch that
 * falls into one run only), in standard deviations of the odds: 4 %.
 */
const oddsNoise = 0.04

/**
 * Woodruff's interval for a percentile of clustered observations: the error of the share of answers below it comes from
 * the time blocks, and is carried over to durations by reading the distribution that much lower and higher. No
 * distribution is assumed; where the percentile is at the edge of a second mode, the interval reaches over the gap.
 * R. S. Woodruff, "Confidence Intervals for Medians and Other Position Measures", JASA 47, 1952.
 * @param share 0.5 for the median
 */
export function runQuantile(share: number, samples: BlockedSamples, blocks: readonly TimeBlock[]): RunQuantile {
  const { ms, block, sorted } = samples
  const value = quantileOf(sorted, share)
  const residuals = new Float64Array(blocks.length)
  for (let place = 0; place < ms.length; place++) {
    const index = block[place] as number
    residuals[index] = (residuals[index] as number) + ((ms[place] as number) <= value ? 1 - share : -share)
  }
  const error = spread(residuals, blocks)
  const found = Math.sqrt(varianceOfSum(error)) / sorted.length
  // A few blocks can by luck be more alike than independent answers would be; nothing is steadier than that.
  const least = Math.sqrt((share * (1 - share)) / sorted.length)
  const standardError = Math.max(found, least)
  const shifted = Math.hypot(standardError, oddsNoise * share * (1 - share))
  const log = Math.log(Math.max(shortestMs, value))
  const read = (at: number) => Math.log(Math.max(shortestMs, quantileOf(sorted, Math.min(1, Math.max(0, at)))))
  const below = (error: number) => (log - read(share - reach * error)) / reach
  const above = (error: number) => (read(share + reach * error) - log) / reach
  return {
    log,
    below: below(standardError),
    above: above(standardError),
    belowShifted: below(shifted),
    aboveShifted: above(shifted),
    blocks: error.map((one) => one / (standardError * sorted.length)),
    samples: sorted.length,
  }
}

/** Each block's distance from the mean of its phase's blocks, widened for the degree of freedom that the mean costs. */
function spread(residuals: Float64Array, blocks: readonly TimeBlock[]): Float64Array {
  const phases = new Map<string, { sum: number; count: number }>()
  for (const [index, { phase }] of blocks.entries()) {
    const known = phases.get(phase) ?? { sum: 0, count: 0 }
    phases.set(phase, { sum: known.sum + (residuals[index] ?? 0), count: known.count + 1 })
  }
  return residuals.map((residual, index) => {
    const { sum, count } = phases.get(blocks[index]?.phase ?? '') ?? { sum: 0, count: 2 }
    return (residual - sum / count) * Math.sqrt(count / (count - 1))
  })
}

function quantileOf(sorted: Float64Array, share: number): number {
  return quantileSorted(sorted as unknown as number[], share)
}
