/**
 * When iterations are due in an open model, as k6's arrival-rate executors compute it, to the nanosecond. Shared by both
 * engines, also inside k6: no import but of types.
 */
import type { LoadPlan } from './plan.ts'

/** The part of a plan that says when iterations are due. */
export type ArrivalPlan = Pick<LoadPlan, 'executor' | 'start' | 'stages'>

const nanosecondsPerSecond = 1e9
const nanosecondsPerMs = 1e6

/**
 * When the n-th iteration of the whole test is due.
 *
 * `ramping-arrival-rate`: when the area under the rate reaches n + 1, so the first one is not due at 0 but once a whole
 * iteration has "arrived". `constant-arrival-rate`: every period from 0 on, the period cut to whole nanoseconds.
 * @param n 0-based, dropped ones counted
 * @returns ms since the load began; `undefined` when the plan has no such iteration
 */
export function plannedStartMs(plan: ArrivalPlan, n: number): number | undefined {
  return plan.executor === 'constant-arrival-rate' ? constantStartMs(plan, n) : rampingStartMs(plan, n)
}

function constantStartMs({ stages }: ArrivalPlan, n: number): number | undefined {
  const rate = stages[0]?.target ?? 0
  if (!(rate > 0)) return undefined
  const at = (Math.trunc(nanosecondsPerSecond / rate) * n) / nanosecondsPerMs
  return at < (stages[0]?.durationMs ?? 0) ? at : undefined
}

function rampingStartMs({ start, stages }: ArrivalPlan, n: number): number | undefined {
  const arrived = n + 1
  let from = start / nanosecondsPerSecond
  let stageStart = 0
  let before = 0
  for (const stage of stages) {
    const to = stage.target / nanosecondsPerSecond
    const duration = stage.durationMs * nanosecondsPerMs
    // Both forms are k6's own: rounding in another order would move single iterations by a nanosecond.
    const after = before + (from === to ? duration * to : duration * ((to - from) / 2 + from))
    if (arrived <= after) {
      return (Math.trunc(timeInStage(from, to, duration, arrived - before)) + stageStart) / nanosecondsPerMs
    }
    before = after
    from = to
    stageStart += duration
  }
  return undefined
}

/** @param area iterations since the stage began @returns nanoseconds since the stage began */
function timeInStage(from: number, to: number, duration: number, area: number): number {
  if (from === to) return area / to
  const root = Math.sqrt(Math.max(0, duration * (from * from * duration + 2 * area * (to - from))))
  return (from * duration - root) / (from - to)
}

/**
 * How many iterations are due before a moment.
 * @param elapsedMs since the load began
 */
export function dueBefore(plan: ArrivalPlan, elapsedMs: number): number {
  // Binary search over what the schedule itself says: an area computed anew could differ by one iteration at the edges.
  let low = 0
  let high = mostIterations(plan)
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const at = plannedStartMs(plan, middle)
    if (at !== undefined && at < elapsedMs) low = middle + 1
    else high = middle
  }
  return low
}

/** How many iterations the whole plan has. */
export function plannedIterations(plan: ArrivalPlan): number {
  return dueBefore(plan, Number.POSITIVE_INFINITY)
}

function mostIterations({ start, stages }: ArrivalPlan): number {
  let from = start
  let area = 0
  for (const { target, durationMs } of stages) {
    area += ((from + target) / 2) * (durationMs / 1000)
    from = target
  }
  // The first iteration of a constant rate is due at 0, before any area.
  return Math.ceil(area) + 2
}
