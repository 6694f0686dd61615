import type { LoadPlan } from './plan.ts'

/** What one iteration of a scenario consists of. */
export interface IterationCost {
  readonly requests: number
  /** Think times between its requests. */
  readonly pauses: number
  /** Of the answers with their headers, as the local stack sends them: uncompressed, to a user with 20 entries or more. */
  readonly answerBytes: number
}

/** Of the app's own scenarios, when every answer is as it should be: measured, and kept true by tests/loadtest/scenario-cost.test.ts. */
export const scenarioCosts: Readonly<Record<string, IterationCost>> = {
  journal_creation: { requests: 2, pauses: 1, answerBytes: 11_200 },
  profile_updates: { requests: 1, pauses: 0, answerBytes: 640 },
  progress_viewing: { requests: 2, pauses: 1, answerBytes: 10_400 },
  premium_purchases: { requests: 1, pauses: 0, answerBytes: 510 },
}

/** The mean over the mix; `undefined` when there is a scenario in it that nothing is known of. */
export function costOfIteration({ weights }: Pick<LoadPlan, 'weights'>): IterationCost | undefined {
  let total = 0
  let requests = 0
  let pauses = 0
  let answerBytes = 0
  for (const [name, weight] of Object.entries(weights)) {
    if (weight === 0) continue
    const cost = scenarioCosts[name]
    if (cost === undefined) return undefined
    total += weight
    requests += weight * cost.requests
    pauses += weight * cost.pauses
    answerBytes += weight * cost.answerBytes
  }
  return { requests: requests / total, pauses: pauses / total, answerBytes: answerBytes / total }
}
