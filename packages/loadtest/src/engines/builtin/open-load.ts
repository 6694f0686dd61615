import { plannedStartMs } from '../../profiles/arrival.ts'
import { phaseAt } from '../../profiles/phase.ts'
import { plannedDurationMs } from '../../profiles/plan.ts'
import type { EngineRun } from '../engine.ts'
import { clockGrainMs, type StartLag } from '../start-lag.ts'
import type { LoadClock } from './load-clock.ts'
import type { ScenarioRounds } from './scenario-rounds.ts'
import { VirtualUser } from './virtual-user.ts'

/**
 * k6's arrival-rate executors: iterations begin when the plan says, and one that finds no free user is dropped, never queued.
 * The user who has been free the longest takes it.
 */
export class OpenLoad {
  readonly #run: EngineRun
  readonly #clock: LoadClock
  readonly #rounds: ScenarioRounds
  readonly #lags: StartLag
  readonly #free: VirtualUser[]
  readonly #busy = new Map<VirtualUser, Promise<void>>()

  constructor(run: EngineRun, clock: LoadClock, rounds: ScenarioRounds, lags: StartLag) {
    this.#run = run
    this.#clock = clock
    this.#rounds = rounds
    this.#lags = lags
    this.#free = run.users.slice(0, run.plan.users).map((user) => new VirtualUser(run, user, clock))
  }

  /** Users at work now. */
  get active(): number {
    return this.#busy.size
  }

  async play(): Promise<void> {
    const { plan } = this.#run
    const endMs = plannedDurationMs(plan)
    for (let arrival = 0; ; arrival++) {
      const dueMs = plannedStartMs(plan, arrival)
      if (dueMs === undefined || dueMs >= endMs) break
      if (dueMs > this.#clock.elapsed()) await this.#clock.until(dueMs)
      const lateMs = this.#clock.elapsed() - dueMs
      // What is due when the time is over is not begun any more; the grain of a timer is not lateness.
      if (this.#clock.stopped || (lateMs > clockGrainMs && dueMs + lateMs >= endMs)) break
      this.#arrive(lateMs)
    }
    const finished = this.#finish()
    const grace = this.#clock.until(endMs + plan.gracefulStopMs).then(() => this.stop())
    await Promise.race([finished, grace])
    await finished
  }

  /** Interrupts everybody. */
  stop(): void {
    for (const user of this.#busy.keys()) user.interrupt()
    for (const user of this.#free) user.leave()
  }

  #arrive(lateMs: number): void {
    const { plan, recorder } = this.#run
    const user = this.#free.shift()
    const phase = phaseAt(plan.stages, this.#clock.elapsed())
    if (!user) {
      recorder.addDropped(Date.now(), phase, 1)
      return
    }
    this.#busy.set(user, this.#visit(user, this.#lags.begun(lateMs, phase)))
  }

  async #visit(user: VirtualUser, lateMs: number): Promise<void> {
    await user.iterate(this.#rounds.next(), lateMs)
    this.#busy.delete(user)
    this.#free.push(user)
  }

  async #finish(): Promise<void> {
    await Promise.all(this.#busy.values())
  }
}
