/** More than a run has between the fault and the first good answer after it. */
const mostKept = 10_000

export interface Outage {
  /** Requests that failed since the fault. */
  readonly failed: number
  /** In ms since the load began. */
  readonly firstFailureMs?: number
  /** The first good answer to a request that was sent after the first failure: one that was under way proves nothing. */
  readonly firstSuccessMs?: number
}

/** The moments around a fault to the millisecond, where the timeline knows only seconds. Memory is bounded. */
export class OutageLog {
  readonly #fromMs: number
  readonly #failures: number[] = []
  readonly #successes: { sentMs: number; answeredMs: number }[] = []
  #laterFailures = 0

  /** @param fromMs when the fault is planned, in ms since the load began: what was before is not kept */
  constructor(fromMs: number) {
    this.#fromMs = fromMs
  }

  /** @param elapsedMs when the request ended, since the load began; in any order, as engines hand over in batches */
  request(elapsedMs: number, failed: boolean, durationMs: number): void {
    if (elapsedMs < this.#fromMs) return
    if (!failed) {
      if (this.#successes.length < mostKept) {
        this.#successes.push({ sentMs: elapsedMs - durationMs, answeredMs: elapsedMs })
      } else if (this.#failures.length === 0) {
        // Nothing has failed yet, so the first success after the first failure is still to come.
        this.#successes.splice(0, mostKept / 2)
      }
    } else if (this.#failures.length < mostKept) this.#failures.push(elapsedMs)
    else this.#laterFailures++
  }

  /** @param faultMs when it was injected, in ms since the load began */
  since(faultMs: number): Outage {
    const failures = this.#failures.filter((at) => at >= faultMs)
    if (failures.length === 0) return { failed: 0 }
    const firstFailureMs = failures.reduce((least, at) => Math.min(least, at))
    const answered = this.#successes
      .filter(({ sentMs }) => sentMs >= firstFailureMs)
      .map(({ answeredMs }) => answeredMs)
    return {
      failed: failures.length + this.#laterFailures,
      firstFailureMs,
      ...(answered.length > 0 ? { firstSuccessMs: answered.reduce((least, at) => Math.min(least, at)) } : {}),
    }
  }
}
