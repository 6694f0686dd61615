import { LRUCache } from 'lru-cache'
import { AuthError } from './error.ts'

export interface RateLimit {
  /** @throws AuthError 429 `over_request_rate_limit` when the address has used up its window */
  take(address: string): void
}

export const WINDOW_MS = 5 * 60_000
/** Addresses remembered at most; the one not seen for longest is forgotten first. */
const ADDRESSES = 10_000

/**
 * So many requests per address in a fixed window that begins with its first request.
 * lru-cache holds the counters because it is bounded in number and expires them without a timer each.
 */
export function rateLimit(limit: number, options: { windowMs?: number; now?: () => number } = {}): RateLimit {
  const { windowMs = WINDOW_MS, now = () => performance.now() } = options
  const counters = new LRUCache<string, { used: number }>({
    max: ADDRESSES,
    ttl: windowMs,
    ttlResolution: 0,
    perf: { now },
  })
  return {
    take(address) {
      const counter = counters.get(address)
      if (counter === undefined && limit > 0) {
        counters.set(address, { used: 1 })
        return
      }
      if (counter !== undefined && counter.used < limit) {
        counter.used += 1
        return
      }
      throw new AuthError(429, 'over_request_rate_limit', 'Request rate limit reached', {
        retryAfter: Math.ceil((counters.getRemainingTTL(address) || windowMs) / 1000),
      })
    },
  }
}
