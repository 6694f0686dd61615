/** One line of the bench: a ratio of two things measured in the same run, so that the machine's speed cancels out. */
export interface Measurement {
  name: string
  /** What was divided by what, with the figures: `1500 req/s / 1900 req/s`. */
  detail: string
  ratio: number
  /** The target, when there is one. */
  goal?: { atLeast: number } | { atMost: number }
}

/** A bench that could not run here, and why: never counted as met. */
export interface Skipped {
  name: string
  skipped: string
}

export type Result = Measurement | Skipped

export function isMet({ ratio, goal }: Measurement): boolean {
  if (goal === undefined) return true
  return 'atLeast' in goal ? ratio >= goal.atLeast : ratio <= goal.atMost
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted[Math.floor(sorted.length / 2)]
  if (middle === undefined) throw new RangeError('median of nothing')
  return middle
}

/**
 * Runs the variants turn by turn rather than one after the other, so that a machine that slows down meanwhile slows all of them.
 * @returns the median of each variant's rounds, in the unit that the variant returns
 */
export async function interleaved<Name extends string>(
  rounds: number,
  variants: Record<Name, () => Promise<number>>,
): Promise<Record<Name, number>> {
  const names = Object.keys(variants) as Name[]
  const samples = new Map<Name, number[]>(names.map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const name of names) samples.get(name)?.push(await variants[name]())
  }
  return Object.fromEntries(names.map((name) => [name, median(samples.get(name) ?? [])])) as Record<Name, number>
}

/** @returns milliseconds that `work` took */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}
