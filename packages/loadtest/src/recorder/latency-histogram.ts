import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js'

/** Longer than any request may take; what is longer still counts as this. */
const longestUs = 120_000_000

const settings = {
  bitBucketSize: 32,
  lowestDiscernibleValue: 1,
  highestTrackableValue: longestUs,
  numberOfSignificantValueDigits: 3,
  useWebAssembly: false,
} as const

/**
 * Durations in ms with three significant digits (an error of at most 0.1 %) in bounded memory: about 150 KB, however many
 * there are, and nothing before the first. Counts can be added across generators; percentiles never are.
 */
export class LatencyHistogram {
  #histogram: Histogram | undefined
  #sum = 0
  #min = Number.POSITIVE_INFINITY
  #max = 0

  get count(): number {
    return this.#histogram?.totalCount ?? 0
  }

  record(ms: number): void {
    const valid = Math.max(0, ms)
    this.#histogram ??= build(settings)
    this.#histogram.recordValue(Math.min(longestUs, Math.round(valid * 1000)))
    this.#sum += valid
    this.#min = Math.min(this.#min, valid)
    this.#max = Math.max(this.#max, valid)
  }

  /** @param percentile 0 to 100. @returns ms; `undefined` without samples */
  percentile(percentile: number): number | undefined {
    const histogram = this.#histogram
    if (!histogram) return undefined
    if (percentile === 0) return this.#min
    return Math.min(this.#max, Math.max(this.#min, histogram.getValueAtPercentile(percentile) / 1000))
  }

  /** Exact, not from the buckets; of a decoded histogram as exact as its buckets. */
  get figures(): { avg: number; min: number; max: number } | undefined {
    return this.count === 0 ? undefined : { avg: this.#sum / this.count, min: this.#min, max: this.#max }
  }

  /** Adds the other one's counts, bucket by bucket. */
  add(other: LatencyHistogram): void {
    if (!other.#histogram) return
    this.#histogram ??= build(settings)
    this.#histogram.add(other.#histogram)
    this.#sum += other.#sum
    this.#min = Math.min(this.#min, other.#min)
    this.#max = Math.max(this.#max, other.#max)
  }

  /** HdrHistogram V2, compressed, base64, values in microseconds: readable by HdrHistogram in other languages. */
  encode(): string {
    return encodeIntoCompressedBase64(this.#histogram ?? build(settings))
  }

  /** @throws RangeError when the text is not an encoded histogram */
  static decode(text: string): LatencyHistogram {
    const decoded = new LatencyHistogram()
    let histogram: Histogram
    try {
      histogram = decodeFromCompressedBase64(text, 32, false)
    } catch (error) {
      throw new RangeError('not an encoded histogram', { cause: error })
    }
    if (histogram.totalCount === 0) return decoded
    decoded.#histogram = histogram
    decoded.#sum = (histogram.mean * histogram.totalCount) / 1000
    decoded.#min = histogram.minNonZeroValue / 1000
    decoded.#max = histogram.maxValue / 1000
    return decoded
  }
}
