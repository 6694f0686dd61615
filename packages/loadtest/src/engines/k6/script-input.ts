import type { LoadPlan } from '../../profiles/plan.ts'

/** input.json, beside the bundled script. The users' tokens are in users.json. */
export interface ScriptInput extends Pick<LoadPlan, 'stages' | 'round' | 'thinkTime' | 'requestTimeoutMs'> {
  readonly url: string
  readonly anonKey: string
}
