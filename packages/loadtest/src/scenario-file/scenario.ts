/**
 * What a scenario file imports, as `@journeys/loadtest/scenario`. It also runs inside k6: nothing here may need Node.
 */
import { journalCreation } from '../scenarios/journal-creation.ts'
import { premiumPurchases } from '../scenarios/premium-purchases.ts'
import { profileUpdates } from '../scenarios/profile-updates.ts'
import { progressViewing } from '../scenarios/progress-viewing.ts'
import type { Visitor } from '../scenarios/visitor.ts'

export type { Answer, Method, RequestOptions, Visitor, WrittenTable } from '../scenarios/visitor.ts'

/** Something that people do, and how often. A scenario file's default export: one, or an array of them. */
export interface ScenarioDefinition {
  /** Of the report's row and of thresholds (`http_req_duration{scenario:...}`): lower case, digits and underscores. */
  readonly name: string
  /** Its share of the iterations, relative to the sum of all. @defaultValue 1 */
  readonly weight?: number
  /**
   * One visit. The engine waits between two visits, the scenario itself between two requests (`visitor.pause`).
   * What it throws counts as a failed check; the next visit begins all the same.
   */
  run(visitor: Visitor): Promise<void>
}

/** Only there for its type: the editor then knows what `visitor` can do. */
export function defineScenario(definition: ScenarioDefinition): ScenarioDefinition {
  return definition
}

/** The four of a load test without `--scenario`, with the weights of the plan, to have them run beside your own. */
export const appScenarios: readonly ScenarioDefinition[] = [
  { name: 'journal_creation', weight: 40, run: journalCreation },
  { name: 'profile_updates', weight: 20, run: profileUpdates },
  { name: 'progress_viewing', weight: 30, run: progressViewing },
  { name: 'premium_purchases', weight: 10, run: premiumPurchases },
]
