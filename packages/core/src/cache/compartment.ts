import { LRUCache } from 'lru-cache'
import { JourneysError } from '../errors.ts'
import type { Clock } from './clock.ts'

export interface ReadOptions {
  /**
   * The tables that the query reads. A write through this library to one of them drops the answer.
   *
   * @defaultValue unknown: every write drops it
   */
  tables?: readonly string[] | undefined
  /**
   * Ask the server even when there is an answer.
   *
   * @defaultValue false
   */
  fresh?: boolean | undefined
}

/** One query's answer, there or under way. */
interface Entry {
  promise: Promise<unknown>
  settled: boolean
  readonly startedAt: number
  readonly tables: readonly string[] | undefined
  refreshAt: number
}

export interface CompartmentOptions {
  ttlMs: number
  maxEntries: number
  refreshAfterMs: number
  staleIfErrorMs: number
  onRefreshError: ((error: unknown) => void) | undefined
  clock: Clock | undefined
}

/**
 * One user's answers; see `QueryCacheOptions` for what its figures mean.
 *
 * What is kept is the promise, put in when the query begins: that makes one flight of simultaneous calls, and a query that was
 * dropped while it ran (a write, a sign-out) has no way back in.
 */
export class Compartment {
  readonly #entries: LRUCache<string, Entry>
  readonly #clock: Clock
  readonly #options: CompartmentOptions
  #open = true

  constructor(options: CompartmentOptions) {
    this.#options = options
    // The wall clock goes on while a laptop sleeps, `performance.now()` need not.
    const clock = options.clock ?? Date
    // lru-cache takes a start of 0 for "never expires"; one millisecond more keeps a clock that starts at 0 honest.
    this.#clock = { now: () => clock.now() + 1 }
    this.#entries = new LRUCache({
      max: options.maxEntries,
      ttl: options.ttlMs + options.staleIfErrorMs,
      // Real time may be read once per millisecond, which halves the cost of a hit; a clock that is set is read each time.
      ttlResolution: options.clock === undefined ? 1 : 0,
      perf: this.#clock,
    })
  }

  /** False once everything in it was dropped: whoever held on to it asks the cache for the user's new one. */
  get open(): boolean {
    return this.#open
  }

  /** Whether `refreshWhenDue` ever has anything to do. */
  get renews(): boolean {
    return this.#options.refreshAfterMs > 0
  }

  /** How many answers are kept or under way. */
  get size(): number {
    return this.#entries.size
  }

  /** The answer if it is here and fresh, as the promise that brought it; undefined when it is not, or is under way. */
  hit(key: string): Promise<unknown> | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined || !entry.settled) return undefined
    if (this.#options.staleIfErrorMs > 0 && !this.#isFresh(entry)) return undefined
    return entry.promise
  }

  /**
   * The answer, from here or from `load`; simultaneous calls share one `load`. A load that fails is not kept.
   *
   * @throws whatever `load` throws, unless an older answer may stand in (`staleIfErrorMs`).
   */
  read(key: string, load: () => Promise<unknown>, options: ReadOptions = {}): Promise<unknown> {
    const found = this.#entries.get(key)
    if (found !== undefined && options.fresh !== true && (!found.settled || this.#isFresh(found))) return found.promise
    return this.#begin(key, load, options, found?.settled === true ? found : undefined)
  }

  /** Renews an answer that is old enough (`refreshAfterMs`) in the background. Never throws, never takes the old answer away. */
  refreshWhenDue(key: string, load: () => Promise<unknown>): void {
    const entry = this.#entries.peek(key)
    const startedAt = this.#clock.now()
    if (entry === undefined || !entry.settled || startedAt < entry.refreshAt) return
    entry.refreshAt = Number.POSITIVE_INFINITY
    const stillThere = () => this.#entries.peek(key) === entry
    load().then(
      (value) => {
        if (stillThere()) this.#entries.set(key, this.#kept(Promise.resolve(value), startedAt, entry.tables, true))
      },
      (error: unknown) => {
        entry.refreshAt = this.#clock.now() + this.#options.refreshAfterMs
        this.#options.onRefreshError?.(error)
      },
    )
  }

  /** Drops the answers that were, or may have been, read from these tables; also those still under way. */
  invalidate(tables: readonly string[]): void {
    for (const [key, entry] of [...this.#entries.entries()]) {
      if (entry.tables === undefined || entry.tables.some((table) => tables.includes(table))) this.#entries.delete(key)
    }
  }

  /** Drops everything, also what is still under way, for good. */
  close(): void {
    this.#open = false
    this.#entries.clear()
  }

  #begin(key: string, load: () => Promise<unknown>, options: ReadOptions, former: Entry | undefined): Promise<unknown> {
    const startedAt = this.#clock.now()
    const loading = load().then(
      (value) => {
        entry.settled = true
        return value
      },
      (error: unknown) => {
        // Dropped while it ran: there was a write or a sign-out, and an older answer may not stand in for it.
        if (this.#entries.peek(key) !== entry) throw error
        this.#entries.delete(key)
        if (former === undefined || !this.#mayStandIn(former)) throw error
        this.#entries.set(key, former, { start: former.startedAt })
        if (options.fresh === true || !isOutage(error)) throw error
        return former.promise
      },
    )
    const entry = this.#kept(loading, startedAt, options.tables, false)
    this.#entries.set(key, entry)
    return loading
  }

  #kept(promise: Promise<unknown>, startedAt: number, tables: readonly string[] | undefined, settled: boolean): Entry {
    const refreshAt =
      this.#options.refreshAfterMs === 0 ? Number.POSITIVE_INFINITY : startedAt + this.#options.refreshAfterMs
    return { promise, settled, startedAt, tables, refreshAt }
  }

  #isFresh(entry: Entry): boolean {
    return this.#clock.now() - entry.startedAt <= this.#options.ttlMs
  }

  #mayStandIn(entry: Entry): boolean {
    return this.#clock.now() - entry.startedAt <= this.#options.ttlMs + this.#options.staleIfErrorMs
  }
}

/** The server could not be reached, which says nothing about the rows. Anything else may be about this user's rights. */
function isOutage(error: unknown): boolean {
  return error instanceof JourneysError ? error.code === 'unreachable' : error instanceof TypeError
}
