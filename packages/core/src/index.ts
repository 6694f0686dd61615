// The app's side: safe in a browser, in Deno and in Node. Nothing here may import a Node built-in; index.test.ts holds it to that.
export type { Addiction, AddictionInput, AddictionKind } from './app/addiction.ts'
export type { Addictions } from './app/addictions.ts'
export type { CachedReadOptions } from './app/app-context.ts'
export type { Journal, JournalListOptions, JournalPage } from './app/journal.ts'
export type {
  BatchEntry,
  DuplicateBatchEntry,
  FailedBatchEntry,
  SaveBatchOptions,
  SaveBatchResult,
  SavedBatchEntry,
} from './app/journal-batch.ts'
export type { JournalEntry, JournalEntryChanges, JournalEntryRef, NewJournalEntry } from './app/journal-entry.ts'
export {
  type ClientOptions,
  createJourneys,
  type Journeys,
  type JourneysOptions,
  type ProjectOptions,
} from './app/journeys.ts'
export { limits } from './app/limits.ts'
export type { Media, MediaUrlOptions, NewMedia } from './app/media.ts'
export type { MediaFile } from './app/media-file.ts'
export type { PrefetchOutcome, PrefetchResult } from './app/prefetch.ts'
export type { Profile, ProfileInput } from './app/profile.ts'
export type { Profiles } from './app/profiles.ts'
export type { Progress } from './app/progress.ts'
export type { ProgressRange, ProgressSummary } from './app/progress-summary.ts'
export type { Plan, Purchase, PurchaseInput, PurchaseReceipt, PurchaseRecord } from './app/purchase.ts'
export type { PurchaseListOptions, Purchases } from './app/purchases.ts'
export { type BatchOptions, batchOperation, type Operation, type Outcome } from './batch/batch-operation.ts'
export type { Clock } from './cache/clock.ts'
export type { ReadOptions } from './cache/compartment.ts'
export { QueryCache, type QueryCacheOptions } from './cache/query-cache.ts'
export type { Database } from './database/types.ts'
export { ExitCode, type InputIssue, JourneysError, type JourneysErrorOptions } from './errors.ts'
