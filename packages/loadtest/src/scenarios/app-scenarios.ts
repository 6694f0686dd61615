/** The four things that people do in the app, under the names of the plan. Bundled into the k6 script: no import of Node's. */
import { journalCreation } from './journal-creation.ts'
import { premiumPurchases } from './premium-purchases.ts'
import { profileUpdates } from './profile-updates.ts'
import { progressViewing } from './progress-viewing.ts'
import type { Scenario } from './visitor.ts'

export const scenarios = {
  journal_creation: journalCreation,
  profile_updates: profileUpdates,
  progress_viewing: progressViewing,
  premium_purchases: premiumPurchases,
} as const satisfies Record<string, Scenario>
