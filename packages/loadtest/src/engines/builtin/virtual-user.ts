import { Client } from 'undici'
import { phaseAt } from '../../profiles/phase.ts'
import type { Scenario } from '../../scenarios/visitor.ts'
import type { EngineRun, SignedInUser } from '../engine.ts'
import { thrownCheck } from '../thrown.ts'
import type { LoadClock } from './load-clock.ts'
import { Visit } from './visit.ts'

/** Shorter than most servers': the connection is ours to close before they do, and a pause is 3 s at most. */
const keepAliveMs = 4_000

/** One signed-in person with a connection of their own, as every real user has. */
export class VirtualUser {
  readonly #run: EngineRun
  readonly #user: SignedInUser
  readonly #clock: LoadClock
  #client: Client | undefined
  #interrupt: (() => void) | undefined

  constructor(run: EngineRun, user: SignedInUser, clock: LoadClock) {
    this.#run = run
    this.#user = user
    this.#clock = clock
  }

  /**
   * Plays one scenario and, in a closed model, thinks about it.
   * @param lateMs how long after the plan it begins; part of its first answer's time
   * @returns false when it was interrupted: then it does not count
   */
  iterate(name: string, lateMs = 0): Promise<boolean> {
    const { plan, recorder, scenarios } = this.#run
    const scenario = scenarios.scenarios[name] as Scenario
    const phaseNow = () => phaseAt(plan.stages, this.#clock.elapsed())
    const phase = phaseNow()
    this.#client ??= this.#connection()
    const visit = new Visit({
      run: this.#run,
      user: this.#user,
      client: this.#client,
      scenario: name,
      lateMs,
      phaseNow,
    })
    return new Promise((resolve) => {
      let over = false
      const end = (whole: boolean) => {
        over = true
        visit.end()
        this.#interrupt = undefined
        resolve(whole)
      }
      this.#interrupt = () => end(false)
      const play = async () => {
        try {
          await scenario(visit)
        } catch (error) {
          visit.check(thrownCheck(error), false)
        }
        if (plan.model === 'closed') await visit.pause()
        if (over) return
        recorder.addIteration(Date.now(), name, phase)
        end(true)
      }
      void play()
    })
  }

  /** Gives up the iteration under way, with its request. */
  interrupt(): void {
    this.#interrupt?.()
    this.leave()
  }

  /** Closes the connection; the next iteration opens another one. */
  leave(): void {
    void this.#client?.destroy()
    this.#client = undefined
  }

  #connection(): Client {
    const timeout = this.#run.plan.requestTimeoutMs
    return new Client(this.#run.url, {
      connect: { timeout },
      headersTimeout: timeout,
      bodyTimeout: timeout,
      keepAliveTimeout: keepAliveMs,
    })
  }
}
