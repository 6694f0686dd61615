/** Shared by both engines, also inside k6: no import. */

/** A stretch of the plan in which the load changes linearly; several may share a phase. */
export interface Stage {
  /** `ramp`, `steady`, `down`; `before`, `during`, `after`; `step 3`: the same name never comes back later in a plan. */
  readonly phase: string
  /** Thresholds are judged on this phase: averages over a ramp say nothing about the load that was planned. */
  readonly judged: boolean
  /** 0: the load jumps. */
  readonly durationMs: number
  /** At its end: users (closed model) or iterations per second (open model). */
  readonly target: number
}

/** @param elapsedMs since the load began; after the last stage it is still that stage */
export function phaseAt(stages: readonly Stage[], elapsedMs: number): string {
  let end = 0
  for (const stage of stages) {
    end += stage.durationMs
    if (elapsedMs < end) return stage.phase
  }
  return stages.at(-1)?.phase ?? ''
}

/**
 * What the plan wants at a moment, users or iterations per second: linear within a stage.
 * @param start the target before the first stage
 */
export function targetAt(start: number, stages: readonly Stage[], elapsedMs: number): number {
  let begin = 0
  let from = start
  for (const { durationMs, target } of stages) {
    if (elapsedMs < begin + durationMs) return from + ((target - from) * (elapsedMs - begin)) / durationMs
    begin += durationMs
    from = target
  }
  return from
}
