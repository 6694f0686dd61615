import { type Phase, phaseAt, phases } from '../profiles/phase.ts'
import type { LoadPlan } from '../profiles/plan.ts'
import type { FailureResult, LatencyBucket } from '../result.ts'
import { type ScenarioName, scenarioNames } from '../scenarios/index.ts'
import { Part } from './part.ts'
import { Timeline } from './timeline.ts'

export interface RequestSample {
  /** When the answer was there (or given up), as `Date.now()`. */
  readonly at: number
  readonly scenario: ScenarioName
  /** Of the moment in which the request was sent. */
  readonly phase: Phase
  readonly name: string
  /** 0: no answer. */
  readonly status: number
  readonly failed: boolean
  readonly durationMs: number
  readonly error?: string | undefined
}

/** Kinds of failure kept apart; after that they are counted as `other`. */
const mostFailures = 50
const bucketsPerDecade = 10

/** Everything an engine measures comes together here: both engines feed it the same samples. */
export class Recorder {
  readonly total: Readonly<Record<'steady' | 'whole', Part>> = { steady: new Part(), whole: new Part() }
  readonly scenarios = new Map(scenarioNames.map((name) => [name, { steady: new Part(), whole: new Part() }] as const))
  readonly requests = new Map<string, { steady: Part; whole: Part }>()
  readonly failures = new Map<string, FailureResult & { count: number }>()
  readonly failedChecks = new Map<string, { scenario: ScenarioName; name: string; count: number }>()
  readonly timeline: Timeline
  readonly #buckets = new Map<number, number>()
  #startedAt: number | undefined
  #lastAt = 0
  #users = 0
  #mostUsers = 0

  constructor(plan: LoadPlan) {
    this.timeline = new Timeline((second) => phaseAt(plan.stages, second * 1000))
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
    const elapsed = this.#elapsed(sample.at)
    this.timeline.request(elapsed, sample.failed, sample.durationMs)
    for (const part of this.#parts(sample.scenario, sample.phase)) {
      part.add(sample.status, sample.failed, sample.durationMs)
    }
    const named = this.requests.get(sample.name) ?? { steady: new Part(), whole: new Part() }
    this.requests.set(sample.name, named)
    named.whole.add(sample.status, sample.failed, sample.durationMs)
    if (sample.phase === 'steady') {
      named.steady.add(sample.status, sample.failed, sample.durationMs)
      const bucket = Math.floor(Math.log10(Math.max(0.1, sample.durationMs)) * bucketsPerDecade)
      if (sample.status !== 0) this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1)
    }
    if (sample.failed) this.#addFailure(sample)
  }

  addIteration(at: number, scenario: ScenarioName, phase: Phase): void {
    this.#elapsed(at)
    for (const part of this.#parts(scenario, phase)) part.iterations++
  }

  addCheck(scenario: ScenarioName, phase: Phase, name: string, passed: boolean): void {
    for (const part of this.#parts(scenario, phase)) {
      if (passed) part.checksPassed++
      else part.checksFailed++
    }
    if (passed) return
    const key = `${scenario}\n${name}`
    const failed = this.failedChecks.get(key) ?? { scenario, name, count: 0 }
    failed.count++
    this.failedChecks.set(key, failed)
  }

  setUsers(at: number, users: number): void {
    this.timeline.users(this.#elapsed(at), users)
    this.#users = users
    this.#mostUsers = Math.max(this.#mostUsers, users)
  }

  /** Answers of the steady part by how long they took: ten buckets for every power of ten. */
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

  #parts(scenario: ScenarioName, phase: Phase): Part[] {
    const own = this.scenarios.get(scenario)
    const parts = own ? [this.total.whole, own.whole] : [this.total.whole]
    if (phase === 'steady') parts.push(this.total.steady, ...(own ? [own.steady] : []))
    return parts
  }

  #addFailure({ name, status, error }: RequestSample): void {
    const key = `${name}\n${status}\n${error ?? ''}`
    const known = this.failures.get(key)
    if (known) {
      known.count++
    } else if (this.failures.size < mostFailures) {
      this.failures.set(key, { name, status, ...(status === 0 && error ? { error } : {}), count: 1 })
    } else {
      const other = this.failures.get('other') ?? { name: 'other', status: 0, error: 'other failures', count: 0 }
      other.count++
      this.failures.set('other', other)
    }
  }

  #elapsed(at: number): number {
    this.#startedAt ??= at
    this.#lastAt = Math.max(this.#lastAt, at)
    return at - this.#startedAt
  }
}

/** A tag as k6 wrote it, or `undefined` when it is none of ours. */
export function asPhase(text: string | undefined): Phase | undefined {
  return phases.find((phase) => phase === text)
}
