import { LatencyHistogram } from '../recorder/latency-histogram.ts'
import type { Recorder } from '../recorder/recorder.ts'

/** A clock that counts whole milliseconds, and a timer of one, are late by this without anybody being late. */
export const clockGrainMs = 2

/** Open model: how late iterations are begun against the plan. */
export class StartLag {
  readonly #recorder: Recorder
  readonly #lags = new LatencyHistogram()

  constructor(recorder: Recorder) {
    this.#recorder = recorder
  }

  /** @returns what is to be added to the time of the iteration's first answer: nothing for what is only the clock's grain */
  begun(lateMs: number, phase: string): number {
    const lag = Math.max(0, lateMs)
    this.#lags.record(lag)
    this.#recorder.addStartLag(lag, phase)
    return lag > clockGrainMs ? lag : 0
  }

  /** 99th percentile in ms; undefined before the first. */
  p99(): number | undefined {
    return this.#lags.percentile(99)
  }
}
