import { ExitCode, JourneysError } from '@journeys/core/ops'
import type { ScenarioName } from '../scenarios/index.ts'
import { weightedRound } from '../scenarios/weights.ts'
import { parseDuration } from './duration.ts'
import type { Phase, Stage } from './phase.ts'

/** Everything an engine needs to know about the load, resolved: no defaults are left to it. */
export interface LoadPlan {
  readonly profile: string
  readonly users: number
  readonly stages: readonly Stage[]
  readonly thinkTime: { readonly minMs: number; readonly maxMs: number }
  readonly weights: Readonly<Record<ScenarioName, number>>
  /** The scenario of the n-th iteration of the whole run is `round[n % round.length]`. */
  readonly round: readonly ScenarioName[]
  /** A request without an answer by then has failed. */
  readonly requestTimeoutMs: number
}

/** A profile as journeys.config.json has it. */
export interface ProfileSettings {
  readonly users: number
  readonly rampUpSeconds: number
  readonly holdSeconds: number
  readonly rampDownSeconds: number
}

/** A person reads, thinks and types between two requests: 1 to 3 seconds, evenly spread. */
const thinkTime = { minMs: 1000, maxMs: 3000 }
const requestTimeoutMs = 30_000

export interface PlanOptions {
  readonly profile: string
  readonly settings: ProfileSettings
  readonly weights: Readonly<Record<ScenarioName, number>>
  /** Instead of the profile's. */
  readonly users?: number | undefined
  /** Of the whole run: the profile's stages are stretched or shrunk to it in proportion. */
  readonly duration?: string | number | undefined
}

/** @throws JourneysError (exit 2) when a number of users or a duration makes no sense */
export function planLoad(options: PlanOptions): LoadPlan {
  const { settings, weights } = options
  const users = options.users ?? settings.users
  if (!Number.isInteger(users) || users < 1) {
    throw new JourneysError('invalid_users', `${users} is not a number of users`, {
      hint: 'give a whole number of 1 or more, such as --users 100',
      exitCode: ExitCode.usage,
    })
  }
  const stages: Stage[] = [
    { phase: 'ramp', durationMs: settings.rampUpSeconds * 1000, users },
    { phase: 'steady', durationMs: settings.holdSeconds * 1000, users },
    { phase: 'down', durationMs: settings.rampDownSeconds * 1000, users: 0 },
  ]
  return {
    profile: options.profile,
    users,
    stages: options.duration === undefined ? stages : stretched(stages, parseDuration(options.duration)),
    thinkTime,
    weights,
    round: weightedRound(weights),
    requestTimeoutMs,
  }
}

/** How long the planned load lasts, without the last users' graceful end. */
export function plannedDurationMs(plan: LoadPlan): number {
  return plan.stages.reduce((sum, stage) => sum + stage.durationMs, 0)
}

/** When each phase begins and ends, in ms since the load began. */
export function phaseWindows(plan: LoadPlan): { phase: Phase; startMs: number; endMs: number }[] {
  let at = 0
  return plan.stages.map(({ phase, durationMs }) => {
    const startMs = at
    at += durationMs
    return { phase, startMs, endMs: at }
  })
}

/** The requests per second that the users would make if every answer came at once: more cannot be reached. */
export function highestRate(plan: LoadPlan): number {
  return plan.users / Math.max(0.001, (plan.thinkTime.minMs + plan.thinkTime.maxMs) / 2000)
}

function stretched(stages: readonly Stage[], totalMs: number): Stage[] {
  const planned = stages.reduce((sum, stage) => sum + stage.durationMs, 0)
  return stages.map((stage) => ({ ...stage, durationMs: Math.round((stage.durationMs * totalMs) / planned) }))
}
