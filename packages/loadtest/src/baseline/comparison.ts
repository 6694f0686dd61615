import type { FingerprintDifference } from './fingerprint.ts'
import type { BaselineSettings } from './settings.ts'

/**
 * `fail`: slower than the limit allows, and not by chance. `warn`: slower and not by chance, but within the limit.
 * `inconclusive`: it looks slower than the limit allows, but chance could do that too; or nothing could be compared.
 */
export type BaselineVerdict = 'pass' | 'warn' | 'fail' | 'inconclusive' | 'no-baseline'

/**
 * `slower`: beyond the limits and significant. `creeping`: significant, but within the limits. `suspect`: beyond the
 * limits, not significant. `blind`: so noisy that a slowdown of twice the limit could not be told from chance.
 */
export type ChangeVerdict = 'slower' | 'creeping' | 'suspect' | 'blind' | 'same' | 'faster' | 'untested'

/** One percentile of one request, before and after. */
export interface RequestChange {
  /** `POST journal_entries`, or `all requests`: the mean change of all of them. */
  readonly request: string
  readonly percentile: 50 | 95
  /** Durations in ms (geometric mean over the runs); absent for a side that has no such request. */
  readonly beforeMs?: number
  readonly afterMs?: number
  readonly beforeSamples: number
  readonly afterSamples: number
  /** Positive: slower. */
  readonly changePercent?: number
  readonly changeMs?: number
  /** Where the true change lies: each end is a one-sided bound at the settings' confidence. */
  readonly interval?: { readonly lowPercent: number; readonly highPercent: number }
  /** One-sided, of "not slower", corrected for the number of rows (Holm). */
  readonly p?: number
  readonly verdict: ChangeVerdict
  /** Why it was not tested. */
  readonly note?: string
}

/** The runs of one side. */
export interface ComparedSide {
  /** Of the baseline, or of the file. */
  readonly name: string
  readonly runs: readonly { readonly id: string; readonly startedAt: string }[]
}

/** What a comparison of two sets of runs found: plain JSON. */
export interface BaselineComparison {
  /** The baseline's name. */
  readonly name: string
  readonly verdict: BaselineVerdict
  /** Why, most important first. */
  readonly reasons: readonly string[]
  /** Worth knowing beside the verdict. */
  readonly notes: readonly string[]
  /** The statistical test, in a sentence. */
  readonly method: string
  readonly settings: BaselineSettings
  /** Absent without a baseline. */
  readonly before?: ComparedSide
  readonly after: ComparedSide
  /** In what the two sides' fingerprints differ. */
  readonly differences: readonly FingerprintDifference[]
  /** Compared although the fingerprints differ. */
  readonly forced: boolean
  /** `all requests` first, then by request; p50 before p95. */
  readonly changes: readonly RequestChange[]
}
