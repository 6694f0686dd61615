import { batchOperation } from '../batch/batch-operation.ts'
import type { SignedInUser } from '../cache/signed-in-user.ts'
import { JourneysError } from '../errors.ts'
import type { Journal } from './journal.ts'
import type { Profiles } from './profiles.ts'
import type { Progress } from './progress.ts'

/** What became of one part: it is in the cache now, or why it is not. */
export type PrefetchOutcome = { readonly ok: true } | { readonly ok: false; readonly error: JourneysError }

export interface PrefetchResult {
  /** True when every part is in the cache. */
  readonly ok: boolean
  readonly profile: PrefetchOutcome
  /** The first page, as `journal.list()` asks for it. */
  readonly journal: PrefetchOutcome
  /** The last 30 days, as `progress.summary()` asks for them. */
  readonly progress: PrefetchOutcome
}

/**
 * Fills the cache with what the app's first screen asks for, so that it finds its answers there.
 *
 * @param userId the signed-in user's; a cache is never filled for somebody else.
 * @returns one outcome per part; a part that fails does not throw, it will be asked for when it is needed.
 * @throws JourneysError `not_signed_in`; `wrong_user` when another user is signed in.
 */
export async function prefetchUserData(
  parts: { user: SignedInUser; profiles: Profiles; journal: Journal; progress: Progress },
  userId: string,
): Promise<PrefetchResult> {
  const identity = await parts.user.require()
  if (userId.toLowerCase() !== identity.userId) {
    throw new JourneysError('wrong_user', "Another user's data cannot be prefetched", {
      detail: `asked for ${userId}, signed in is ${identity.userId}`,
      hint: 'Pass the id of the user who is signed in.',
    })
  }
  const [profile, journal, progress] = await batchOperation<unknown>([
    () => parts.profiles.get(),
    () => parts.journal.list(),
    () => parts.progress.summary(),
  ])
  const outcomes = { profile: outcome(profile), journal: outcome(journal), progress: outcome(progress) }
  return { ok: Object.values(outcomes).every(({ ok }) => ok), ...outcomes }
}

function outcome(settled: PromiseSettledResult<unknown> | undefined): PrefetchOutcome {
  if (settled?.status === 'fulfilled') return { ok: true }
  const reason: unknown = settled?.reason
  const error =
    reason instanceof JourneysError
      ? reason
      : new JourneysError('server_error', 'The request failed in an unforeseen way', { cause: reason })
  return { ok: false, error }
}
