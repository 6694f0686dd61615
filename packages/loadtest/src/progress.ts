import type { Engine } from './engines/engine.ts'
import { phaseAt } from './profiles/phase.ts'
import { type LoadPlan, plannedDurationMs } from './profiles/plan.ts'
import type { Recorder } from './recorder/recorder.ts'
import type { UserProgress } from './users/test-users.ts'

/** What is going on, for a live line in the terminal. */
export interface LoadProgress {
  /**
   * `users`: being made. `starting`: the engine is, and no user is there yet. `cleanup`: users are being removed. Else the plan's
   * phase.
   */
  readonly phase: string
  readonly engine: { readonly name: 'k6' | 'builtin'; readonly version: string }
  /** Of the load; 0 before it. */
  readonly elapsedMs: number
  /** Planned. */
  readonly totalMs: number
  /** In phase `users`: made so far; during the load: active now. */
  readonly users: number
  readonly plannedUsers: number
  /** Over the last seconds. */
  readonly rps: number
  readonly p95Ms?: number
  readonly requests: number
  /** So far. */
  readonly errors: number
  /** With repeats: which run this is. */
  readonly run?: { readonly number: number; readonly of: number }
}

const intervalMs = 500

/** Turns what the recorder knows into a report every half second. */
export class ProgressReporter {
  readonly #plan: LoadPlan
  readonly #engine: Engine
  readonly #recorder: Recorder
  readonly #report: ((progress: LoadProgress) => void) | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(
    plan: LoadPlan,
    engine: Engine,
    recorder: Recorder,
    report: ((progress: LoadProgress) => void) | undefined,
  ) {
    this.#plan = plan
    this.#engine = engine
    this.#recorder = recorder
    this.#report = report
  }

  users({ made }: UserProgress): void {
    this.#send('users', { users: made })
  }

  load(): void {
    if (!this.#report) return
    this.#tick()
    this.#timer = setInterval(() => this.#tick(), intervalMs)
    this.#timer.unref()
  }

  cleanup(): void {
    this.stop()
    this.#send('cleanup', { users: 0, elapsedMs: this.#recorder.lastedMs })
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #tick(): void {
    const { startedAt, users, timeline } = this.#recorder
    if (startedAt === undefined) {
      this.#send('starting', { users: 0 })
      return
    }
    const elapsedMs = Date.now() - startedAt
    const { rate, p95 } = timeline.recent()
    this.#send(phaseAt(this.#plan.stages, elapsedMs), {
      users,
      elapsedMs,
      rps: rate,
      ...(p95 === undefined ? {} : { p95Ms: p95 }),
    })
  }

  #send(phase: string, now: Partial<LoadProgress> & { users: number }): void {
    const { requests, errors } = this.#recorder.total.whole
    this.#report?.({
      phase,
      engine: { name: this.#engine.name, version: this.#engine.version },
      elapsedMs: 0,
      totalMs: plannedDurationMs(this.#plan),
      plannedUsers: this.#plan.users,
      rps: 0,
      requests,
      errors,
      ...now,
    })
  }
}
