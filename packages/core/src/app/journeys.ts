import { createClient, type SupabaseClient, type SupabaseClientOptions } from '@supabase/supabase-js'
import { type BatchOptions, batchOperation, type Operation, type Outcome } from '../batch/batch-operation.ts'
import type { Clock } from '../cache/clock.ts'
import type { ReadOptions } from '../cache/compartment.ts'
import { QueryCache, type QueryCacheOptions } from '../cache/query-cache.ts'
import type { SignedInUser } from '../cache/signed-in-user.ts'
import { UserQueries } from '../cache/user-queries.ts'
import type { Database } from '../database/types.ts'
import { JourneysError } from '../errors.ts'
import { type Addictions, createAddictions } from './addictions.ts'
import type { AppContext } from './app-context.ts'
import { createJournal, type Journal } from './journal.ts'
import { type SaveBatchOptions, type SaveBatchResult, saveBatchEntries } from './journal-batch.ts'
import type { NewJournalEntry } from './journal-entry.ts'
import { createMedia, type Media } from './media.ts'
import { createOptimizedQuery } from './optimized-query.ts'
import { type PrefetchResult, prefetchUserData } from './prefetch.ts'
import { createProfiles, type Profiles } from './profiles.ts'
import { createProgress, type Progress } from './progress.ts'
import { createPurchases, type Purchases } from './purchases.ts'
import { SessionUser, TokenUser } from './session-user.ts'

interface CommonOptions {
  /**
   * How the cache behaves, or a cache that several clients share. Users are kept apart in it either way.
   *
   * @defaultValue a cache of its own: 500 answers, five minutes
   */
  cache?: QueryCacheOptions | QueryCache | undefined
  /**
   * What "today" is taken from, and the time of a cache made here.
   *
   * @defaultValue `Date`
   */
  clock?: Clock | undefined
}

export interface ClientOptions extends CommonOptions {
  /** A client that follows its own session (made without the `accessToken` option). */
  supabase: SupabaseClient<Database>
}

export interface ProjectOptions extends CommonOptions {
  /** The project's URL: `https://<project>.supabase.co`, or what `journeys status --env` prints. */
  url: string
  /** The project's anon (publishable) key. */
  anonKey: string
  /**
   * Act as the user of this token instead of following a session: in an Edge Function, the token of whoever called it.
   *
   * @defaultValue none: sign in through `journeys.supabase.auth`
   */
  accessToken?: string | undefined
  /**
   * What else supabase-js's `createClient` takes: where the session is kept, a `fetch` of one's own.
   *
   * @defaultValue supabase-js's own
   */
  client?: Omit<SupabaseClientOptions<'public'>, 'accessToken'> | undefined
}

export type JourneysOptions = ClientOptions | ProjectOptions

/** The app's side of Journeys, for one client. Everything concerns the user who is signed in on it. */
export interface Journeys {
  /** The client, for `supabase.auth` and what this library does not cover. */
  readonly supabase: SupabaseClient<Database>
  readonly journal: Journal
  readonly media: Media
  readonly profiles: Profiles
  readonly addictions: Addictions
  readonly progress: Progress
  readonly purchases: Purchases
  /**
   * The answer of `fn` from the cache, or from `fn`: for five minutes, one flight for simultaneous calls, and never another
   * user's. The signed-in user is part of the key by itself; after a sign-out or a change of user nothing of the former user is
   * served, and a query that was under way ends with `user_changed`.
   *
   * Do not change the answer: every caller gets the same object.
   *
   * @param fn a query of `supabase`, or anything that returns a promise. When it rejects, or resolves with supabase-js's
   *   `{ error }`, that is thrown and not kept.
   * @param key names the query among those of one user, for example `profile`.
   * @param options `tables` says what it reads, so that only writes to those (through this library) drop the answer.
   * @throws JourneysError `user_changed`; as `requestError` for supabase-js's errors; whatever `fn` throws.
   */
  optimizedQuery<T>(fn: () => PromiseLike<T>, key: string, options?: ReadOptions): Promise<T>
  /** `batchOperation` of this package. */
  batchOperation<T>(
    operations: readonly Operation<T>[],
    concurrency?: number,
    options?: BatchOptions,
  ): Promise<Outcome<T>[]>
  /** Fills the cache with the first screen's data; see `PrefetchResult`. Throws `not_signed_in` or `wrong_user` only. */
  prefetchUserData(userId: string): Promise<PrefetchResult>
  /**
   * Saves many entries, one request per chunk, each entry reporting for itself. Repeating it with the same ids does no harm.
   *
   * @throws JourneysError `not_signed_in`, or `invalid_input` for an option out of range; never for an entry.
   */
  saveBatchEntries(entries: readonly NewJournalEntry[], options?: SaveBatchOptions): Promise<SaveBatchResult>
  /** Ends this: forgets what is cached for its user, and every later call throws `closed`. A client made here stops renewing its session. */
  close(): void
}

/**
 * The app's side of Journeys.
 *
 * @throws JourneysError `invalid_input` when an option is missing or out of range.
 */
export function createJourneys(options: JourneysOptions): Journeys {
  const clock = options.clock ?? Date
  const { supabase, user, close } = connect(options)
  const cache =
    options.cache instanceof QueryCache
      ? options.cache
      : new QueryCache({ ...options.cache, clock: options.cache?.clock ?? options.clock })
  const queries = new UserQueries(cache, user)
  const context: AppContext = { supabase, user, queries, clock }
  const journal = createJournal(context)
  const profiles = createProfiles(context)
  const progress = createProgress(context)
  return {
    supabase,
    journal,
    media: createMedia(context),
    profiles,
    addictions: createAddictions(context),
    progress,
    purchases: createPurchases(context),
    optimizedQuery: createOptimizedQuery(queries),
    batchOperation,
    prefetchUserData: (userId) => prefetchUserData({ user, profiles, journal, progress }, userId),
    saveBatchEntries: (entries, batchOptions) => saveBatchEntries(context, entries, batchOptions),
    close,
  }
}

function connect(options: JourneysOptions): { supabase: SupabaseClient<Database>; user: SignedInUser; close(): void } {
  if ('supabase' in options) {
    const { supabase } = options
    const user = new SessionUser(supabase.auth)
    return { supabase, user, close: () => user.close() }
  }
  const { url, anonKey, accessToken } = options
  if (!URL.canParse(url) || anonKey === '') {
    throw new JourneysError('invalid_input', 'createJourneys needs a client, or the URL and anon key of a project', {
      hint: 'Pass { supabase }, or { url, anonKey } as `journeys status --env` prints them.',
    })
  }
  const clientOptions = { ...options.client, realtime: { ...realtimeTransport(), ...options.client?.realtime } }
  if (accessToken !== undefined) {
    const user = new TokenUser(accessToken)
    const supabase = createClient<Database>(url, anonKey, { ...clientOptions, accessToken: async () => accessToken })
    return { supabase, user, close: () => user.close() }
  }
  const supabase = createClient<Database>(url, anonKey, clientOptions)
  const user = new SessionUser(supabase.auth)
  return {
    supabase,
    user,
    close: () => {
      user.close()
      void supabase.auth.stopAutoRefresh()
    },
  }
}

/**
 * supabase-js refuses to be made where there is no WebSocket, as in Node 20, also by an app that never listens to anything.
 * There it gets one that fails when it is opened.
 */
function realtimeTransport() {
  if (typeof WebSocket !== 'undefined') return {}
  class NoWebSocket {
    constructor() {
      throw new JourneysError('unsupported', 'There is no WebSocket here, so nothing can be listened to in real time', {
        hint: 'Run on Node 22 or newer, or pass client: { realtime: { transport } }.',
      })
    }
  }
  return { transport: NoWebSocket as unknown as typeof WebSocket }
}
