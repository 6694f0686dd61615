import { performance } from 'node:perf_hooks'

/** The time of one load, and waits that all end when it is stopped: a thousand thinking users must not delay Ctrl-C. */
export class LoadClock {
  /** As `Date.now()`, when the load began. */
  readonly startedAt = Date.now()
  readonly #origin = performance.now()
  readonly #waiting = new Map<NodeJS.Timeout, () => void>()
  #stopped = false

  get stopped(): boolean {
    return this.#stopped
  }

  /** In ms since the load began. */
  elapsed(): number {
    return performance.now() - this.#origin
  }

  /** Resolves then, or when the clock is stopped. @param elapsedMs since the load began */
  async until(elapsedMs: number): Promise<void> {
    // A timer's clock is cut to whole milliseconds: it may ring before the time.
    for (;;) {
      const left = elapsedMs - this.elapsed()
      if (left <= 0 || this.#stopped) return
      await this.#wait(Math.max(1, left))
    }
  }

  stop(): void {
    this.#stopped = true
    for (const [timer, wake] of this.#waiting) {
      clearTimeout(timer)
      wake()
    }
    this.#waiting.clear()
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(timer)
        resolve()
      }, ms)
      this.#waiting.set(timer, resolve)
    })
  }
}
