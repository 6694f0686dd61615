import type { TimelinePoint } from '../result.ts'

interface OpenSecond {
  requests: number
  errors: number
  dropped: number
  users: number | undefined
  durations: number[]
}

/** k6 hands its samples over in batches: a second is closed once this many newer ones have begun. */
const secondsKeptOpen = 6

/** The run second by second. Only the newest seconds keep their samples, so memory does not grow with the load. */
export class Timeline {
  readonly #open = new Map<number, OpenSecond>()
  readonly #closed = new Map<number, TimelinePoint>()
  readonly #phaseOf: (second: number) => string
  #newest = 0

  /** @param phaseOf the phase in which a second begins */
  constructor(phaseOf: (second: number) => string) {
    this.#phaseOf = phaseOf
  }

  /** @param elapsedMs when the request ended, since the load began */
  request(elapsedMs: number, failed: boolean, durationMs: number): void {
    const second = this.#at(elapsedMs)
    if (!second) return
    second.requests++
    if (failed) second.errors++
    second.durations.push(durationMs)
  }

  dropped(elapsedMs: number, count: number): void {
    const second = this.#at(elapsedMs)
    if (second) second.dropped += count
  }

  users(elapsedMs: number, users: number): void {
    const second = this.#at(elapsedMs)
    if (second) second.users = Math.max(second.users ?? 0, users)
  }

  /** Of the last whole seconds: what live progress shows. */
  recent(): { rate: number; p95: number | undefined } {
    const seconds = [...this.#open].filter(([second]) => second < this.#newest && second >= this.#newest - 3)
    const durations = seconds.flatMap(([, open]) => open.durations).sort((a, b) => a - b)
    const requests = seconds.reduce((sum, [, open]) => sum + open.requests, 0)
    return { rate: seconds.length > 0 ? requests / seconds.length : 0, p95: quantile(durations, 95) }
  }

  /** Every second from the first to the last, gaps included. */
  points(): TimelinePoint[] {
    for (const second of [...this.#open.keys()]) this.#close(second)
    const points: TimelinePoint[] = []
    let users = 0
    const last = Math.max(-1, ...this.#closed.keys())
    for (let second = 0; second <= last; second++) {
      const point = this.#closed.get(second) ?? this.#point(second, undefined)
      users = point.users < 0 ? users : point.users
      points.push({ ...point, users })
    }
    return points
  }

  #at(elapsedMs: number): OpenSecond | undefined {
    const second = Math.max(0, Math.floor(elapsedMs / 1000))
    if (second > this.#newest) {
      this.#newest = second
      for (const old of [...this.#open.keys()]) if (old < second - secondsKeptOpen) this.#close(old)
    }
    if (this.#closed.has(second)) return undefined
    let open = this.#open.get(second)
    if (!open) {
      open = { requests: 0, errors: 0, dropped: 0, users: undefined, durations: [] }
      this.#open.set(second, open)
    }
    return open
  }

  #close(second: number): void {
    this.#closed.set(second, this.#point(second, this.#open.get(second)))
    this.#open.delete(second)
  }

  #point(second: number, open: OpenSecond | undefined): TimelinePoint {
    const durations = (open?.durations ?? []).sort((a, b) => a - b)
    const at = (percentile: number) => quantile(durations, percentile) as number
    return {
      second,
      phase: this.#phaseOf(second),
      // -1: not reported in this second; `points` carries the last known number on.
      users: open?.users ?? -1,
      requests: open?.requests ?? 0,
      errors: open?.errors ?? 0,
      dropped: open?.dropped ?? 0,
      ...(durations.length > 0 ? { p50: at(50), p95: at(95), p99: at(99) } : {}),
    }
  }
}

function quantile(sorted: readonly number[], percentile: number): number | undefined {
  return sorted[Math.max(0, Math.ceil((percentile / 100) * sorted.length) - 1)]
}
