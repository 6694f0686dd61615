import { LRUCache } from 'lru-cache'
import { JourneysError } from '../errors.ts'
import type { Clock } from './clock.ts'
import { Compartment, type CompartmentOptions } from './compartment.ts'

export interface QueryCacheOptions {
  /**
   * How long an answer is served, in milliseconds from when its query began (so an answer is never older than this).
   *
   * @defaultValue 300000, five minutes
   */
  ttlMs?: number | undefined
  /**
   * Most answers kept per user; the least recently used goes first.
   *
   * @defaultValue 500
   */
  maxEntries?: number | undefined
  /**
   * Most users with answers in a cache that several clients share; the one who asked least recently goes first.
   *
   * @defaultValue 100
   */
  maxUsers?: number | undefined
  /**
   * When an answer is this old it is still served, and renewed in the background. A renewal that fails is reported to
   * `onRefreshError` and changes nothing else. 0 is off.
   *
   * @defaultValue 0
   */
  refreshAfterMs?: number | undefined
  /**
   * How long past `ttlMs` an answer may stand in when a new one cannot be had because the server cannot be reached. Never
   * after a write to what it was read from, nor after its user signed out. 0 is off.
   *
   * @defaultValue 0
   */
  staleIfErrorMs?: number | undefined
  /**
   * Told of background renewals that failed.
   *
   * @defaultValue nobody is told
   */
  onRefreshError?: ((error: unknown) => void) | undefined
  /**
   * Wall-clock time: unlike `performance.now()` it goes on while a laptop sleeps.
   *
   * @defaultValue `Date`
   */
  clock?: Clock | undefined
}

/**
 * Answers of queries, in memory, one compartment per user: there is no way to a key but through a user, because rows filtered by
 * row level security and kept under a key without the user are how people were shown each other's data elsewhere. May be shared
 * by several clients.
 */
export class QueryCache {
  readonly #users: LRUCache<string, Compartment>
  readonly #options: CompartmentOptions

  /** @throws JourneysError `invalid_input` when a figure is out of range. */
  constructor(options: QueryCacheOptions = {}) {
    this.#options = {
      ttlMs: atLeast(1, 'ttlMs', options.ttlMs ?? 300_000),
      maxEntries: atLeast(1, 'maxEntries', options.maxEntries ?? 500),
      refreshAfterMs: atLeast(0, 'refreshAfterMs', options.refreshAfterMs ?? 0),
      staleIfErrorMs: atLeast(0, 'staleIfErrorMs', options.staleIfErrorMs ?? 0),
      onRefreshError: options.onRefreshError,
      clock: options.clock,
    }
    this.#users = new LRUCache({
      max: atLeast(1, 'maxUsers', options.maxUsers ?? 100),
      dispose: (compartment) => compartment.close(),
    })
  }

  /** How many answers are kept or under way, all users together. */
  get size(): number {
    let size = 0
    for (const compartment of this.#users.values()) size += compartment.size
    return size
  }

  /** The compartment of one user. It may be held on to while it is open. */
  of(user: string): Compartment {
    let compartment = this.#users.get(user)
    if (compartment === undefined) {
      compartment = new Compartment(this.#options)
      this.#users.set(user, compartment)
    }
    return compartment
  }

  /** Drops the user's answers that were, or may have been, read from these tables; also those still under way. */
  invalidate(user: string, tables: readonly string[]): void {
    this.#users.peek(user)?.invalidate(tables)
  }

  /** Drops everything of a user; also what is still under way. */
  forget(user: string): void {
    this.#users.delete(user)
  }
}

function atLeast(least: number, name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new JourneysError('invalid_input', `The cache's ${name} must be a whole number from ${least}`, {
    detail: `${name} is ${String(value)}`,
  })
}
