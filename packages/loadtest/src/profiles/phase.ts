/** The parts of a run. Only `steady` is judged: averages over a ramp say nothing about the load that was planned. */
export type Phase = 'ramp' | 'steady' | 'down'
export const phases: readonly Phase[] = ['ramp', 'steady', 'down']

export interface Stage {
  readonly phase: Phase
  readonly durationMs: number
  /** Users at the end of the stage; within it the number changes linearly (k6's `ramping-vus`). */
  readonly users: number
}

/** @param elapsedMs since the load began; after the last stage it is still that stage */
export function phaseAt(stages: readonly Stage[], elapsedMs: number): Phase {
  let end = 0
  for (const stage of stages) {
    end += stage.durationMs
    if (elapsedMs < end) return stage.phase
  }
  return stages.at(-1)?.phase ?? 'down'
}

/** How many users the plan wants at a moment: linear within a stage, from 0. */
export function usersAt(stages: readonly Stage[], elapsedMs: number): number {
  let begin = 0
  let from = 0
  for (const stage of stages) {
    if (elapsedMs < begin + stage.durationMs) {
      return Math.floor(from + ((stage.users - from) * (elapsedMs - begin)) / stage.durationMs)
    }
    begin += stage.durationMs
    from = stage.users
  }
  return from
}
