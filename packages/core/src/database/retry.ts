import { setTimeout as sleep } from 'node:timers/promises'
import { sqlState } from './database-error.ts'

/** lock_not_available, deadlock_detected, serialization_failure: the same work may succeed a moment later. Nothing else may. */
const transient = new Set(['55P03', '40P01', '40001'])

export interface RetryOptions {
  /** How often the work is tried in all. @defaultValue 5 */
  attempts?: number | undefined
  /** The first pause in milliseconds; each next one may be twice as long. @defaultValue 200 */
  firstPauseMs?: number | undefined
  /** No pause is longer than this, in milliseconds. @defaultValue no limit */
  longestPauseMs?: number | undefined
  signal?: AbortSignal | undefined
  onRetry?: ((attempt: number, error: unknown) => void) | undefined
}

/** True for the three SQLSTATEs worth another try, however deep they are wrapped. */
export function isTransient(error: unknown): boolean {
  return transient.has(sqlState(error) ?? '')
}

/**
 * Runs `work` again when the server says that it only lost a race for a lock. The pauses have full jitter, so that two
 * that collided do not collide again in step (AWS Architecture Blog, "Exponential Backoff And Jitter").
 */
export async function retryTransient<T>(work: () => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const attempts = options.attempts ?? 5
  const firstPauseMs = options.firstPauseMs ?? 200
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      if (attempt >= attempts || !isTransient(error)) throw error
      options.onRetry?.(attempt, error)
      const ceiling = Math.min(firstPauseMs * 2 ** (attempt - 1), (options.longestPauseMs ?? Infinity) / 1.25)
      await sleep(ceiling / 4 + Math.random() * ceiling, undefined, options.signal ? { signal: options.signal } : {})
    }
  }
}
