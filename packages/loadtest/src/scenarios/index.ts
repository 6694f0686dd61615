import { createRequire } from 'node:module'
import path from 'node:path'
import { scenarios } from './app-scenarios.ts'
import type { ScenarioSource } from './scenario-source.ts'

export { scenarios }
export type ScenarioName = keyof typeof scenarios

const root = path.dirname(createRequire(import.meta.url).resolve('@journeys/loadtest/package.json'))

/** The app's own scenarios, for either engine. */
export const appScenarios: ScenarioSource = {
  scenarios,
  module: path.join(root, 'src/scenarios/app-scenarios.ts'),
}
