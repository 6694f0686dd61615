import type { Engine, EngineOutcome, EngineRun } from '../engine.ts'
import { refuseK6Options } from '../k6/check-options.ts'
import { StartLag } from '../start-lag.ts'
import { ClosedLoad } from './closed-load.ts'
import { LoadClock } from './load-clock.ts'
import { OpenLoad } from './open-load.ts'
import { OwnUsage } from './own-usage.ts'
import { ScenarioRounds } from './scenario-rounds.ts'

declare const __JOURNEYS_VERSION__: string

const reportMs = 500

/** The fallback where there is no k6: the same scenarios, users and clock, in this process. */
export const builtinEngine: Engine = {
  name: 'builtin',
  version: __JOURNEYS_VERSION__,
  async run(run: EngineRun): Promise<EngineOutcome> {
    refuseK6Options(run.k6)
    const usage = new OwnUsage()
    const lags = new StartLag(run.recorder)
    try {
      await playPlan(run, lags)
    } finally {
      usage.stop()
    }
    return { warnings: [], generator: usage.load(lags.p99()) }
  },
}

async function playPlan(run: EngineRun, lags: StartLag): Promise<void> {
  const { plan, recorder, signal } = run
  if (signal.aborted) return
  const clock = new LoadClock()
  const rounds = new ScenarioRounds(plan.round)
  const load = plan.model === 'closed' ? new ClosedLoad(run, clock, rounds) : new OpenLoad(run, clock, rounds, lags)
  const stop = () => {
    clock.stop()
    load.stop()
  }
  recorder.start(clock.startedAt)
  signal.addEventListener('abort', stop, { once: true })
  const reporting = setInterval(() => recorder.setUsers(Date.now(), load.active), reportMs)
  try {
    await load.play()
  } finally {
    clearInterval(reporting)
    signal.removeEventListener('abort', stop)
    stop()
  }
}
