import type { LoadPlan } from '../profiles/plan.ts'
import type { Recorder } from '../recorder/recorder.ts'
import type { GeneratorLoad, ScenarioResult } from '../result.ts'

export interface DoubtOptions {
  readonly recorder: Recorder
  readonly plan: LoadPlan
  readonly generator: GeneratorLoad
  readonly scenarios: readonly Pick<ScenarioResult, 'name' | 'planned' | 'achieved' | 'iterations'>[]
  /** A rule ended it early: its load is not the planned one, and was not meant to be. */
  readonly endedEarly: boolean
  /** k6's execution segment: this generator's share of the load. */
  readonly share: number
}

/** Of the planned users: a few more or less at one moment is how a ramp goes. */
const leastUsersShare = 0.99
/** A p95 of fewer is the slowest of them. */
const leastRequests = 20
/** A mix further off than this, in shares of 1, is not the one that was planned. */
const mixTolerance = 0.02
/** The last turns of a run are begun in order but not all ended in it: a few iterations off is what the plan looks like. */
const mixToleranceIterations = 5

/** Why the figures say nothing about the server: the planned load was not there, or the generator measured itself. */
export function doubts(options: DoubtOptions): string[] {
  const { recorder, plan, generator, endedEarly } = options
  const { requests } = recorder.total.judged
  if (recorder.total.whole.requests === 0) return ['not one request was made']
  // A stress run goes on until something breaks, the generator perhaps: its analysis says what.
  const stress = plan.kind === 'stress'
  return [
    ...(generator.saturated && !stress ? [`the load generator was saturated: ${generator.saturated}`] : []),
    ...(stress ? [] : dropped(recorder)),
    ...(endedEarly ? [] : usersMissed(options)),
    ...(requests < leastRequests && !endedEarly
      ? [`${requests} requests in the judged part are too few, ${leastRequests} are needed`]
      : []),
    ...mixMissed(options),
  ]
}

function dropped({ total }: Recorder): string[] {
  const { dropped: count, iterations } = total.judged
  if (count === 0) return []
  return [
    `${count} of ${count + iterations} planned iterations found no free user: this is not the load that was planned`,
  ]
}

function usersMissed({ recorder, plan, share }: DoubtOptions): string[] {
  const planned = Math.floor(plan.users * share)
  if (plan.model === 'open' || recorder.mostUsers >= Math.floor(planned * leastUsersShare)) return []
  return [`${recorder.mostUsers} of ${planned} users were reached: this is not the load that was planned`]
}

function mixMissed({ scenarios }: DoubtOptions): string[] {
  const total = scenarios.reduce((sum, { iterations }) => sum + iterations, 0)
  return scenarios
    .filter(
      ({ planned, iterations }) =>
        Math.abs(iterations - planned * total) > Math.max(mixToleranceIterations, mixTolerance * total),
    )
    .map(({ name, planned, achieved }) => `${name}: ${percent(planned)} planned, ${percent(achieved)} achieved`)
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}
