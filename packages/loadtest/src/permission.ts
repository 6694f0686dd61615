import { type Environment, ExitCode, isLoopbackHost, JourneysError, requireSetting } from '@journeys/core/ops'
import { clockTime } from './profiles/duration.ts'
import { highestRate, iterationsOf, type LoadPlan, plannedDurationMs } from './profiles/plan.ts'
import { costOfIteration } from './profiles/scenario-cost.ts'

/**
 * What a plan will ask of its target, known before anything runs. Of scenarios of one's own nobody knows how many requests they
 * make, so what depends on it is absent.
 */
export interface PlannedLoad {
  /** At once, at most. */
  readonly users: number
  readonly iterations?: number
  readonly requests?: number
  /** At the top. */
  readonly requestsPerSecond?: number
  readonly seconds: number
  /** Of answers, uncompressed. */
  readonly estimatedMegabytes?: number
  /** All of it in one sentence, with what a hosted project counts. */
  readonly cost: string
}

/** Describes the load for the person who has to confirm it. Figures are estimates: every answer right, and there at once. */
export function describeLoad(plan: LoadPlan, target: Pick<Environment, 'name'>): PlannedLoad {
  const seconds = plannedDurationMs(plan) / 1000
  const base = { users: plan.users, seconds }
  const cost = costOfIteration(plan)
  const iterations = iterationsOf(plan)
  const time = `${target.name} would get up to ${plan.users.toLocaleString('en')} users for ${clockTime(seconds * 1000)}`
  const afterwards = 'The users and what they wrote are removed afterwards.'
  if (cost === undefined || iterations === undefined) {
    const known = iterations === undefined ? '' : `, about ${readable(iterations)} iterations`
    return {
      ...base,
      ...(iterations === undefined ? {} : { iterations }),
      cost: `${time}${known}; how many requests these scenarios make is not known beforehand. ${afterwards}`,
    }
  }
  const requests = Math.round(iterations * cost.requests)
  const requestsPerSecond = highestRate(plan)
  const estimatedMegabytes = (iterations * cost.answerBytes) / 1e6
  return {
    ...base,
    iterations,
    requests,
    requestsPerSecond,
    estimatedMegabytes,
    cost:
      `${time}: about ${readable(requests)} requests, ${readable(requestsPerSecond)} per second at the top, and about ` +
      `${readable(estimatedMegabytes)} MB of answers, which a hosted project counts as egress. ${afterwards}`,
  }
}

/**
 * Refuses targets that must not be loaded: production ones always, those elsewhere unless their name was typed.
 * @param plan what is shown to the person who is asked
 * @throws JourneysError `production_refused`, `confirmation_needed` (exit 2)
 */
export function mayLoad(target: Environment, confirm: string | undefined, plan: LoadPlan): void {
  if (target.production) {
    throw new JourneysError('production_refused', `${target.name} is a production environment: it is never loaded`, {
      hint: 'load a copy of it, or the local stack: journeys loadtest --env local',
      exitCode: ExitCode.usage,
    })
  }
  if (isLoopbackHost(new URL(requireSetting(target, 'supabaseUrl')).hostname)) return
  if (confirm === target.name) return
  const typed = confirm === undefined ? '' : `, and "${confirm}" is not its name`
  throw new JourneysError(
    'confirmation_needed',
    `${target.name} is not on this machine: others may feel this load${typed}`,
    {
      detail: describeLoad(plan, target).cost,
      hint: `to go ahead, add: --confirm ${target.name}`,
      exitCode: ExitCode.usage,
    },
  )
}

/** Two figures are as many as an estimate has: 24,000. */
function readable(value: number): string {
  return Number(value.toPrecision(2)).toLocaleString('en')
}
