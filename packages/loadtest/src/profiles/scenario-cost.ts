import type { LoadPlan } from './plan.ts'

/** What one iteration of a scenario consists of. */
export interface IterationCost {
  readonly requests: number
  /** Think times between its requests. */
  readonly pauses: number
}

/** Of the app's own scenarios, when every answer is as it should be. A test plays them and keeps this true. */
export const scenarioCosts: Readonly<Record<string, IterationCost>> = {
  journal_creation: { requests: 2, pauses: 1 },
  profile_updates: { requests: 1, pauses: 0 },
  progress_viewing: { requests: 2, pauses: 1 },
  premium_purchases: { requests: 1, pauses: 0 },
}

/** The mean over the mix; `undefined` when there is a scenario in it that nothing is known of. */
export function costOfIteration({ weights }: Pick<LoadPlan, 'weights'>): IterationCost | undefined {
  let total = 0
  let requests = 0
  let pauses = 0
  for (const [name, weight] of Object.entries(weights)) {
    if (weight === 0) continue
    const cost = scenarioCosts[name]
    if (cost === undefined) return undefined
    total += weight
    requests += weight * cost.requests
    pauses += weight * cost.pauses
  }
  return { requests: requests / total, pauses: pauses / total }
}
