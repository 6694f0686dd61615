import { type Config, ExitCode, JourneysError } from '@journeys/core/ops'
import { weightedRound } from '../scenarios/weights.ts'
import { plannedIterations } from './arrival.ts'
import { checkCeiling } from './ceiling.ts'
import { parseDuration } from './duration.ts'
import type { Stage } from './phase.ts'
import { findProfile } from './profile.ts'
import { costOfIteration } from './scenario-cost.ts'
import { type Shape, shapeOf } from './shape.ts'

/** Everything an engine needs to know about the load, resolved: no defaults are left to it. */
export interface LoadPlan {
  readonly profile: string
  /** What the profile asks: which analysis is made of the run. `smoke` is a `load`. */
  readonly kind: 'load' | 'spike' | 'stress' | 'recovery' | 'soak'
  /** closed: users who wait for their answers. open: iterations begin at a rate, whatever the server does. */
  readonly model: 'closed' | 'open'
  /** k6's executor, whose semantics both engines keep. */
  readonly executor: 'ramping-vus' | 'ramping-arrival-rate' | 'constant-arrival-rate'
  /** Made before the run. closed: the most at once. open: the most that may be busy at once (k6's maxVUs). */
  readonly users: number
  /** Before the first stage: users, or iterations per second. */
  readonly start: number
  readonly stages: readonly Stage[]
  /** How long iterations under way may go on after the last stage, and when a ramp takes their user away. */
  readonly gracefulStopMs: number
  readonly gracefulRampDownMs: number
  /** Between two requests of a user; in an open model only within an iteration, never after it. */
  readonly thinkTime: { readonly minMs: number; readonly maxMs: number }
  readonly weights: Readonly<Record<string, number>>
  /** The scenario of the n-th iteration of the whole run is `round[n % round.length]`. */
  readonly round: readonly string[]
  /** A request without an answer by then has failed. */
  readonly requestTimeoutMs: number
  /** `recovery`: when the fault is injected, in ms since the load began. */
  readonly faultAtMs?: number
  /** Every write that was answered 2xx is told to the recorder, with its id. */
  readonly trackWrites: boolean
}

export interface PlanOptions {
  /** A name in `config.profiles`. */
  readonly profile: string
  readonly config: Config['loadtest']
  /** Instead of the configuration's: of scenarios of one's own. */
  readonly weights?: Readonly<Record<string, number>> | undefined
  /** Instead of the profile's. closed: at once at the top (spike: the normal load). open: the most that may be busy at once. */
  readonly users?: number | undefined
  /**
   * Iterations per second instead of the profile's: a profile of users becomes an open one (spike: the normal rate). stress: the
   * last step.
   */
  readonly rate?: number | undefined
  /**
   * Of the whole run: the profile's phases are stretched or shrunk to it in proportion. A spike's surge and fall are not
   * stretched; a stress run keeps the seconds of a step and gets more, finer ones, or fewer.
   */
  readonly duration?: string | number | undefined
}

/** k6's defaults. */
const gracefulMs = 30_000

/**
 * The load that a profile and what was typed ask for.
 * @throws JourneysError (exit 2): no such profile, a number or a duration that makes no sense, one that this profile cannot use,
 *   or a load above the ceiling
 */
export function planLoad(options: PlanOptions): LoadPlan {
  const { config } = options
  const profile = findProfile(config, options.profile)
  const weights = options.weights ?? config.weights
  const thinkTime = { minMs: config.thinkTime.minSeconds * 1000, maxMs: config.thinkTime.maxSeconds * 1000 }
  const shape = shapeOf(profile, {
    users: wholeNumber(options.users, 'users'),
    rate: wholeNumber(options.rate, 'rate'),
    durationMs: options.duration === undefined ? undefined : parseDuration(options.duration),
  })
  const users = shape.users ?? usersForRate(shape, weights, thinkTime, config.ceiling.users)
  checkCeiling(config.ceiling, options.profile, shape, users)
  return {
    profile: options.profile,
    kind: profile.kind,
    model: shape.model,
    executor: executorOf(shape),
    users,
    start: shape.start,
    stages: shape.stages,
    gracefulStopMs: gracefulMs,
    gracefulRampDownMs: gracefulMs,
    thinkTime,
    weights,
    round: roundOf(weights),
    requestTimeoutMs: config.requestTimeoutSeconds * 1000,
    ...(profile.kind === 'recovery' ? { faultAtMs: beginOf(shape.stages, 'outage') } : {}),
    trackWrites: profile.kind === 'recovery',
  }
}

/** How long the planned load lasts, without the last users' graceful end. */
export function plannedDurationMs(plan: Pick<LoadPlan, 'stages'>): number {
  return plan.stages.reduce((sum, stage) => sum + stage.durationMs, 0)
}

export interface PhaseWindow {
  readonly phase: string
  readonly judged: boolean
  /** In ms since the load began. */
  readonly startMs: number
  readonly endMs: number
  /** At its end: users (closed model) or iterations per second (open model). */
  readonly target: number
}

/** When each phase begins and ends; stages of one phase are one window, and a phase of no time is left out. */
export function phaseWindows(plan: Pick<LoadPlan, 'stages'>): PhaseWindow[] {
  const windows: PhaseWindow[] = []
  let at = 0
  for (const { phase, judged, durationMs, target } of plan.stages) {
    const startMs = at
    at += durationMs
    const last = windows.at(-1)
    if (last?.phase === phase) windows[windows.length - 1] = { ...last, endMs: at, target }
    else windows.push({ phase, judged, startMs, endMs: at, target })
  }
  return windows.filter(({ startMs, endMs }) => endMs > startMs)
}

/**
 * The requests per second that the plan would make at its top if every answer came at once: more cannot be reached.
 * @param requestsPerIteration as measured; only looked at for scenarios of one's own, of which nothing is known beforehand
 * @returns Infinity when it cannot be told
 */
export function highestRate(plan: LoadPlan, requestsPerIteration?: number): number {
  const measured = requestsPerIteration === undefined ? undefined : { requests: requestsPerIteration, pauses: 0 }
  const cost = costOfIteration(plan) ?? measured
  if (cost === undefined) return Number.POSITIVE_INFINITY
  const top = Math.max(plan.start, ...plan.stages.map(({ target }) => target))
  return top * (plan.model === 'open' ? cost.requests : cost.requests / secondsPerIteration(plan, cost.pauses))
}

/** How many iterations the plan starts; in a closed model about, if every answer came at once. */
export function iterationsOf(plan: LoadPlan): number | undefined {
  if (plan.model === 'open') return plannedIterations(plan)
  const cost = costOfIteration(plan)
  if (cost === undefined) return undefined
  let userSeconds = 0
  let from = plan.start
  for (const { target, durationMs } of plan.stages) {
    userSeconds += ((from + target) / 2) * (durationMs / 1000)
    from = target
  }
  return Math.round(userSeconds / secondsPerIteration(plan, cost.pauses))
}

/** Closed model: the pauses of an iteration and the one at its end. */
function secondsPerIteration({ thinkTime }: LoadPlan, pauses: number): number {
  return Math.max(0.001, ((pauses + 1) * (thinkTime.minMs + thinkTime.maxMs)) / 2000)
}

function executorOf({ model, start, stages }: Shape): LoadPlan['executor'] {
  if (model === 'closed') return 'ramping-vus'
  return stages.length === 1 && stages[0]?.target === start ? 'constant-arrival-rate' : 'ramping-arrival-rate'
}

/** Enough users for answers that take half a second, so that a slow server shows as latency before users run out. */
function usersForRate(
  { start, stages }: Shape,
  weights: Readonly<Record<string, number>>,
  thinkTime: LoadPlan['thinkTime'],
  ceiling: number,
): number {
  // Of scenarios of one's own nothing is known: ten seconds for an iteration is long.
  const cost = costOfIteration({ weights }) ?? { pauses: 0, requests: 20 }
  const seconds = (cost.pauses * thinkTime.maxMs) / 1000 + cost.requests * 0.5
  const top = Math.max(start, ...stages.map(({ target }) => target))
  return Math.max(1, Math.min(ceiling, Math.ceil(top * seconds)))
}

function beginOf(stages: readonly Stage[], phase: string): number {
  return phaseWindows({ stages }).find((window) => window.phase === phase)?.startMs ?? 0
}

function roundOf(weights: Readonly<Record<string, number>>): string[] {
  try {
    return weightedRound(weights)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new JourneysError('invalid_weights', error.message, {
      hint: 'give whole numbers such as 40, 20, 30, 10 in loadtest.weights',
      exitCode: ExitCode.usage,
    })
  }
}

function wholeNumber(value: number | undefined, what: 'users' | 'rate'): number | undefined {
  if (value === undefined || (Number.isInteger(value) && value >= 1)) return value
  throw new JourneysError(`invalid_${what}`, `${value} is not a ${what === 'users' ? 'number of users' : 'rate'}`, {
    hint: `give a whole number of 1 or more, such as --${what} 100`,
    exitCode: ExitCode.usage,
  })
}
