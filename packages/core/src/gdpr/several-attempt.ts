import { ExitCode, JourneysError } from '../errors.ts'
import type { GdprContext } from './erasure/context.ts'
import type { ErasureOutcome } from './erasure/outcome.ts'
import { findUnfinished } from './ledger.ts'

/** Why one of several did not succeed. */
export interface Refusal {
  code: string
  message: string
  detail: string | null
  hint: string | null
}

/** What became of one of several. */
export interface AttemptResult {
  outcome: 'done' | 'partial' | 'failed'
  /** `E-7F3AC1B2`; `null` when none was begun. */
  erasure: string | null
  receiptFile: string | null
  /** What a failed verification, a hold or an error says; `null` when it is done. */
  refusal: Refusal | null
}

/** Counts of {@link AttemptResult}. */
export interface AttemptCounts {
  done: number
  partial: number
  failed: number
}

/**
 * Runs one of several erasures: what goes wrong with one person is said of them, and keeps nothing from the next.
 * @throws what would happen to every other one as well: an unreachable server, a missing key, an interruption
 */
export async function attempt(
  { database }: Pick<GdprContext, 'database'>,
  userId: string | null,
  work: () => Promise<ErasureOutcome>,
): Promise<AttemptResult> {
  try {
    const { outcome, erasure, receiptFile } = await work()
    const refusal = outcome === 'done' ? null : unfinished(outcome, erasure)
    return { outcome, erasure, receiptFile: receiptFile ?? null, refusal }
  } catch (error) {
    if (!(error instanceof JourneysError) || concernsAll(error)) throw error
    const begun = userId === null ? undefined : await findUnfinished(database, userId)
    return { outcome: 'failed', erasure: begun?.id ?? null, receiptFile: null, refusal: refusalOf(error) }
  }
}

export function refusalOf({ code, message, detail, hint }: JourneysError): Refusal {
  return { code, message, detail: detail ?? null, hint: hint ?? null }
}

/** Whether it would fail for everybody: then going on is no use. */
export function concernsAll({ exitCode, code }: JourneysError): boolean {
  return exitCode === ExitCode.unreachable || exitCode === ExitCode.interrupted || code.startsWith('gdpr_key_')
}

export function countAttempts(results: readonly AttemptResult[]): AttemptCounts {
  const count = (outcome: AttemptResult['outcome']) => results.filter((one) => one.outcome === outcome).length
  return { done: count('done'), partial: count('partial'), failed: count('failed') }
}

function unfinished(outcome: 'partial' | 'failed', erasure: string): Refusal {
  return outcome === 'partial'
    ? {
        code: 'partial',
        message: 'a legal hold keeps part of it',
        detail: null,
        hint: `when the hold is gone: journeys gdpr anonymize ${erasure}`,
      }
    : {
        code: 'verification_failed',
        message: 'something of this person was found afterwards',
        detail: null,
        hint: `journeys gdpr status ${erasure}`,
      }
}
