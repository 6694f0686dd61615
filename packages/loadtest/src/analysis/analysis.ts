import type { Config } from '@journeys/core/ops'
import type { LoadPlan } from '../profiles/plan.ts'
import type { Recorder } from '../recorder/recorder.ts'
import type { GeneratorLoad } from '../result.ts'
import type { WrittenTable } from '../scenarios/visitor.ts'
import type { ServerSide } from '../server/server-side.ts'
import { analyseRecovery } from './recovery.ts'
import { analyseSoak } from './soak.ts'
import { analyseSpike } from './spike.ts'
import { analyseStress } from './stress.ts'

/** What a profile was run for, beside the thresholds. A `load` run has none. */
export type Analysis = SpikeAnalysis | StressAnalysis | RecoveryAnalysis | SoakAnalysis

/** What the analysis adds to the verdict: sentences, by the verdict that each asks for. */
export interface Findings {
  readonly fail: string[]
  readonly warn: string[]
  readonly inconclusive: string[]
  readonly invalid: string[]
}

/** The service levels that a phase, a step or a second is held against. */
export interface ServiceLevel {
  readonly p95Ms: number
  /** Share of 1. */
  readonly errorRate: number
}

/** A phase in short. */
export interface PhaseFigures {
  readonly phase: string
  readonly requests: number
  readonly requestsPerSecond: number
  /** Absent when nothing was answered. */
  readonly p95Ms?: number
  /** Share of 1. */
  readonly errorRate: number
  readonly withinSlo: boolean
}

export interface SpikeAnalysis {
  readonly kind: 'spike'
  readonly slo: ServiceLevel
  /** `before`, `during`, `after`, as far as the run came. */
  readonly phases: readonly PhaseFigures[]
  /** From the moment at which the load is back to normal until the service level holds for good. 0: it already did. */
  readonly secondsToSlo?: number
  /** How long was looked: the length of `after`. */
  readonly watchedSeconds: number
  /** What "holds for good" means. */
  readonly rule: string
}

/** What ends the capacity: answers too slow, failed, no free user, no connection to the database, or the load generator. */
export type Breakage = 'latency' | 'errors' | 'dropped' | 'pool' | 'generator'

export interface StressStep {
  /** `step 3` */
  readonly phase: string
  /** Planned iterations per second. */
  readonly rate: number
  readonly seconds: number
  readonly iterationsPerSecond: number
  readonly requestsPerSecond: number
  readonly requests: number
  readonly dropped: number
  readonly p50Ms?: number
  readonly p95Ms?: number
  readonly p99Ms?: number
  /** Share of 1. */
  readonly errorRate: number
  /** Latency climbed from the step's first second to its last: more came in than went out, so no p95 is its latency. */
  readonly climb?: { readonly fromMs: number; readonly toMs: number }
  readonly held: boolean
  /** Everything that did not hold, the cause before its consequence. */
  readonly broke: readonly Breakage[]
}

export interface StressAnalysis {
  readonly kind: 'stress'
  readonly slo: ServiceLevel
  /** Only steps that ran to their end. */
  readonly steps: readonly StressStep[]
  /** The highest step that held; absent when none did. */
  readonly capacity?: {
    readonly phase: string
    readonly iterationsPerSecond: number
    readonly requestsPerSecond: number
  }
  /** Two steps in a row broke: the capacity is known, not only a lower bound of it. */
  readonly found: boolean
  /** Of the first of the two. */
  readonly brokeFirst?: {
    readonly phase: string
    readonly iterationsPerSecond: number
    readonly what: Breakage
    /** `p95 was 412 ms, the service level is 200 ms` */
    readonly text: string
  }
  /** Where latency begins to climb; absent when the curve has no bend that stands out of its noise. */
  readonly knee?: { readonly iterationsPerSecond: number; readonly p95Ms: number }
  /** What "held" means. */
  readonly rule: string
}

/** A write that was answered 2xx. */
export interface LostWrite {
  readonly table: WrittenTable
  readonly id: string
  /** ISO 8601, when the answer was there. */
  readonly at: string
}

/** What became of the writes that were answered 2xx. */
export interface LostWrites {
  /** Different rows looked for; of a row that was written again and again the last version. */
  readonly checked: number
  readonly lost: number
  /** Writes whose id or version is none, so they cannot be looked for. */
  readonly unverifiable: number
  /** The first 20. */
  readonly examples: readonly LostWrite[]
}

/** A fault that was injected. */
export interface InjectedFault {
  readonly description: string
  /** `Date.now()` when the injection began. */
  readonly at: number
}

export interface RecoveryAnalysis {
  readonly kind: 'recovery'
  readonly slo: ServiceLevel
  readonly fault: string
  /** In ms since the load began. */
  readonly faultMs: number
  /** From the fault to the first request that failed; absent when none did. */
  readonly secondsToFirstFailure?: number
  /** From the fault to the first good answer to a request that was sent after the first failure. */
  readonly secondsToFirstSuccess?: number
  /** From the fault until the service level holds for good. */
  readonly secondsToSlo?: number
  /** Requests that failed since the fault. */
  readonly failedRequests: number
  /** Writes that were answered 2xx over the whole run. */
  readonly writes: number
  /** Absent: they could not be looked for. */
  readonly lostWrites?: LostWrites
  /** `before` and `after`. */
  readonly phases: readonly PhaseFigures[]
  readonly rule: string
}

/** A straight line through a figure over time. */
export interface Drift {
  readonly unit: 'ms' | 'bytes'
  /** The line's values at the begin and the end of the judged part. */
  readonly from: number
  readonly to: number
  readonly perHour: number
  /** 95 % confidence interval of `perHour`. */
  readonly perHourLow: number
  readonly perHourHigh: number
  /** Change from begin to end in percent of `from`, and its interval. */
  readonly percent: number
  readonly percentLow: number
  readonly percentHigh: number
  /** The interval does not contain 0. */
  readonly certain: boolean
  /** How many points the line goes through, and how many seconds each stands for. */
  readonly points: number
  readonly secondsPerPoint: number
}

export interface SoakAnalysis {
  readonly kind: 'soak'
  /** Absent when the run was too short for a line. */
  readonly p95?: Drift
  readonly memory: readonly (Drift & { readonly process: string })[]
  /** The largest growth first; empty when there was no database to ask. */
  readonly growth: readonly {
    readonly table: string
    readonly tableBytes: number
    readonly indexBytes: number
  }[]
  /** How the line was laid and what its interval means. */
  readonly rule: string
}

export interface AnalyseOptions {
  readonly plan: LoadPlan
  readonly recorder: Recorder
  readonly config: Config
  readonly interrupted?: boolean | undefined
  /** The same minutes seen from the server. */
  readonly server?: ServerSide | undefined
  readonly generator?: GeneratorLoad | undefined
  /** recovery: absent when the run ended before. */
  readonly fault?: InjectedFault | undefined
  /** recovery: absent when they could not be looked for. */
  readonly lostWrites?: LostWrites | undefined
}

/** Answers what the profile was run for, and says what that means for the verdict. An interrupted run adds no finding. */
export function analyse(options: AnalyseOptions): { analysis?: Analysis; findings: Findings } {
  const findings: Findings = { fail: [], warn: [], inconclusive: [], invalid: [] }
  const analysis = analysisOf(options, findings)
  return {
    ...(analysis ? { analysis } : {}),
    findings: options.interrupted ? { fail: [], warn: [], inconclusive: [], invalid: [] } : findings,
  }
}

function analysisOf(options: AnalyseOptions, findings: Findings): Analysis | undefined {
  switch (options.plan.kind) {
    case 'spike':
      return analyseSpike(options, findings)
    case 'stress':
      return analyseStress(options, findings)
    case 'recovery':
      return analyseRecovery(options, findings)
    case 'soak':
      return analyseSoak(options, findings)
    case 'load':
      return undefined
  }
}
