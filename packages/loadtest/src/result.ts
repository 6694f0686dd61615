import type { ThresholdMetric } from '@journeys/core/ops'
import type { Analysis } from './analysis/analysis.ts'
import type { BaselineComparison } from './baseline/comparison.ts'
import type { Fingerprint } from './baseline/fingerprint.ts'
import type { LoadPlan } from './profiles/plan.ts'
import type { ServerSide } from './server/server-side.ts'

/** Figures of some requests over some time. Durations in ms; absent when no request was answered. */
export interface RequestFigures {
  readonly requests: number
  /** Requests per second. */
  readonly rate: number
  /** Without an answer, or answered with a status outside 200 to 399; the four kinds below together. */
  readonly errors: number
  /** Answered 429: the rate limit worked, which is neither a success nor a fault. */
  readonly limited: number
  /** Answered 5xx. */
  readonly serverErrors: number
  /** Any other answer that is not 200 to 399. */
  readonly clientErrors: number
  /** No answer: refused, reset, timed out. */
  readonly networkErrors: number
  readonly avg?: number
  readonly min?: number
  readonly max?: number
  readonly p50?: number
  readonly p90?: number
  readonly p95?: number
  readonly p99?: number
}

export interface CheckFigures {
  readonly passed: number
  readonly failed: number
}

/** The figures proper are of the judged phases together; `whole` has the run from the first to the last request. */
export interface ScenarioResult extends RequestFigures {
  readonly name: string
  /** As configured: 40. */
  readonly weight: number
  /** Shares of 1 of all iterations of the run: planned by the weights, achieved by the engine. */
  readonly planned: number
  readonly achieved: number
  readonly iterations: number
  readonly checks: CheckFigures
  readonly whole: RequestFigures
}

export interface RequestResult extends RequestFigures {
  /** Such as `POST journal_entries`. */
  readonly name: string
  readonly whole: RequestFigures
}

/** One phase of the plan, in the order of time. */
export interface PhaseResult {
  readonly name: string
  readonly judged: boolean
  /** In ms since the load began; an interrupted run has shorter ones. */
  readonly startMs: number
  readonly endMs: number
  /** At its end: users (closed model) or iterations per second (open model). */
  readonly target: number
  readonly iterations: number
  /** Planned iterations that found no free user; always 0 in a closed model. */
  readonly dropped: number
  readonly total: RequestFigures
  readonly scenarios: readonly (RequestFigures & { readonly name: string })[]
}

export interface ThresholdResult {
  /** `limit`: not met, the run fails. `warning`: not met, the run warns. */
  readonly level: 'limit' | 'warning'
  /** Absent: all scenarios together. */
  readonly scenario?: string
  /** Only where a run has more than one judged phase. */
  readonly phase?: string
  readonly metric: ThresholdMetric
  /** As in the configuration: `http_req_duration{scenario:journal_creation}`, or just the metric. */
  readonly key: string
  /** As in the configuration: `p(95)<200`. */
  readonly expression: string
  /** In words: `p95 under 200 ms`. */
  readonly title: string
  /** On the judged part; absent when nothing could be measured. */
  readonly value?: number
  /** `null`: not judged, and `note` says why. */
  readonly ok: boolean | null
  readonly note?: string
  /** Its being crossed ended the run early (`abortOnFail`). */
  readonly aborted?: boolean
  /** The same over the whole run, for comparison; it decides nothing. */
  readonly whole?: { readonly value: number; readonly ok: boolean }
}

/** One second of the run. */
export interface TimelinePoint {
  /** Begin, in seconds since the load began. */
  readonly second: number
  readonly phase: string
  readonly users: number
  readonly requests: number
  readonly errors: number
  readonly dropped: number
  readonly p50?: number
  readonly p95?: number
  readonly p99?: number
}

export interface LatencyBucket {
  readonly fromMs: number
  readonly toMs: number
  readonly requests: number
}

export type FailureKind = 'limited' | 'server' | 'client' | 'network'

/** Requests that failed in the same way. */
export interface FailureResult {
  readonly kind: FailureKind
  readonly name: string
  /** 0: no answer. */
  readonly status: number
  /** Of the answer's body: `PGRST003`, `over_request_rate_limit`. */
  readonly code?: string
  /** The engine's words for a request without an answer: `ECONNREFUSED`. */
  readonly error?: string
  /** The first such answer's body, cut to 500 characters; tokens and keys are struck out. */
  readonly body?: string
  /** Of further answers to the same request with the same status. */
  readonly otherCodes?: readonly string[]
  readonly count: number
  /** Of the first one, in ms since the load began. */
  readonly firstMs: number
}

/** How hard the load generator itself worked: one that is saturated measures itself. */
export interface GeneratorLoad {
  /** Processor cores used over the load: mean, and in the busiest 5 seconds. Absent where the system does not tell. */
  readonly cpuCores?: { readonly mean: number; readonly peak: number }
  /** Cores of this machine. */
  readonly cores: number
  readonly memoryPeakBytes?: number
  /** Built-in engine: how late the event loop ran, 99th percentile in ms. */
  readonly eventLoopLagMs?: number
  /** Open model: how late iterations were begun against the plan, 99th percentile in ms. */
  readonly startLagMs?: number
  /** In words, when the figures include the generator's own delays: the run is invalid. */
  readonly saturated?: string
}

/**
 * `pass`: every threshold holds. `warn`: they hold, but something should be looked at. `fail`: one does not hold.
 * `inconclusive`: it cannot be told. `invalid`: the planned load was not there, so the figures say nothing about the server.
 */
export type Verdict = 'pass' | 'warn' | 'fail' | 'inconclusive' | 'invalid'

/** What a load test found: plain JSON, the same for every engine. It never holds a key, a token or a password. */
export interface LoadTestResult {
  readonly id: string
  readonly version: 2
  readonly environment: { readonly name: string; readonly url: string }
  readonly profile: string
  readonly engine: { readonly name: 'k6' | 'builtin'; readonly version: string }
  /** Planned at the top (closed model), or at most (open model). */
  readonly users: number
  readonly plan: LoadPlan
  readonly fingerprint: Fingerprint
  /** One generator of several: its share of the load, as k6 writes it. `journeys loadtest merge` joins the results of all. */
  readonly segment?: { readonly segment: string; readonly sequence: string }
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
  /** With `--repeat`: the first run's id, and which of how many this is. */
  readonly series?: { readonly id: string; readonly number: number; readonly of: number }
  /** In seconds, the judged phases together. */
  readonly judgedSeconds: number
  readonly phases: readonly PhaseResult[]
  readonly scenarios: readonly ScenarioResult[]
  readonly requests: readonly RequestResult[]
  readonly total: RequestFigures & {
    readonly iterations: number
    /** Planned iterations that found no free user; always 0 in a closed model. */
    readonly dropped: number
    readonly checks: CheckFigures
    readonly whole: RequestFigures
  }
  readonly thresholds: readonly ThresholdResult[]
  readonly failures: readonly FailureResult[]
  readonly failedChecks: readonly { readonly scenario: string; readonly name: string; readonly count: number }[]
  readonly timeline: readonly TimelinePoint[]
  /** How the judged part's answers took, on a logarithmic scale. */
  readonly distribution: readonly LatencyBucket[]
  /** What the profile was run for: recovery time, capacity, drift. Absent for `load` profiles. */
  readonly analysis?: Analysis
  readonly generator: GeneratorLoad
  /** The same minutes seen from the server. Absent when there was no database to ask and no process to watch. */
  readonly server?: ServerSide
  /** With `--baseline`. */
  readonly baseline?: BaselineComparison
  readonly testUsers: TestUsersResult
  /** Where the HTML report was written. */
  readonly reportFile?: string
  /** Where the run file was written: this result with its histograms and samples. */
  readonly runFile?: string
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

/** What is too large for a screen: kept in the run file, for `baseline`, `compare` and `merge`. */
export interface RunData {
  /** HdrHistogram V2, compressed, base64, values in microseconds; of the judged part. */
  readonly histograms: {
    readonly total: string
    readonly scenarios: Readonly<Record<string, string>>
    readonly requests: Readonly<Record<string, string>>
    /** By phase, the judged ones; percentiles of a phase can only be joined from these. */
    readonly phases?: Readonly<
      Record<string, { readonly total: string; readonly scenarios: Readonly<Record<string, string>> }>
    >
  }
  /** Answers of the judged part by request name, in order of time; at most 2,000 of each, evenly drawn (Vitter's R). */
  readonly samples: Readonly<Record<string, RequestSamples>>
}

export interface RequestSamples {
  /** How many there were before the draw. */
  readonly of: number
  /** When each answer was there, in ms since the load began. */
  readonly at: readonly number[]
  /** Its duration in ms, two decimals. */
  readonly ms: readonly number[]
}

/** `.journeys/reports/<id>-<profile>.json`: everything of one run. */
export interface RunFile {
  readonly schema: 'journeys/loadtest-run/1'
  readonly result: LoadTestResult
  readonly data: RunData
}
