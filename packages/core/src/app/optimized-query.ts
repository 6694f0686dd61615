import type { ReadOptions } from '../cache/compartment.ts'
import type { UserQueries } from '../cache/user-queries.ts'
import { type FailedResponse, requestError } from './request-error.ts'

/** A query through the cache; see `Journeys.optimizedQuery`. */
export type OptimizedQuery = <T>(fn: () => PromiseLike<T>, key: string, options?: ReadOptions) => Promise<T>

export function createOptimizedQuery(queries: UserQueries): OptimizedQuery {
  return (fn, key, options) => queries.query(() => refuseFailed(fn()), key, options)
}

/** supabase-js resolves with `{ error }` instead of rejecting; an outage must not be served from the cache for five minutes. */
async function refuseFailed<T>(answer: PromiseLike<T>): Promise<T> {
  const value = await answer
  if (isFailedResponse(value)) throw requestError(value)
  return value
}

function isFailedResponse(value: unknown): value is FailedResponse {
  if (typeof value !== 'object' || value === null) return false
  const { error, status } = value as { error?: unknown; status?: unknown }
  return 'data' in value && typeof status === 'number' && typeof error === 'object' && error !== null
}
