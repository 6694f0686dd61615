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

/** What any k6 needs for this load; all files have to lie in one folder. */
export interface PortableScript {
  readonly script: string
  /** The thresholds, for k6's `--config`. */
  readonly config: string
  /** Secret, by file name: `input.json` with the project's key, and the users' tokens in parts. */
  readonly secrets: Readonly<Record<string, string>>
}

/** 820 bytes each, and a Kubernetes secret holds 1 MiB. */
const usersPerFile = 1_000

/** In the folder that k6 is started in. */
const summaryFile = 'summary.json'

/** The same script that `journeys loadtest` gives to k6, with thresholds that k6 judges by itself. */
export async function portableScript(options: PortableOptions): Promise<PortableScript> {
  const { plan, scenarios, rules, url, anonKey, users, generators } = options
  const thresholds = k6Thresholds(plan, rules, generators)
  const parts = Array.from({ length: Math.ceil(users.length / usersPerFile) }, (_, part) => ({
    file: `users-${part + 1}.json`,
    text: JSON.stringify(
      users.slice(part * usersPerFile, (part + 1) * usersPerFile).map(({ id, accessToken }) => ({ id, accessToken })),
    ),
  }))
  // Nobody is there to look for the writes afterwards.
  const input = scriptInput(
    { ...plan, trackWrites: false },
    { url, anonKey, summaryFile, userFiles: parts.map(({ file }) => file) },
  )
  return {
    script: await bundleScript(scenarios),
    config: `${JSON.stringify({ thresholds }, undefined, 2)}\n`,
    secrets: {
      'input.json': JSON.stringify(input),
      ...Object.fromEntries(parts.map(({ file, text }) => [file, text])),
    },
  }
}
