import type { LoadPlan } from '../../profiles/plan.ts'

/** input.json, beside the bundled script. The users' tokens are in users.json. */
export interface ScriptInput {
  readonly plan: Pick<
    LoadPlan,
    | 'model'
    | 'executor'
    | 'users'
    | 'start'
    | 'stages'
    | 'gracefulStopMs'
    | 'gracefulRampDownMs'
    | 'thinkTime'
    | 'round'
    | 'requestTimeoutMs'
    | 'trackWrites'
  >
  readonly url: string
  readonly anonKey: string
  /** Beside the script; an export may need several, for a Kubernetes secret takes 1 MB. @defaultValue users.json */
  readonly userFiles?: readonly string[]
  /** Where k6's own summary is written. */
  readonly summaryFile: string
}

/** Only what the script reads: the plan's other parts would make the file large for nothing. */
export function scriptInput(plan: LoadPlan, where: Omit<ScriptInput, 'plan'>): ScriptInput {
  const { model, executor, users, start, stages, gracefulStopMs, gracefulRampDownMs } = plan
  const { thinkTime, round, requestTimeoutMs, trackWrites } = plan
  const load = { model, executor, users, start, stages, gracefulStopMs, gracefulRampDownMs }
  return { plan: { ...load, thinkTime, round, requestTimeoutMs, trackWrites }, ...where }
}
