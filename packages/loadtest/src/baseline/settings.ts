/** `loadtest.baseline` of journeys.config.json. */
export interface BaselineSettings {
  /** Where baselines are kept, relative to the project. */
  readonly folder: string
  /** A percentile may be this much slower than the baseline's. */
  readonly maxSlowdownPercent: number
  /** A slowdown of less than this many ms never fails, however many per cent it is. */
  readonly floorMs: number
  /** A request with fewer answers on one side is shown, not judged. */
  readonly minSamples: number
  /** Of the one-sided test: 1 - confidence is the most false alarms of a whole comparison. */
  readonly confidence: number
  /** How much a percentile differs between two runs of the same thing anyway (standard deviation in per cent). */
  readonly runNoisePercent: number
}
