import type { LoadPlan } from '../profiles/plan.ts'
import type { Recorder } from '../recorder/recorder.ts'
import type { GeneratorLoad } from '../result.ts'
import type { ScenarioSource } from '../scenarios/scenario-source.ts'

/** A load-test user who is signed in. */
export interface SignedInUser {
  readonly id: string
  /** Valid for the whole run. */
  readonly accessToken: string
}

export interface EngineRun {
  readonly plan: LoadPlan
  /** What the names in `plan.round` stand for. */
  readonly scenarios: ScenarioSource
  /** The project: `http://127.0.0.1:54321`. */
  readonly url: string
  readonly anonKey: string
  /** `plan.users` of them. */
  readonly users: readonly SignedInUser[]
  readonly recorder: Recorder
  /** Ends the load at once; what was measured until then stays in the recorder. */
  readonly signal: AbortSignal
  /** Only for k6; the built-in engine refuses them. */
  readonly k6?: K6Options | undefined
}

export interface K6Options {
  /** k6's own outputs beside ours: `json=results.json`, `experimental-prometheus-rw`. */
  readonly outputs?: readonly string[] | undefined
  /** This generator's share of the test, as k6 writes it: https://grafana.com/docs/k6/latest/using-k6/k6-options/reference/#execution-segment */
  readonly segment?: { readonly segment: string; readonly sequence: string } | undefined
}

export interface EngineOutcome {
  /** What a reader of the figures should know: samples that were lost. */
  readonly warnings: string[]
  readonly generator: GeneratorLoad
}

export interface Engine {
  readonly name: 'k6' | 'builtin'
  readonly version: string
  /** @throws JourneysError when the load could not be made; never for what the server answered */
  run(run: EngineRun): Promise<EngineOutcome>
}
