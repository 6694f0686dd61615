import { build, type Histogram } from 'hdr-histogram-js'

/** Longer than any request may take; what is longer still counts as this. */
const longestUs = 120_000_000

/**
 * Durations in ms with three significant digits (an error of at most 0.1 %) in bounded memory: about 150 KB, however many
 * there are. Counts can be added across generators; percentiles never are.
 */
export class LatencyHistogram {
  readonly #histogram: Histogram = build({
    bitBucketSize: 32,
    lowestDiscernibleValue: 1,
    highestTrackableValue: longestUs,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false,
  })
  #sum = 0
  #min = Number.POSITIVE_INFINITY
  #max = 0

  get count(): number {
    return this.#histogram.totalCount
  }

  record(ms: number): void {
    const valid = Math.max(0, ms)
    this.#histogram.recordValue(Math.min(longestUs, Math.round(valid * 1000)))
    this.#sum += valid
    this.#min = Math.min(this.#min, valid)
    this.#max = Math.max(this.#max, valid)
  }

  /** @param percentile 0 to 100. @returns ms; `undefined` without samples */
  percentile(percentile: number): number | undefined {
    if (this.count === 0) return undefined
    if (percentile === 0) return this.#min
    return Math.min(this.#max, Math.max(this.#min, this.#histogram.getValueAtPercentile(percentile) / 1000))
  }

  /** Exact, not from the buckets. */
  get figures(): { avg: number; min: number; max: number } | undefined {
    return this.count === 0 ? undefined : { avg: this.#sum / this.count, min: this.#min, max: this.#max }
  }
}
