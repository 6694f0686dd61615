import type { SupabaseClient } from '@supabase/supabase-js'
import type { Clock } from '../cache/clock.ts'
import type { ReadOptions } from '../cache/compartment.ts'
import type { Identity, SignedInUser } from '../cache/signed-in-user.ts'
import type { UserQueries } from '../cache/user-queries.ts'
import type { Database } from '../database/types.ts'
import { notSignedIn } from './request-error.ts'

/** What every part of the app side is built on. */
export interface AppContext {
  readonly supabase: SupabaseClient<Database>
  readonly user: SignedInUser
  readonly queries: UserQueries
  readonly clock: Clock
}

/** How a read of the library treats the cache. */
export interface CachedReadOptions {
  /**
   * Ask the server even when the cache has an answer.
   *
   * @defaultValue false
   */
  fresh?: boolean | undefined
}

/** A cached read of the signed-in user's own rows. */
export function readOwn<T>(
  { queries }: AppContext,
  key: string,
  run: (identity: Identity) => Promise<T>,
  options: ReadOptions,
): Promise<T> {
  return queries.query<T>(
    async (identity) => {
      if (identity === null) throw notSignedIn()
      return run(identity)
    },
    key,
    options,
  )
}
