import type { EngineRun } from '../engine.ts'
import type { LoadClock } from './load-clock.ts'
import type { ScenarioRounds } from './scenario-rounds.ts'
import { userSteps } from './user-steps.ts'
import { VirtualUser } from './virtual-user.ts'

/** A place in the plan's number of users, and who fills it. */
interface Place {
  readonly user: VirtualUser
  /** Begins further iterations. */
  wanted: boolean
  living: Promise<void> | undefined
}

/** k6's `ramping-vus`: each user begins the next iteration when the last one is over. */
export class ClosedLoad {
  readonly #run: EngineRun
  readonly #clock: LoadClock
  readonly #rounds: ScenarioRounds
  readonly #places: Place[] = []
  #wanted = 0
  #allowed = 0
  #active = 0

  constructor(run: EngineRun, clock: LoadClock, rounds: ScenarioRounds) {
    this.#run = run
    this.#clock = clock
    this.#rounds = rounds
  }

  /** Users at work now. */
  get active(): number {
    return this.#active
  }

  async play(): Promise<void> {
    const { planned, allowed } = userSteps(this.#run.plan)
    let next = 0
    for (const step of planned) {
      for (let late = allowed[next]; late && late.atMs < step.atMs; late = allowed[++next]) {
        await this.#clock.until(late.atMs)
        this.#allow(late.users)
      }
      await this.#clock.until(step.atMs)
      if (this.#clock.stopped) return
      this.#want(step.users)
    }
    const finished = Promise.all(this.#places.map(({ living }) => living))
    const allowRest = async () => {
      for (const late of allowed.slice(next)) {
        await this.#clock.until(late.atMs)
        this.#allow(late.users)
      }
    }
    await Promise.race([finished, allowRest()])
    await finished
  }

  /** Interrupts everybody. */
  stop(): void {
    for (const place of this.#places) {
      place.wanted = false
      place.user.interrupt()
    }
  }

  #want(users: number): void {
    for (; this.#wanted < users; this.#wanted++) {
      const place = this.#places[this.#wanted] ?? this.#place(this.#wanted)
      this.#places[this.#wanted] = place
      place.wanted = true
      // Who was still finishing just goes on.
      place.living ??= this.#live(place)
    }
    while (this.#wanted > users) (this.#places[--this.#wanted] as Place).wanted = false
  }

  #allow(users: number): void {
    while (this.#allowed > users) {
      const place = this.#places[--this.#allowed]
      if (!place) continue
      place.wanted = false
      place.user.interrupt()
    }
    this.#allowed = users
  }

  #place(index: number): Place {
    const signedIn = this.#run.users[index % this.#run.users.length]
    if (!signedIn) throw new RangeError('a load needs at least one user')
    return { user: new VirtualUser(this.#run, signedIn, this.#clock), wanted: false, living: undefined }
  }

  async #live(place: Place): Promise<void> {
    this.#active++
    while (place.wanted && !this.#clock.stopped) {
      await place.user.iterate(this.#rounds.next())
    }
    this.#active--
    place.user.leave()
    place.living = undefined
  }
}
