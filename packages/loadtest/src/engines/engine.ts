import type { LoadPlan } from '../profiles/plan.ts'
import type { Recorder } from '../recorder/recorder.ts'

/** A load-test user who is signed in. */
export interface SignedInUser {
  readonly id: string
  /** Valid for the whole run. */
  readonly accessToken: string
}

export interface EngineRun {
  readonly plan: LoadPlan
  /** The project: `http://127.0.0.1:54321`. */
  readonly url: string
  readonly anonKey: string
  /** As many as the plan has at its top. */
  readonly users: readonly SignedInUser[]
  readonly recorder: Recorder
  /** Ends the load at once; what was measured until then stays in the recorder. */
  readonly signal: AbortSignal
}

export interface EngineOutcome {
  /** What a reader of the figures should know: a generator that was busy, samples that were lost. */
  readonly warnings: string[]
}

export interface Engine {
  readonly name: 'k6' | 'builtin'
  readonly version: string
  /** @throws JourneysError when the load could not be made; never for what the server answered */
  run(run: EngineRun): Promise<EngineOutcome>
}
