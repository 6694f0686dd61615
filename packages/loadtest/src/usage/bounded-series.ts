/** Points of a chart: figures over a width of time, `second` being its begin. */
export type SeriesPoint<Key extends string> = { readonly second: number } & Readonly<Record<Key, number>>

interface Bucket {
  count: number
  sums: number[]
}

/**
 * Means over time in bounded memory: when there are too many points, two neighbours become one. A week is as small as a minute,
 * and a straight line through the points stays the same line.
 */
export class BoundedSeries<Key extends string> {
  readonly #keys: readonly Key[]
  readonly #most: number
  #widthSeconds = 1
  /** By position in time; a hole is a time without a look. */
  #buckets: (Bucket | undefined)[] = []

  /** @param most points at most; even */
  constructor(keys: readonly Key[], most = 600) {
    this.#keys = keys
    this.#most = most
  }

  add(second: number, values: Readonly<Record<Key, number>>): void {
    while (second >= this.#widthSeconds * this.#most) this.#halve()
    const position = Math.max(0, Math.floor(second / this.#widthSeconds))
    let bucket = this.#buckets[position]
    if (bucket === undefined) {
      bucket = { count: 0, sums: this.#keys.map(() => 0) }
      this.#buckets[position] = bucket
    }
    bucket.count++
    for (const [index, key] of this.#keys.entries()) bucket.sums[index] = (bucket.sums[index] ?? 0) + values[key]
  }

  points(): SeriesPoint<Key>[] {
    const points: SeriesPoint<Key>[] = []
    for (const [position, bucket] of this.#buckets.entries()) {
      if (bucket === undefined) continue
      const figures = this.#keys.map((key, index) => [key, round((bucket.sums[index] ?? 0) / bucket.count)])
      points.push({ second: position * this.#widthSeconds, ...Object.fromEntries(figures) } as SeriesPoint<Key>)
    }
    return points
  }

  #halve(): void {
    const merged: (Bucket | undefined)[] = []
    for (const [position, bucket] of this.#buckets.entries()) {
      if (bucket === undefined) continue
      const target = Math.floor(position / 2)
      const before = merged[target]
      merged[target] =
        before === undefined
          ? bucket
          : {
              count: before.count + bucket.count,
              sums: before.sums.map((sum, index) => sum + (bucket.sums[index] ?? 0)),
            }
    }
    this.#buckets = merged
    this.#widthSeconds *= 2
  }
}

/** More digits than that say nothing, and fill the files. */
function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
