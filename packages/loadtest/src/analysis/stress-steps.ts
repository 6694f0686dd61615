import { type PhaseWindow, phaseWindows } from '../profiles/plan.ts'
import type { PhaseParts, Recorder } from '../recorder/recorder.ts'
import type { TimelinePoint } from '../result.ts'
import { milliseconds } from '../verdict/figure-text.ts'
import type { AnalyseOptions, Breakage, ServiceLevel, StressStep } from './analysis.ts'
import { fewEnoughErrors } from './service-level.ts'
import { theilSen } from './theil-sen.ts'

/** Of planned iterations: k6 itself drops a few when a rate begins. */
const mostDropped = 0.01
/** Nobody waits for a request of the last moments of a step; the step is over all the same. */
const slackMs = 250
/** Of the pool of PostgREST, and of Postgres' own connections: https://docs.postgrest.org/en/stable/references/errors.html */
const poolCodes = new Set(['PGRST003', '53300'])

/** A queue that grows makes the median climb by this factor within a step, to this share of the service level at least. */
const leastClimb = 3
const leastClimbShare = 0.25
const leastSeconds = 5

interface StepOptions extends Pick<AnalyseOptions, 'plan' | 'recorder' | 'server'> {
  /** Of a run that has ended: a live one is not asked, since that closes its seconds. */
  readonly points?: readonly TimelinePoint[]
}

/** Every step that ran to its end by `elapsedMs`, in the order of time. */
export function completedSteps(options: StepOptions, elapsedMs: number, slo: ServiceLevel): StressStep[] {
  return phaseWindows(options.plan)
    .filter(({ judged, endMs }) => judged && endMs <= elapsedMs + slackMs)
    .map((window) => stepFigures(options, window, slo))
}

/** The first of two steps in a row that did not hold: one alone may be chance. */
export function firstOfTwoBroken(steps: readonly StressStep[]): StressStep | undefined {
  return steps.find((step, index) => !step.held && steps[index + 1]?.held === false)
}

/** The highest rate that held before two steps in a row did not: one above that can only have held by chance. */
export function highestHeld(steps: readonly StressStep[]): StressStep | undefined {
  const broken = firstOfTwoBroken(steps)
  return (broken ? steps.slice(0, steps.indexOf(broken)) : steps).findLast(({ held }) => held)
}

/** What did not hold, with its figures. */
export function breakText(step: StressStep, what: Breakage, slo: ServiceLevel): string {
  const at = `at ${Number(step.rate.toPrecision(4))} iterations/s`
  switch (what) {
    case 'latency':
      if (step.p95Ms === undefined) return `${at} nothing was answered any more`
      if (step.climb && step.p95Ms < slo.p95Ms) {
        const { fromMs, toMs } = step.climb
        return `${at} answers took longer and longer, from ${milliseconds(fromMs)} to ${milliseconds(toMs)}: more came in than went out`
      }
      return `${at} the p95 was ${milliseconds(step.p95Ms)}, the service level is ${milliseconds(slo.p95Ms)}`
    case 'errors':
      return `${at} ${percent(step.errorRate)} of the requests failed, the service level is ${percent(slo.errorRate)}`
    case 'dropped':
      return `${at} ${step.dropped} of ${Math.round(step.rate * step.seconds)} iterations found no free user`
    case 'pool':
      return `${at} requests waited in vain for a connection to the database`
    case 'generator':
      return `${at} the load generator began its iterations too late`
  }
}

/** Whether the generator's lateness was measured in that step. */
export function startLagKnown(recorder: Recorder, { phase }: StressStep): boolean {
  return (recorder.phases.get(phase)?.startLag.count ?? 0) > 0
}

function stepFigures(
  { recorder, server, points = [] }: StepOptions,
  { phase, startMs, endMs, target: rate }: PhaseWindow,
  slo: ServiceLevel,
): StressStep {
  const seconds = (endMs - startMs) / 1000
  const parts = recorder.phases.get(phase)
  const { requests = 0, errors = 0, latency } = parts?.total ?? {}
  const [p50Ms, p95Ms, p99Ms] = [50, 95, 99].map((percentile) => latency?.percentile(percentile))
  const dropped = parts?.dropped ?? 0
  const errorRate = requests === 0 ? 0 : errors / requests
  const climb = climbOf(points, phase, slo)
  const overLevel = p95Ms === undefined || p95Ms >= slo.p95Ms
  const tooSlow = overLevel || climb !== undefined
  const failing = !fewEnoughErrors(errorRate, slo)
  const tooFewUsers = dropped > rate * seconds * mostDropped
  const broken = tooSlow || failing || tooFewUsers
  // The cause before its consequence: users are busy because answers are slow, answers are slow because the pool is full.
  const broke: Breakage[] = [
    ...(overLevel && lagExplains(parts, p95Ms, slo) ? (['generator'] as const) : []),
    ...(broken && poolIsFull({ recorder, server }, endMs) ? (['pool'] as const) : []),
    ...(tooSlow ? (['latency'] as const) : []),
    ...(failing ? (['errors'] as const) : []),
    ...(tooFewUsers ? (['dropped'] as const) : []),
  ]
  return {
    phase,
    rate,
    seconds,
    iterationsPerSecond: (parts?.iterations ?? 0) / seconds,
    requestsPerSecond: requests / seconds,
    requests,
    dropped,
    ...(p50Ms === undefined ? {} : { p50Ms }),
    ...(p95Ms === undefined ? {} : { p95Ms }),
    ...(p99Ms === undefined ? {} : { p99Ms }),
    errorRate,
    ...(climb ? { climb } : {}),
    held: !broken,
    broke,
  }
}

/** A step too short for its queue to break the p95 would hold a rate that no longer one could. */
function climbOf(
  points: readonly TimelinePoint[],
  phase: string,
  slo: ServiceLevel,
): { fromMs: number; toMs: number } | undefined {
  const medians = points.flatMap((point) =>
    point.phase === phase && point.p50 !== undefined ? { x: point.second, y: point.p50 } : [],
  )
  const [first] = medians
  const last = medians.at(-1)
  if (medians.length < leastSeconds || !first || !last) return undefined
  const { slope, low, intercept } = theilSen(medians)
  const fromMs = Math.max(0, intercept + slope * first.x)
  const toMs = intercept + slope * last.x
  const climbs = low > 0 && toMs >= leastClimb * fromMs && toMs >= leastClimbShare * slo.p95Ms
  return climbs ? { fromMs, toMs } : undefined
}

/** Without the generator's own lateness, which the latency of an open model contains, the step would have held. */
function lagExplains(parts: PhaseParts | undefined, p95Ms: number | undefined, slo: ServiceLevel): boolean {
  const lagMs = parts?.startLag.percentile(95)
  return p95Ms !== undefined && lagMs !== undefined && p95Ms - lagMs < slo.p95Ms
}

function poolIsFull({ recorder, server }: Pick<StepOptions, 'recorder' | 'server'>, endMs: number): boolean {
  const refused = recorder.failures
    .results()
    .some(({ code, firstMs }) => code !== undefined && poolCodes.has(code) && firstMs <= endMs)
  return refused || (server?.culprits.some(({ kind }) => kind === 'pool' || kind === 'connections') ?? false)
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`
}
