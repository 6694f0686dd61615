import { JourneysError, requireSetting } from '@journeys/core/ops'
import type { InjectedFault, LostWrites } from './analysis/analysis.ts'
import type { LoadWatch } from './analysis/load-watch.ts'
import { serviceLevel } from './analysis/service-level.ts'
import { StressWatch } from './analysis/stress-watch.ts'
import type { Engine, EngineOutcome, SignedInUser } from './engines/engine.ts'
import { findLostWrites } from './fault/lost-writes.ts'
import type { LoadTestOptions } from './load-test.ts'
import { type LoadPlan, phaseWindows, plannedDurationMs } from './profiles/plan.ts'
import { ProgressReporter } from './progress.ts'
import { Recorder } from './recorder/recorder.ts'
import type { TestUsersResult } from './result.ts'
import type { FinishedRun } from './result-of-run.ts'
import type { ScenarioSource } from './scenarios/scenario-source.ts'
import { shareOf } from './segment.ts'
import type { ServerSide, ServerWatch } from './server/server-side.ts'
import { watchServer } from './server/watch-server.ts'
import type { TestUsers } from './users/test-users.ts'
import { usersOf } from './users/users-of.ts'
import { AbortWatch } from './verdict/abort-watch.ts'
import type { Rules } from './verdict/judge-thresholds.ts'
import { judgedSpans, phaseSpans, secondsOf } from './verdict/phase-span.ts'

/** A token has to outlive the planned load by this: the start of k6, and the last users' graceful end. */
const tokenMarginMs = 10 * 60_000
const watchEveryMs = 500
const nothingDone: EngineOutcome = { warnings: [], generator: { cores: 0 } }

export interface LoadRunOptions {
  readonly options: LoadTestOptions
  readonly plan: LoadPlan
  readonly rules: Rules
  readonly engine: Engine
  readonly scenarios: ScenarioSource
  readonly url: string
  readonly id: string
}

type PlayedRun = Pick<
  FinishedRun,
  'outcome' | 'testUsers' | 'server' | 'fault' | 'lostWrites' | 'lostWritesProblem' | 'endedEarly' | 'abortedBy'
>

/** One load test from its first user to its last. */
export class LoadRun {
  readonly recorder: Recorder
  readonly #run: LoadRunOptions
  readonly #options: LoadTestOptions
  readonly #plan: LoadPlan
  readonly #signal: AbortSignal
  readonly #progress: ProgressReporter
  readonly #abort: AbortWatch
  readonly #watches: readonly LoadWatch[]
  #endedEarly: string | undefined
  #fault: InjectedFault | undefined
  #server: Promise<ServerSide | undefined> | undefined

  constructor(run: LoadRunOptions) {
    const { options, plan, rules, engine } = run
    this.#run = run
    this.#options = options
    this.#plan = plan
    this.#signal = options.signal ?? new AbortController().signal
    this.recorder = new Recorder(plan, [...rules.limits, ...rules.warnings])
    this.#progress = new ProgressReporter(plan, engine, this.recorder, options.onProgress)
    this.#abort = new AbortWatch(plan, this.recorder, rules.limits)
    this.#watches = [
      this.#abort,
      ...(plan.kind === 'stress' ? [new StressWatch(plan, this.recorder, serviceLevel(options.config))] : []),
    ]
  }

  async play(): Promise<PlayedRun> {
    const source = await usersOf(this.#options.target)
    try {
      const leftovers = await source.removeLeftovers()
      const began = performance.now()
      let made = 0
      let madeMs = 0
      let loaded: Loaded = { outcome: nothingDone }
      try {
        const users = await this.#makeUsers(source)
        made = users.length
        madeMs = Math.round(performance.now() - began)
        if (!this.#signal.aborted) loaded = await this.#load(users)
      } catch (error) {
        // Interrupted while users were made: there is a result, an empty one. Everything else is the caller's.
        if (!this.#signal.aborted) {
          await this.#removeUsers(source)
          throw error
        }
      }
      const writes = await this.#lostWrites()
      const removal = await this.#removeUsers(source)
      return {
        ...loaded,
        ...writes,
        fault: this.#fault,
        endedEarly: this.#endedEarly,
        abortedBy: this.#abort.abortedBy,
        testUsers: { made, ms: madeMs, how: source.how, leftovers, ...removal },
      }
    } finally {
      this.#progress.stop()
      await source.close()
    }
  }

  #makeUsers(source: TestUsers): Promise<SignedInUser[]> {
    // A generator with a share of the load needs a share of the users; k6 numbers them over all generators.
    const count = Math.max(1, Math.ceil(this.#plan.users * shareOf(this.#options.k6)))
    this.#progress.users({ made: 0, of: count })
    return source.make({
      run: this.#run.id,
      count,
      lifetimeMs: plannedDurationMs(this.#plan) + tokenMarginMs,
      keep: this.#options.keepData ?? false,
      onProgress: (progress) => this.#progress.users(progress),
      signal: this.#signal,
    })
  }

  async #load(users: SignedInUser[]): Promise<Loaded> {
    const { engine, scenarios, url } = this.#run
    const watch = this.#watchServer()
    await watch?.begin()
    // Ended by a watch, by the fault that could not be injected, or by the caller.
    const end = new AbortController()
    const signal = AbortSignal.any([this.#signal, end.signal])
    const supervision = this.#supervise(end, signal)
    this.#progress.load()
    try {
      const outcome = await engine.run({
        plan: this.#plan,
        scenarios,
        url,
        anonKey: requireSetting(this.#options.target, 'anonKey'),
        users,
        recorder: this.recorder,
        signal,
        k6: this.#options.k6,
      })
      supervision.stop()
      if (supervision.problem) throw supervision.problem
      return { outcome, server: await this.#endWatch(watch) }
    } finally {
      supervision.stop()
      // Closes its connection also when the engine broke down; a second end is none.
      await this.#endWatch(watch)
    }
  }

  #watchServer(): ServerWatch | undefined {
    const { target, processes } = this.#options
    if (!target.databaseUrl && !processes) return undefined
    const windows = phaseWindows(this.#plan).filter(({ judged }) => judged)
    return watchServer({
      databaseUrl: target.databaseUrl,
      processes,
      judgedAt: (elapsedMs) => windows.some(({ startMs, endMs }) => elapsedMs >= startMs && elapsedMs < endMs),
    })
  }

  #endWatch(watch: ServerWatch | undefined): Promise<ServerSide | undefined> {
    const { total, failures, lastedMs } = this.recorder
    const seconds = secondsOf(judgedSpans(phaseSpans(this.#plan, lastedMs)))
    this.#server ??= watch
      ? watch.end({ total: total.judged.figures(seconds), failures: failures.results() })
      : Promise.resolve(undefined)
    return this.#server
  }

  /** Asks the watches while the load runs, and injects the fault when it is due. */
  #supervise(end: AbortController, signal: AbortSignal): { problem: unknown; stop(): void } {
    const state: { problem: unknown; stop(): void } = {
      problem: undefined,
      stop() {
        clearInterval(timer)
        // Nothing is broken any more once the load is over, however early that was.
        end.abort()
      },
    }
    const tick = () => {
      const { startedAt } = this.recorder
      if (startedAt === undefined) return
      const elapsedMs = Date.now() - startedAt
      for (const watch of this.#watches) {
        this.#endedEarly ??= watch.check({ elapsedMs })
      }
      if (this.#endedEarly !== undefined) end.abort()
    }
    const timer = setInterval(tick, watchEveryMs)
    void this.#injectWhenDue(signal).catch((error: unknown) => {
      if (signal.aborted) return
      state.problem = error
      end.abort()
    })
    return state
  }

  async #injectWhenDue(signal: AbortSignal): Promise<void> {
    const { fault } = this.#options
    const { faultAtMs } = this.#plan
    if (!fault || faultAtMs === undefined) return
    while (this.recorder.startedAt === undefined || Date.now() - this.recorder.startedAt < faultAtMs) {
      if (signal.aborted) return
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    const at = Date.now()
    await fault.inject(signal)
    this.#fault = { description: fault.description, at }
  }

  /** Before the users are removed: their rows go with them. */
  async #lostWrites(): Promise<{ lostWrites?: LostWrites; lostWritesProblem?: string }> {
    const { databaseUrl } = this.#options.target
    const { writes } = this.recorder
    if (!this.#plan.trackWrites || writes.length === 0 || this.#signal.aborted) return {}
    if (!databaseUrl) return { lostWritesProblem: 'writes could not be looked for: DATABASE_URL is not set' }
    try {
      return { lostWrites: await findLostWrites(databaseUrl, writes, { signal: this.#signal }) }
    } catch (error) {
      if (!(error instanceof JourneysError)) throw error
      return { lostWritesProblem: `writes could not be looked for: ${error.message}` }
    }
  }

  /** Also after an interruption: the signal does not reach it. */
  async #removeUsers(source: TestUsers): Promise<Pick<TestUsersResult, 'removed' | 'removedMs'>> {
    if (this.#options.keepData) return { removed: false }
    this.#progress.cleanup()
    const began = performance.now()
    try {
      const { left } = await source.remove(this.#run.id)
      return { removed: left === 0, removedMs: Math.round(performance.now() - began) }
    } catch (error) {
      // The measurements are worth more than this error: the report says that users were left, the next run removes them.
      if (error instanceof JourneysError) return { removed: false }
      throw error
    }
  }
}

interface Loaded {
  readonly outcome: EngineOutcome
  readonly server?: ServerSide | undefined
}
