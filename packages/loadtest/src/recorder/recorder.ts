import type { ThresholdRule } from '@journeys/core/ops'
import { OutageLog } from '../analysis/outage-log.ts'
import type { ConfirmedWrite } from '../fault/lost-writes.ts'
import { phaseAt } from '../profiles/phase.ts'
import type { LoadPlan } from '../profiles/plan.ts'
import type { LatencyBucket, RunData } from '../result.ts'
import { type FailureDetail, Failures } from './failures.ts'
import { LatencyHistogram } from './latency-histogram.ts'
import { Part } from './part.ts'
import { Reservoir } from './reservoir.ts'
import { Submetrics } from './submetrics.ts'
import { Timeline } from './timeline.ts'

export interface RequestSample {
  /** When the answer was there (or given up), as `Date.now()`. */
  readonly at: number
  readonly scenario: string
  /** Of the moment in which the request was sent. */
  readonly phase: string
  readonly name: string
  /** 0: no answer. */
  readonly status: number
  readonly failed: boolean
  /** In an open model with the lateness of the iteration's start. */
  readonly durationMs: number
  readonly error?: string | undefined
}

/** `judged`: what fell into a judged phase. `whole`: everything. */
export interface Parts {
  readonly judged: Part
  readonly whole: Part
}

/** One phase, judged or not. */
export interface PhaseParts {
  readonly total: Part
  readonly scenarios: Map<string, Part>
  /** Open model: how late iterations were begun. */
  readonly startLag: LatencyHistogram
  readonly iterations: number
  readonly dropped: number
}

const bucketsPerDecade = 10

/** Everything an engine measures comes together here: both engines feed it the same samples. Memory is bounded. */
export class Recorder {
  readonly total: Parts = newParts()
  readonly scenarios: ReadonlyMap<string, Parts>
  readonly requests = new Map<string, Parts>()
  readonly phases = new Map<string, PhaseParts>()
  /** What thresholds with tags look at. */
  readonly submetrics: Submetrics
  readonly failures = new Failures()
  /** Of the judged phases. */
  readonly failedChecks = new Map<string, { scenario: string; name: string; count: number }>()
  readonly timeline: Timeline
  /** `recovery`: the moments after the fault. */
  readonly outage: OutageLog | undefined
  /** Every write that was answered 2xx, when the plan asks for them. */
  readonly writes: ConfirmedWrite[] = []
  readonly #judged: ReadonlySet<string>
  readonly #samples = new Map<string, Reservoir>()
  readonly #buckets = new Map<number, number>()
  #startedAt: number | undefined
  #lastAt = 0
  #users = 0
  #mostUsers = 0

  /** @param rules those with tags get figures of their own, as k6's sub-metrics */
  constructor(plan: LoadPlan, rules: readonly ThresholdRule[] = []) {
    const names = Object.keys(plan.weights).filter((name) => (plan.weights[name] ?? 0) > 0)
    this.scenarios = new Map(names.map((name) => [name, newParts()]))
    this.submetrics = new Submetrics(rules)
    this.timeline = new Timeline((second) => phaseAt(plan.stages, second * 1000))
    this.outage = plan.faultAtMs === undefined ? undefined : new OutageLog(plan.faultAtMs)
    this.#judged = new Set(plan.stages.filter(({ judged }) => judged).map(({ phase }) => phase))
  }

  /** When the load began, as `Date.now()`; `undefined` before. */
  get startedAt(): number | undefined {
    return this.#startedAt
  }

  /** How long the load lasted up to its last sample. */
  get lastedMs(): number {
    return this.#startedAt === undefined ? 0 : Math.max(0, this.#lastAt - this.#startedAt)
  }

  get users(): number {
    return this.#users
  }

  get mostUsers(): number {
    return this.#mostUsers
  }

  start(at: number): void {
    this.#startedAt ??= at
  }

  addRequest(sample: RequestSample): void {
    const { scenario, phase, name, status, failed, durationMs } = sample
    const elapsed = this.#elapsed(sample.at)
    this.timeline.request(elapsed, failed, durationMs)
    this.outage?.request(elapsed, failed, durationMs)
    for (const part of this.#parts(scenario, phase)) part.add(status, failed, durationMs)
    const named = this.#named(name)
    named.whole.add(status, failed, durationMs)
    if (this.#judged.has(phase)) {
      named.judged.add(status, failed, durationMs)
      if (status !== 0) this.#sample(name, elapsed, durationMs)
    }
    for (const part of this.submetrics.matching(sample)) part.add(status, failed, durationMs)
    if (failed) this.failures.add(sample, elapsed)
  }

  /** What a failed answer said: the first of each kind is kept. */
  addFailureDetail(detail: FailureDetail): void {
    this.failures.addDetail(detail)
  }

  addIteration(at: number, scenario: string, phase: string): void {
    this.#elapsed(at)
    for (const part of [...this.#parts(scenario, phase), ...this.submetrics.matching({ scenario, phase })]) {
      part.iterations++
    }
  }

  /** Planned iterations that found no free user. */
  addDropped(at: number, phase: string, count: number): void {
    this.timeline.dropped(this.#elapsed(at), count)
    const { total } = this.#phase(phase)
    const parts = [this.total.whole, total, ...this.submetrics.matching({ phase })]
    if (this.#judged.has(phase)) parts.push(this.total.judged)
    for (const part of parts) part.dropped += count
  }

  /** Open model: how late one iteration was begun. */
  addStartLag(ms: number, phase: string): void {
    this.#phase(phase).startLag.record(ms)
  }

  addCheck(scenario: string, phase: string, name: string, passed: boolean): void {
    for (const part of [...this.#parts(scenario, phase), ...this.submetrics.matching({ scenario, phase })]) {
      part.addCheck(passed)
    }
    if (passed || !this.#judged.has(phase)) return
    const key = `${scenario}\n${name}`
    const failed = this.failedChecks.get(key) ?? { scenario, name, count: 0 }
    failed.count++
    this.failedChecks.set(key, failed)
  }

  addWrite(write: ConfirmedWrite): void {
    this.writes.push(write)
  }

  setUsers(at: number, users: number): void {
    this.timeline.users(this.#elapsed(at), users)
    this.#users = users
    this.#mostUsers = Math.max(this.#mostUsers, users)
  }

  /** Answers of the judged part by how long they took: ten buckets for every power of ten. */
  distribution(): LatencyBucket[] {
    const keys = [...this.#buckets.keys()].sort((a, b) => a - b)
    const first = keys[0]
    const last = keys.at(-1)
    if (first === undefined || last === undefined) return []
    return Array.from({ length: last - first + 1 }, (_, index) => ({
      fromMs: 10 ** ((first + index) / bucketsPerDecade),
      toMs: 10 ** ((first + index + 1) / bucketsPerDecade),
      requests: this.#buckets.get(first + index) ?? 0,
    }))
  }

  /** What is too large for a screen. */
  data(): RunData {
    const encoded = (parts: Iterable<[string, Part]>) =>
      Object.fromEntries([...parts].map(([name, part]) => [name, part.latency.encode()]))
    const judged = (parts: Iterable<[string, Parts]>) => encoded([...parts].map(([name, one]) => [name, one.judged]))
    const phases = [...this.phases].filter(([phase]) => this.#judged.has(phase))
    return {
      histograms: {
        total: this.total.judged.latency.encode(),
        scenarios: judged(this.scenarios),
        requests: judged(this.requests),
        phases: Object.fromEntries(
          phases.map(([phase, { total, scenarios }]) => [
            phase,
            { total: total.latency.encode(), scenarios: encoded(scenarios) },
          ]),
        ),
      },
      samples: Object.fromEntries([...this.#samples].map(([name, drawn]) => [name, drawn.samples()])),
    }
  }

  #sample(name: string, elapsedMs: number, durationMs: number): void {
    const bucket = Math.floor(Math.log10(Math.max(0.1, durationMs)) * bucketsPerDecade)
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1)
    let drawn = this.#samples.get(name)
    if (!drawn) {
      drawn = new Reservoir()
      this.#samples.set(name, drawn)
    }
    drawn.add(elapsedMs, durationMs)
  }

  #parts(scenario: string, phase: string): Part[] {
    const own = this.scenarios.get(scenario)
    const inPhase = this.#phase(phase)
    const parts = [this.total.whole, inPhase.total, scenarioPart(inPhase.scenarios, scenario)]
    if (own) parts.push(own.whole)
    if (!this.#judged.has(phase)) return parts
    parts.push(this.total.judged)
    if (own) parts.push(own.judged)
    return parts
  }

  #named(name: string): Parts {
    let named = this.requests.get(name)
    if (!named) {
      named = newParts()
      this.requests.set(name, named)
    }
    return named
  }

  #phase(phase: string): PhaseParts {
    let parts = this.phases.get(phase)
    if (!parts) {
      const total = new Part()
      parts = {
        total,
        scenarios: new Map(),
        startLag: new LatencyHistogram(),
        get iterations() {
          return total.iterations
        },
        get dropped() {
          return total.dropped
        },
      }
      this.phases.set(phase, parts)
    }
    return parts
  }

  #elapsed(at: number): number {
    this.#startedAt ??= at
    this.#lastAt = Math.max(this.#lastAt, at)
    return at - this.#startedAt
  }
}

function newParts(): Parts {
  return { judged: new Part(), whole: new Part() }
}

function scenarioPart(scenarios: Map<string, Part>, name: string): Part {
  let part = scenarios.get(name)
  if (!part) {
    part = new Part()
    scenarios.set(name, part)
  }
  return part
}
