import type { LoadPlan } from '../../profiles/plan.ts'

/** From a moment on, in ms since the load began, so many users. */
export interface UserStep {
  readonly atMs: number
  readonly users: number
}

export interface UserSteps {
  /** Users who begin iterations; ends with 0. */
  readonly planned: UserStep[]
  /** Users who may still be in the middle of one: whoever is above it is interrupted. Ends with 0. */
  readonly allowed: UserStep[]
}

/**
 * How many users there are when, user by user, as k6's `ramping-vus` computes it:
 * https://github.com/grafana/k6/blob/v1.8.1/lib/executor/ramping_vus.go (getRawExecutionSteps, GetExecutionRequirements)
 */
export function userSteps(plan: LoadPlan): UserSteps {
  const { steps, endMs } = rawSteps(plan)
  const stopMs = endMs + plan.gracefulStopMs
  const allowed = plan.gracefulRampDownMs > 0 ? lateSteps(steps, plan.gracefulRampDownMs, stopMs) : [...steps]
  return { planned: endingWithNone(steps, endMs), allowed: endingWithNone(allowed, stopMs) }
}

function rawSteps(plan: LoadPlan): { steps: UserStep[]; endMs: number } {
  const steps: UserStep[] = [{ atMs: 0, users: plan.start }]
  let endMs = 0
  let from = plan.start
  for (const { durationMs, target } of plan.stages) {
    endMs += durationMs
    const direction = Math.sign(target - from)
    if (durationMs === 0 && direction !== 0) steps.push({ atMs: endMs, users: target })
    for (let users = from + direction; durationMs > 0 && users !== target + direction; users += direction) {
      if (direction === 0) break
      steps.push({ atMs: endMs - (durationMs * (target - users)) / (target - from), users })
    }
    from = target
  }
  return { steps, endMs }
}

/** Every step down comes later by the time that the users have to finish; what rises again meanwhile never went down. */
function lateSteps(steps: readonly UserStep[], graceMs: number, stopMs: number): UserStep[] {
  const late: UserStep[] = []
  let last = -1
  for (let index = 0; index < steps.length; index++) {
    const step = steps[index] as UserStep
    if (step.users > last) {
      late.push(step)
      last = step.users
      continue
    }
    if (step.users === last) continue
    const atMs = step.atMs + graceMs
    const again = nextAtLeast(steps, index + 1, last, atMs)
    if (again !== undefined) {
      index = again - 1
      continue
    }
    if (atMs >= stopMs) break
    late.push({ atMs, users: step.users })
    last = step.users
  }
  return late
}

/** The next step with that many users, if it comes in time. */
function nextAtLeast(steps: readonly UserStep[], from: number, users: number, untilMs: number): number | undefined {
  for (let index = from; index < steps.length; index++) {
    const step = steps[index] as UserStep
    if (step.atMs > untilMs) return undefined
    if (step.users >= users) return index
  }
  return undefined
}

function endingWithNone(steps: readonly UserStep[], atMs: number): UserStep[] {
  return steps.at(-1)?.users === 0 ? [...steps] : [...steps, { atMs, users: 0 }]
}
