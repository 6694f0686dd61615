import type { ThresholdMetric } from '@journeys/core/ops'
import type { Phase } from './profiles/phase.ts'
import type { LoadPlan } from './profiles/plan.ts'
import type { ScenarioName } from './scenarios/index.ts'

/** Figures of some requests over some time. Durations in ms; absent when no request was answered. */
export interface RequestFigures {
  readonly requests: number
  /** Requests per second. */
  readonly rate: number
  /** Without an answer, or answered with a status outside 200 to 399; `limited` ones included. */
  readonly errors: number
  /** Answered 429: the rate limit worked, which is neither a success nor a fault. */
  readonly limited: number
  readonly avg?: number
  readonly min?: number
  readonly max?: number
  readonly p50?: number
  readonly p90?: number
  readonly p95?: number
  readonly p99?: number
}

/** The figures proper are of the steady part; `whole` has the run from the first to the last request. */
export interface ScenarioResult extends RequestFigures {
  readonly name: ScenarioName
  /** As configured: 40. */
  readonly weight: number
  /** Shares of 1 of all iterations of the run: planned by the weights, achieved by the engine. */
  readonly planned: number
  readonly achieved: number
  readonly iterations: number
  readonly checks: CheckFigures
  readonly whole: RequestFigures
}

export interface CheckFigures {
  readonly passed: number
  readonly failed: number
}

export interface RequestResult extends RequestFigures {
  /** Such as `POST journal_entries`. */
  readonly name: string
  readonly whole: RequestFigures
}

export interface ThresholdResult {
  /** Absent: all scenarios together. */
  readonly scenario?: ScenarioName
  readonly metric: ThresholdMetric
  /** As in the configuration: `p(95)<200`. */
  readonly expression: string
  /** In words: `p95 under 200 ms`. */
  readonly title: string
  /** On the steady part; absent when nothing could be measured. */
  readonly value?: number
  /** `null`: not judged, and `note` says why. */
  readonly ok: boolean | null
  readonly note?: string
  /** The same over the whole run, for comparison; it decides nothing. */
  readonly whole?: { readonly value: number; readonly ok: boolean }
}

/** One second of the run. */
export interface TimelinePoint {
  /** Begin, in seconds since the load began. */
  readonly second: number
  readonly phase: Phase
  readonly users: number
  readonly requests: number
  readonly errors: number
  readonly p50?: number
  readonly p95?: number
  readonly p99?: number
}

export interface LatencyBucket {
  readonly fromMs: number
  readonly toMs: number
  readonly requests: number
}

/** Requests that failed in the same way. */
export interface FailureResult {
  readonly name: string
  /** 0: no answer. */
  readonly status: number
  /** The engine's words for a request without an answer: `ECONNREFUSED`. */
  readonly error?: string
  readonly count: number
}

/**
 * `pass` and `fail`: the thresholds were judged. `inconclusive`: too little was measured to judge. `invalid`: the planned
 * load was not there, so the figures say nothing about the server.
 */
export type Verdict = 'pass' | 'fail' | 'inconclusive' | 'invalid'

/** What a load test found: plain JSON, the same for every engine. It never holds a key, a token or a password. */
export interface LoadTestResult {
  readonly id: string
  readonly version: 1
  readonly environment: { readonly name: string; readonly url: string }
  readonly profile: string
  readonly engine: { readonly name: 'k6' | 'builtin'; readonly version: string }
  /** Planned at the top. */
  readonly users: number
  readonly plan: LoadPlan
  /** ISO 8601, when the load began. */
  readonly startedAt: string
  /** From the first user's start to the last one's end. */
  readonly durationMs: number
  readonly interrupted: boolean
  readonly verdict: Verdict
  readonly exitCode: number
  /** Why, most important first. */
  readonly reasons: readonly string[]
  /** Worth knowing beside the verdict. */
  readonly warnings: readonly string[]
  /** In ms since the load began. */
  readonly steady: { readonly startMs: number; readonly endMs: number }
  readonly phases: readonly { readonly phase: Phase; readonly startMs: number; readonly endMs: number }[]
  readonly scenarios: readonly ScenarioResult[]
  readonly requests: readonly RequestResult[]
  readonly total: RequestFigures & {
    readonly iterations: number
    readonly checks: CheckFigures
    readonly whole: RequestFigures
  }
  readonly thresholds: readonly ThresholdResult[]
  readonly failures: readonly FailureResult[]
  readonly failedChecks: readonly { readonly scenario: ScenarioName; readonly name: string; readonly count: number }[]
  readonly timeline: readonly TimelinePoint[]
  /** How the steady part's answers took, on a logarithmic scale. */
  readonly distribution: readonly LatencyBucket[]
  readonly testUsers: TestUsersResult
  /** Where the HTML report was written. */
  readonly reportFile?: string
  /** The command that runs it again. */
  readonly command: string
}

export interface TestUsersResult {
  readonly made: number
  /** How long making them took, tokens included. */
  readonly ms: number
  /** `database`: one statement. `api`: one by one through the admin API. */
  readonly how: 'database' | 'api'
  /** After the run, verified by counting what is left; `false` with `keepData`. */
  readonly removed: boolean
  readonly removedMs?: number
  /** Users that an earlier, killed run had left, removed before this one. */
  readonly leftovers: number
}
