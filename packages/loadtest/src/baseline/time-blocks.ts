import type { MeasuredRun } from './measured-run.ts'

/**
 * Requests that follow one another are alike: a slow second slows all of them. Whole blocks of time are nearly
 * independent, so the noise within a run is taken from how its blocks differ.
 */
export interface TimeBlock {
  /** Blocks are compared within their phase: that `during` is slower than `before` is no noise. */
  readonly phase: string
  readonly fromMs: number
  readonly toMs: number
}

/** Enough blocks for a variance, and each still long against the seconds for which a server is slow. */
const wantedBlocks = 20
const shortestMs = 1_000

/**
 * The judged part of a run in blocks of equal length within each phase, in order of time.
 * @param phases that are to be looked at, by name
 */
export function timeBlocks(run: MeasuredRun, phases: ReadonlySet<string>): TimeBlock[] {
  const windows = run.phases.filter(({ name, judged, startMs, endMs }) => judged && phases.has(name) && endMs > startMs)
  const total = windows.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0)
  return windows.flatMap(({ name, startMs, endMs }) => {
    const length = endMs - startMs
    const count = Math.max(2, Math.min(Math.round((wantedBlocks * length) / total), Math.floor(length / shortestMs)))
    return Array.from({ length: count }, (_, index) => ({
      phase: name,
      fromMs: startMs + (length * index) / count,
      toMs: startMs + (length * (index + 1)) / count,
    }))
  })
}

/** Answers of the blocks, and where each belongs. */
export interface BlockedSamples {
  readonly ms: Float64Array
  /** Index of each one's block. */
  readonly block: Uint16Array
  /** The same durations, ascending. */
  readonly sorted: Float64Array
}

/**
 * Puts each answer into the block in which its request was sent, as the recorder does with phases: going by the answer, the
 * slowest of the last seconds would be missing. Leaves out what is in no block.
 * @param at when each answer was there, in ms since the load began
 */
export function blockedSamples(
  blocks: readonly TimeBlock[],
  samples: { readonly at: readonly number[]; readonly ms: readonly number[] },
): BlockedSamples {
  const ms = new Float64Array(samples.ms.length)
  const block = new Uint16Array(samples.ms.length)
  let count = 0
  // Plain loops: a simulation of the gate passes millions of answers through here.
  for (let place = 0; place < samples.at.length; place++) {
    const duration = samples.ms[place] as number
    const index = blockAt(blocks, (samples.at[place] as number) - duration)
    if (index < 0) continue
    ms[count] = duration
    block[count] = index
    count++
  }
  const inside = ms.subarray(0, count)
  return { ms: inside, block: block.subarray(0, count), sorted: inside.slice().sort() }
}

/** Binary search. @returns the block's index; -1 for a moment that is in none */
function blockAt(blocks: readonly TimeBlock[], moment: number): number {
  let low = 0
  let high = blocks.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((blocks[middle] as TimeBlock).toMs <= moment) low = middle + 1
    else high = middle
  }
  const found = blocks[low]
  return found && moment >= found.fromMs ? low : -1
}

/** A block is alike the next one and, less so, those after it: so many are looked at. */
const lags = 3

/**
 * The variance of a sum over blocks, from each block's distance to its mean. Slow stretches that are longer than a block
 * make neighbours alike, which widens it: Bartlett's weights, W. K. Newey and K. D. West, Econometrica 55, 1987.
 * @param parts one for each block, in order of time
 */
export function varianceOfSum(parts: Float64Array): number {
  let alone = 0
  for (const part of parts) alone += part * part
  let sum = alone
  for (let lag = 1; lag <= lags; lag++) {
    let products = 0
    for (let block = lag; block < parts.length; block++) products += (parts[block] ?? 0) * (parts[block - lag] ?? 0)
    sum += 2 * (1 - lag / (lags + 1)) * products
  }
  // Neighbours that differ more than chance would have it are luck.
  return Math.max(alone, sum)
}
