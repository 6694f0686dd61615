import type { Scenario } from './visitor.ts'

/** Scenarios that both engines can run: as functions here, and as a module that can be bundled for k6. */
export interface ScenarioSource {
  /** By name, as the plan's round has them. */
  readonly scenarios: Readonly<Record<string, Scenario>>
  /** Absolute path of a module whose export `scenarios` is the same record; esbuild bundles it into the k6 script. */
  readonly module: string
}
