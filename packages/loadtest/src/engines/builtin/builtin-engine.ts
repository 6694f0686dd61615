import { monitorEventLoopDelay } from 'node:perf_hooks'
import { usersAt } from '../../profiles/phase.ts'
import { plannedDurationMs } from '../../profiles/plan.ts'
import type { ScenarioName } from '../../scenarios/index.ts'
import type { Engine, EngineOutcome, EngineRun, SignedInUser } from '../engine.ts'
import { VirtualUser } from './virtual-user.ts'

declare const __JOURNEYS_VERSION__: string

/** How often the number of users is brought to the plan. */
const rampStepMs = 50
/** An event loop this late adds that much to what it measures. */
const busyLoopMs = 50

/** The fallback where there is no k6: the same scenarios, users and clock, in this process. */
export const builtinEngine: Engine = {
  name: 'builtin',
  version: __JOURNEYS_VERSION__,
  async run(run: EngineRun): Promise<EngineOutcome> {
    const loop = monitorEventLoopDelay({ resolution: 10 })
    loop.enable()
    try {
      await playPlan(run)
    } finally {
      loop.disable()
    }
    const lateMs = Math.max(0, loop.percentile(99) / 1e6 - 10)
    return {
      warnings:
        lateMs > busyLoopMs
          ? [
              `the load generator itself was busy: 1 in 100 of its turns came ${Math.round(lateMs)} ms late, and the response times include that`,
            ]
          : [],
    }
  },
}

async function playPlan(run: EngineRun): Promise<void> {
  const { plan, recorder, signal } = run
  const sleeper = new Sleeper(signal)
  const startedAt = Date.now()
  const endMs = plannedDurationMs(plan)
  const elapsed = () => Date.now() - startedAt
  const wanted = () => usersAt(plan.stages, elapsed())
  const people = new Map<number, { person: VirtualUser; done: Promise<void> }>()
  let iteration = 0
  recorder.start(startedAt)

  const live = async (index: number, person: VirtualUser): Promise<void> => {
    // As k6: who is no longer wanted finishes what they are doing.
    while (!signal.aborted && index < wanted()) {
      await person.iterate(plan.round[iteration++ % plan.round.length] as ScenarioName)
    }
    await person.leave()
    people.delete(index)
  }
  const leaveAll = () => {
    for (const { person } of people.values()) void person.leave()
  }
  signal.addEventListener('abort', leaveAll, { once: true })
  const reporting = setInterval(() => recorder.setUsers(Date.now(), people.size), 500)
  try {
    while (!signal.aborted && elapsed() < endMs) {
      const target = wanted()
      for (let index = 0; index < target; index++) {
        if (people.has(index)) continue
        const person = new VirtualUser(run, run.users[index] as SignedInUser, startedAt, (ms) => sleeper.sleep(ms))
        people.set(index, { person, done: live(index, person) })
      }
      await sleeper.sleep(rampStepMs)
    }
    await Promise.all([...people.values()].map(({ done }) => done))
  } finally {
    clearInterval(reporting)
    signal.removeEventListener('abort', leaveAll)
  }
}

/** Pauses that all end when the run is stopped, so that a thousand thinking users do not delay Ctrl-C. */
class Sleeper {
  readonly #signal: AbortSignal
  readonly #sleeping = new Map<NodeJS.Timeout, () => void>()

  constructor(signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener('abort', () => this.#wakeAll(), { once: true })
  }

  sleep(ms: number): Promise<void> {
    if (this.#signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#sleeping.delete(timer)
        resolve()
      }, ms)
      this.#sleeping.set(timer, resolve)
    })
  }

  #wakeAll(): void {
    for (const [timer, wake] of this.#sleeping) {
      clearTimeout(timer)
      wake()
    }
    this.#sleeping.clear()
  }
}
