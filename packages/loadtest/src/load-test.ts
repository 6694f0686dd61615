import { randomBytes } from 'node:crypto'
import { type Config, type Environment, JourneysError, requireSetting } from '@journeys/core/ops'
import { chooseEngine, type EngineChoice } from './engines/choose-engine.ts'
import type { Engine, EngineOutcome, SignedInUser } from './engines/engine.ts'
import { mayLoad } from './permission.ts'
import { type LoadPlan, planLoad, plannedDurationMs } from './profiles/plan.ts'
import { findProfile } from './profiles/profile.ts'
import { type LoadProgress, ProgressReporter } from './progress.ts'
import { Recorder } from './recorder/recorder.ts'
import { writeReport } from './report/write-report.ts'
import type { LoadTestResult, TestUsersResult } from './result.ts'
import { resultOf } from './result-of-run.ts'
import { apiUsers } from './users/api-users.ts'
import { databaseUsers } from './users/database-users.ts'
import type { TestUsers } from './users/test-users.ts'

export interface LoadTestOptions {
  readonly target: Environment
  readonly config: Config
  /** A name in `config.loadtest.profiles`. */
  readonly profile: string
  /** `auto`: k6 when it is found, else the built-in engine. */
  readonly engine: EngineChoice
  /** Instead of the profile's. */
  readonly users?: number | undefined
  /** Of the whole run, `40s` or seconds: the profile's stages are scaled to it. */
  readonly duration?: string | number | undefined
  /** The users and what they wrote stay in the database. @defaultValue false */
  readonly keepData?: boolean | undefined
  /** The HTML report goes there; made when missing. */
  readonly reportFolder: string
  /** Every half second. */
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined
  /** Ends the load at once; users are removed and the report is written all the same. */
  readonly signal?: AbortSignal | undefined
  /** The environment's name, typed by a person: needed when the target is not this machine. */
  readonly confirm?: string | undefined
  readonly processEnv: NodeJS.ProcessEnv
}

/** A token has to outlive the planned load by this: the start of k6, and the last users' graceful end. */
const tokenMarginMs = 10 * 60_000

/**
 * Makes users, puts the profile's load on the target, judges it, removes the users and writes the report.
 *
 * @returns the result also when thresholds failed or the run was interrupted: `exitCode` says so (0, 99, 5, 1, 130)
 * @throws JourneysError when there is no result: wrong profile or numbers (2), a target that must not be loaded (2), users
 *   that could not be made, k6 that broke down (1), a target that cannot be reached (4). Users made until then are removed.
 */
export async function runLoadTest(options: LoadTestOptions): Promise<LoadTestResult> {
  const { target, config, profile } = options
  mayLoad(target, options.confirm)
  const url = requireSetting(target, 'supabaseUrl')
  const plan = planLoad({
    profile,
    settings: findProfile(config, profile),
    weights: config.loadtest.weights,
    users: options.users,
    duration: options.duration,
  })
  const engine = await chooseEngine(options.engine, options.processEnv)
  const startedAt = new Date()
  const id = runId(startedAt)
  const run = new Run(options, plan, engine, id, url)
  const { outcome, testUsers } = await run.play()
  const result = resultOf({ id, url, options, plan, engine, startedAt, recorder: run.recorder, outcome, testUsers })
  return writeReport(result, options.reportFolder)
}

/** One load test from its first user to its last. */
class Run {
  readonly recorder: Recorder
  readonly #options: LoadTestOptions
  readonly #plan: LoadPlan
  readonly #engine: Engine
  readonly #id: string
  readonly #url: string
  readonly #signal: AbortSignal
  readonly #progress: ProgressReporter

  constructor(options: LoadTestOptions, plan: LoadPlan, engine: Engine, id: string, url: string) {
    this.#options = options
    this.#plan = plan
    this.#engine = engine
    this.#id = id
    this.#url = url
    this.#signal = options.signal ?? new AbortController().signal
    this.recorder = new Recorder(plan)
    this.#progress = new ProgressReporter(plan, engine, this.recorder, options.onProgress)
  }

  async play(): Promise<{ outcome: EngineOutcome; testUsers: TestUsersResult }> {
    const { target } = this.#options
    const source = target.databaseUrl ? await databaseUsers(target, target.databaseUrl) : apiUsers(target)
    try {
      const leftovers = await source.removeLeftovers()
      const began = performance.now()
      let made = 0
      let madeMs = 0
      let outcome: EngineOutcome
      try {
        const users = await this.#makeUsers(source)
        made = users.length
        madeMs = Math.round(performance.now() - began)
        outcome = this.#signal.aborted ? { warnings: [] } : await this.#load(users)
      } catch (error) {
        // Interrupted while users were made: there is a result, an empty one. Everything else is the caller's.
        if (!this.#signal.aborted) {
          await this.#removeUsers(source)
          throw error
        }
        outcome = { warnings: [] }
      }
      const removal = await this.#removeUsers(source)
      return { outcome, testUsers: { made, ms: madeMs, how: source.how, leftovers, ...removal } }
    } finally {
      this.#progress.stop()
      await source.close()
    }
  }

  #makeUsers(source: TestUsers): Promise<SignedInUser[]> {
    this.#progress.users({ made: 0, of: this.#plan.users })
    return source.make({
      run: this.#id,
      count: this.#plan.users,
      lifetimeMs: plannedDurationMs(this.#plan) + tokenMarginMs,
      keep: this.#options.keepData ?? false,
      onProgress: (progress) => this.#progress.users(progress),
      signal: this.#signal,
    })
  }

  #load(users: SignedInUser[]): Promise<EngineOutcome> {
    this.#progress.load()
    const { target } = this.#options
    return this.#engine.run({
      plan: this.#plan,
      url: this.#url,
      anonKey: requireSetting(target, 'anonKey'),
      users,
      recorder: this.recorder,
      signal: this.#signal,
    })
  }

  /** Also after an interruption: the signal does not reach it. */
  async #removeUsers(source: TestUsers): Promise<Pick<TestUsersResult, 'removed' | 'removedMs'>> {
    if (this.#options.keepData) return { removed: false }
    this.#progress.cleanup()
    const began = performance.now()
    try {
      const { left } = await source.remove(this.#id)
      return { removed: left === 0, removedMs: Math.round(performance.now() - began) }
    } catch (error) {
      // The measurements are worth more than this error: the report says that users were left, the next run removes them.
      if (error instanceof JourneysError) return { removed: false }
      throw error
    }
  }
}

/** `20261123-140211-9f3a`: sorts by time, and two runs of one second differ. */
function runId(startedAt: Date): string {
  const [day, time] = startedAt.toISOString().replace(/[-:]/g, '').split(/[T.]/) as [string, string]
  return `${day}-${time}-${randomBytes(2).toString('hex')}`
}
