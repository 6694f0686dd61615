import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { builtinEngine } from '../../packages/loadtest/src/engines/builtin/builtin-engine.ts'
import type { Engine, EngineOutcome, EngineRun } from '../../packages/loadtest/src/engines/engine.ts'
import { k6Engine } from '../../packages/loadtest/src/engines/k6/k6-engine.ts'
import { findK6 } from '../../packages/loadtest/src/k6/find-k6.ts'
import type { LoadPlan } from '../../packages/loadtest/src/profiles/plan.ts'
import type { Recorder } from '../../packages/loadtest/src/recorder/recorder.ts'
import { scenarios } from './engine-scenarios.ts'

const k6 = await findK6(process.env)

/** Both engines by name; without k6 only the built-in one, and the name says so. */
export const engines: readonly (readonly [name: string, engine: Engine])[] = [
  ['the built-in engine', builtinEngine],
  ...(k6 ? ([['k6', k6Engine(k6)]] as const) : []),
]
export const k6Path = k6?.path

/** A plan of one scenario, `visit`, without think time, for as many users as its highest target. */
export function planOf(plan: Partial<LoadPlan> & Pick<LoadPlan, 'executor' | 'stages'>): LoadPlan {
  const { executor, stages } = plan
  const model = executor === 'ramping-vus' ? 'closed' : 'open'
  return {
    profile: 'test',
    kind: 'load',
    model,
    users: Math.max(...stages.map(({ target }) => target)),
    start: 0,
    gracefulStopMs: 3000,
    gracefulRampDownMs: 3000,
    thinkTime: { minMs: 0, maxMs: 0 },
    weights: { visit: 1 },
    round: ['visit'],
    requestTimeoutMs: 10_000,
    trackWrites: false,
    ...plan,
  }
}

export const stage = (seconds: number, target: number, phase = 'steady') => ({
  phase,
  judged: true,
  durationMs: seconds * 1000,
  target,
})

type Calls<Method extends keyof Recorder> = Recorder[Method] extends (...values: infer Values) => unknown
  ? Values[]
  : never

/** Everything that an engine told the recorder, one by one. */
export class Told {
  startedAt: number | undefined
  readonly requests: Calls<'addRequest'>[number][0][] = []
  readonly failureDetails: Calls<'addFailureDetail'>[number][0][] = []
  readonly iterations: { at: number; scenario: string; phase: string }[] = []
  readonly dropped: { at: number; phase: string; count: number }[] = []
  readonly startLags: number[] = []
  readonly checks: { name: string; passed: boolean }[] = []
  readonly writes: Calls<'addWrite'>[number][0][] = []
  readonly users: { at: number; users: number }[] = []

  recorder(): Recorder {
    const told = this
    const recorder = {
      get startedAt() {
        return told.startedAt
      },
      start: (at: number) => {
        told.startedAt = at
      },
      addRequest: (sample: (typeof told.requests)[number]) => told.requests.push(sample),
      addFailureDetail: (detail: (typeof told.failureDetails)[number]) => told.failureDetails.push(detail),
      addIteration: (at: number, scenario: string, phase: string) => told.iterations.push({ at, scenario, phase }),
      addDropped: (at: number, phase: string, count: number) => told.dropped.push({ at, phase, count }),
      addStartLag: (ms: number) => told.startLags.push(ms),
      addCheck: (_scenario: string, _phase: string, name: string, passed: boolean) =>
        told.checks.push({ name, passed }),
      addWrite: (write: (typeof told.writes)[number]) => told.writes.push(write),
      setUsers: (at: number, users: number) => told.users.push({ at, users }),
    }
    return recorder as unknown as Recorder
  }

  get droppedCount(): number {
    return this.dropped.reduce((sum, { count }) => sum + count, 0)
  }
}

export interface Play {
  readonly told: Told
  readonly outcome: EngineOutcome
  /** From the begin of the load to the end of the engine, in ms. */
  readonly lastedMs: number
}

/** Plays a plan on an engine against a server, with the scenarios of engine-scenarios.ts. */
export async function play(
  engine: Engine,
  plan: LoadPlan,
  server: { readonly url: string },
  more: Partial<EngineRun> = {},
): Promise<Play> {
  const told = new Told()
  const outcome = await engine.run({
    plan,
    scenarios: { scenarios, module: path.join(fileURLToPath(import.meta.url), '../engine-scenarios.ts') },
    url: server.url,
    anonKey: 'anon',
    users: Array.from({ length: plan.users }, (_, index) => ({ id: `id-${index}`, accessToken: `token-${index}` })),
    recorder: told.recorder(),
    signal: new AbortController().signal,
    ...more,
  })
  return { told, outcome, lastedMs: Date.now() - (told.startedAt ?? Date.now()) }
}
