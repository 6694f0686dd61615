import type { Row } from '../database/connection.ts'

/** `unknown`: could not look. It never reads as healthy. */
export type HealthState = 'ok' | 'unknown' | 'warning' | 'critical'

/** From harmless to worst. A warning is worse than not knowing: it is certain. */
export const healthStates = ['ok', 'unknown', 'warning', 'critical'] as const satisfies readonly HealthState[]

/** The row that every check gives, whether SQL or a probe found it: one for each thing that it looked at and has to say. */
export interface Finding {
  state: HealthState
  /** In the check's unit. */
  value?: number | null
  /** What is the case, in one sentence. */
  summary: string
  /** What follows from it. */
  why?: string | null
  /** What to type. */
  remediation?: string | null
  /** The figures behind it. */
  facts?: Row[]
}

/** The worse of two states. */
export function worse(one: HealthState, other: HealthState): HealthState {
  return healthStates.indexOf(one) >= healthStates.indexOf(other) ? one : other
}
