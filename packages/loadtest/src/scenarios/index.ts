import { journalCreation } from './journal-creation.ts'
import { premiumPurchases } from './premium-purchases.ts'
import { profileUpdates } from './profile-updates.ts'
import { progressViewing } from './progress-viewing.ts'
import type { Scenario } from './visitor.ts'

/** The four things that people do in the app, under the names of the plan. */
export const scenarios = {
  journal_creation: journalCreation,
  profile_updates: profileUpdates,
  progress_viewing: progressViewing,
  premium_purchases: premiumPurchases,
} as const satisfies Record<string, Scenario>

export type ScenarioName = keyof typeof scenarios
export const scenarioNames = Object.keys(scenarios) as ScenarioName[]
