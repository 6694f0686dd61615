import type { ThresholdRule } from '@journeys/core/ops'
import type { SignedInUser } from '../engines/engine.ts'
import { bundleScript } from '../engines/k6/bundle.ts'
import { scriptInput } from '../engines/k6/script-input.ts'
import type { LoadPlan } from '../profiles/plan.ts'
import type { ScenarioSource } from '../scenarios/scenario-source.ts'
import { k6Thresholds } from './k6-thresholds.ts'

export interface PortableOptions {
  readonly plan: LoadPlan
  readonly scenarios: ScenarioSource
  readonly rules: readonly ThresholdRule[]
  readonly url: string
  readonly anonKey: string
  readonly users: readonly SignedInUser[]
  /** That each judge their share by themselves. */
  readonly generators: number
}

/**
 * What any k6 needs for this load, by file name; they have to lie in one folder. config.json has the thresholds, for k6's
 * `--config`; input.json holds the project's key, users.json the users' tokens.
 */
export type PortableScript = Readonly<Record<'script.js' | 'config.json' | 'input.json' | 'users.json', string>>

/** In the folder that k6 is started in. */
const summaryFile = 'summary.json'

export const secretFiles = ['input.json', 'users.json'] as const satisfies (keyof PortableScript)[]

/** The same script that `journeys loadtest` gives to k6, with thresholds that k6 judges by itself. */
export async function portableScript(options: PortableOptions): Promise<PortableScript> {
  const { plan, scenarios, rules, url, anonKey, users, generators } = options
  const thresholds = k6Thresholds(plan, rules, generators)
  return {
    'script.js': await bundleScript(scenarios),
    'config.json': `${JSON.stringify({ thresholds }, undefined, 2)}\n`,
    // Nobody is there to look for the writes afterwards.
    'input.json': JSON.stringify(scriptInput({ ...plan, trackWrites: false }, { url, anonKey, summaryFile })),
    'users.json': JSON.stringify(users.map(({ id, accessToken }) => ({ id, accessToken }))),
  }
}
