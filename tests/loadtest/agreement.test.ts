import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { findK6 } from '@journeys/loadtest'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { builtinEngine } from '../../packages/loadtest/src/engines/builtin/builtin-engine.ts'
import type { Engine } from '../../packages/loadtest/src/engines/engine.ts'
import { k6Engine } from '../../packages/loadtest/src/engines/k6/k6-engine.ts'
import type { LoadPlan } from '../../packages/loadtest/src/profiles/plan.ts'
import { Recorder } from '../../packages/loadtest/src/recorder/recorder.ts'
import {
  type LoadedScenarios,
  loadScenarioFiles,
} from '../../packages/loadtest/src/scenario-file/load-scenario-files.ts'
import { type KnownLatency, type KnownLatencyServer, startKnownLatencyServer } from './known-latency-server.ts'
import { withFolder } from './quick-load.ts'

/** Two kinds of answers, as of a cache and of a database: what averages, or a clock that stops while it waits, gets wrong. */
const latency = [
  { share: 85, atLeastMs: 25, meanExtraMs: 15 },
  { share: 15, atLeastMs: 140, meanExtraMs: 60 },
]
const k6 = await findK6(process.env)
const engines: Engine[] = k6 ? [builtinEngine, k6Engine(k6)] : [builtinEngine]
let server: KnownLatencyServer
let scenarios: LoadedScenarios

beforeAll(async () => {
  server = await startKnownLatencyServer(latency)
  scenarios = await withFolder(async (folder) => {
    await writeFile(
      path.join(folder, 'visits.ts'),
      `import { defineScenario } from '@journeys/loadtest/scenario'
       export default [
         defineScenario({ name: 'look', weight: 3, async run(visitor) { await visitor.request('GET', '/look', { name: 'GET look' }) } }),
         defineScenario({ name: 'write', async run(visitor) {
           const answer = await visitor.request('POST', '/write', { name: 'POST write', body: { text: 'x'.repeat(500) } })
           visitor.check('is answered', answer.text().includes('42'))
         } }),
       ]`,
    )
    return loadScenarioFiles(['visits.ts'], folder)
  })
})
afterAll(async () => {
  await server?.stop()
  await scenarios?.remove()
})

interface Measured {
  readonly truth: KnownLatency
  readonly requests: number
  readonly failed: number
  /** Judged part. */
  readonly rate: number
  readonly p50: number
  readonly p95: number
  readonly shareOfLook: number
}

async function measure(engine: Engine, plan: LoadPlan): Promise<Measured> {
  const recorder = new Recorder(plan, [])
  const users = Array.from({ length: plan.users }, (_, n) => ({ id: `user-${n}`, accessToken: `token-${n}` }))
  await server.truth()
  await engine.run({
    plan,
    scenarios: scenarios.source,
    url: server.url,
    anonKey: 'anon',
    users,
    recorder,
    signal: new AbortController().signal,
  })
  const judgedSeconds = plan.stages.reduce((sum, { judged, durationMs }) => sum + (judged ? durationMs / 1000 : 0), 0)
  const { judged, whole } = recorder.total
  const { rate, p50 = 0, p95 = 0 } = judged.figures(judgedSeconds)
  const look = recorder.scenarios.get('look')?.whole.iterations ?? 0
  expect(whole.checks.failed, engine.name).toBe(0)
  return {
    truth: await server.truth(),
    requests: whole.requests,
    failed: whole.errors,
    rate,
    p50,
    p95,
    shareOfLook: look / whole.iterations,
  }
}

function planOf(changes: Partial<LoadPlan> & Pick<LoadPlan, 'users' | 'stages'>): LoadPlan {
  return {
    profile: 'agreement',
    kind: 'load',
    model: 'closed',
    executor: 'ramping-vus',
    start: 0,
    gracefulStopMs: 30_000,
    gracefulRampDownMs: 30_000,
    thinkTime: { minMs: 1000, maxMs: 3000 },
    weights: scenarios.weights,
    round: ['look', 'look', 'write', 'look'],
    requestTimeoutMs: 30_000,
    trackWrites: false,
    ...changes,
  }
}

/** Half a minute of both engines, one after the other: they must not take the machine from each other. */
async function compare(plan: LoadPlan): Promise<Map<string, Measured>> {
  const measured = new Map<string, Measured>()
  for (const engine of engines) {
    const found = await measure(engine, plan)
    measured.set(engine.name, found)
    expect(found.failed, engine.name).toBe(0)
    // Every request that the server answered is in the figures.
    expect(found.requests, engine.name).toBe(found.truth.requests)
    expect(found.p50 / found.truth.p50, `${engine.name} p50 against the truth`).toBeGreaterThan(0.8)
    expect(found.p50 / found.truth.p50, `${engine.name} p50 against the truth`).toBeLessThan(1.2)
    expect(found.p95 / found.truth.p95, `${engine.name} p95 against the truth`).toBeGreaterThan(0.8)
    expect(found.p95 / found.truth.p95, `${engine.name} p95 against the truth`).toBeLessThan(1.2)
    expect(found.shareOfLook, engine.name).toBeCloseTo(0.75, 1)
  }
  const [builtin, withK6] = [...measured.values()] as [Measured, Measured?]
  if (withK6) expect(Math.abs(withK6.rate / builtin.rate - 1), 'throughput').toBeLessThan(0.05)
  return measured
}

describe(k6 ? 'both engines' : 'the built-in engine (there is no k6 in JOURNEYS_K6, PATH or the cache)', () => {
  // So many requests that chance moves neither the throughput nor the p95 by as much as is allowed.
  for (const { users, thinkTime } of [
    { users: 100, thinkTime: { minMs: 200, maxMs: 600 } },
    { users: 500, thinkTime: { minMs: 700, maxMs: 2100 } },
    { users: 1000, thinkTime: { minMs: 1000, maxMs: 3000 } },
  ]) {
    test(`measure what the server did, and agree, at ${users} users`, { timeout: 120_000 }, async () => {
      const stages = [
        { phase: 'ramp', judged: false, durationMs: 2_000, target: users },
        // The first users of a ramp came together: their second requests are spread by then.
        { phase: 'ramp', judged: false, durationMs: 2_000, target: users },
        { phase: 'steady', judged: true, durationMs: 10_000, target: users },
      ]
      const measured = await compare(planOf({ users, stages, thinkTime }))
      const meanSeconds = (thinkTime.minMs + thinkTime.maxMs) / 2000 + 0.064
      for (const [name, { rate }] of measured) expect(rate / (users / meanSeconds), name).toBeGreaterThan(0.9)
    })
  }

  test('begin iterations at the planned rate, however slow the answers are', { timeout: 120_000 }, async () => {
    const stages = [
      { phase: 'settle', judged: false, durationMs: 2_000, target: 150 },
      { phase: 'steady', judged: true, durationMs: 8_000, target: 150 },
    ]
    const measured = await compare(
      planOf({ model: 'open', executor: 'ramping-arrival-rate', start: 150, users: 100, stages }),
    )
    for (const [name, { rate }] of measured) expect(Math.abs(rate / 150 - 1), name).toBeLessThan(0.03)
  })
})
