import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { findK6 } from '@journeys/loadtest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { k6Engine } from '../../packages/loadtest/src/engines/k6/k6-engine.ts'
import { mergeRuns } from '../../packages/loadtest/src/merge/merge-runs.ts'
import type { LoadPlan } from '../../packages/loadtest/src/profiles/plan.ts'
import { Recorder } from '../../packages/loadtest/src/recorder/recorder.ts'
import type { LoadTestResult, RequestFigures, RunFile } from '../../packages/loadtest/src/result.ts'
import {
  type LoadedScenarios,
  loadScenarioFiles,
} from '../../packages/loadtest/src/scenario-file/load-scenario-files.ts'
import { type KnownLatencyServer, startKnownLatencyServer } from './known-latency-server.ts'
import { withFolder } from './quick-load.ts'

const k6 = await findK6(process.env)
const rate = 120
const judgedSeconds = 6
let server: KnownLatencyServer
let scenarios: LoadedScenarios

beforeAll(async () => {
  server = await startKnownLatencyServer([
    { share: 80, atLeastMs: 20, meanExtraMs: 10 },
    { share: 20, atLeastMs: 100, meanExtraMs: 40 },
  ])
  scenarios = await withFolder(async (folder) => {
    await writeFile(
      path.join(folder, 'visits.ts'),
      `export default ['look', 'write'].map((name) => ({
         name, async run(visitor) { await visitor.request('GET', '/' + name, { name: 'GET ' + name }) } }))`,
    )
    return loadScenarioFiles(['visits.ts'], folder)
  })
})
afterAll(async () => {
  await server?.stop()
  await scenarios?.remove()
})

/** Of what a run file holds, what joining looks at. */
async function generate(id: string, segment?: { segment: string; sequence: string }): Promise<RunFile> {
  const plan: LoadPlan = {
    profile: 'quick',
    kind: 'load',
    model: 'open',
    executor: 'ramping-arrival-rate',
    users: 60,
    start: rate,
    stages: [
      { phase: 'settle', judged: false, durationMs: 1_000, target: rate },
      { phase: 'steady', judged: true, durationMs: judgedSeconds * 1000, target: rate },
    ],
    gracefulStopMs: 30_000,
    gracefulRampDownMs: 30_000,
    thinkTime: { minMs: 100, maxMs: 200 },
    weights: scenarios.weights,
    round: ['look', 'write'],
    requestTimeoutMs: 30_000,
    trackWrites: false,
  }
  const recorder = new Recorder(plan, [])
  const { generator } = await k6Engine(k6 as NonNullable<typeof k6>).run({
    plan,
    scenarios: scenarios.source,
    url: server.url,
    anonKey: 'anon',
    users: Array.from({ length: plan.users }, (_, n) => ({ id: `user-${n}`, accessToken: `token-${n}` })),
    recorder,
    signal: new AbortController().signal,
    k6: { segment },
  })
  const figures = (parts: { judged: { figures(seconds: number): RequestFigures } }) =>
    parts.judged.figures(judgedSeconds)
  const { judged, whole } = recorder.total
  const result: Partial<LoadTestResult> = {
    id,
    profile: 'quick',
    environment: { name: 'local', url: server.url },
    plan,
    fingerprint: { environment: 'local', profile: 'quick', plan: 'a', scenarios: 'b', engine: 'k6', machine: 'c' },
    ...(segment ? { segment } : {}),
    startedAt: new Date(recorder.startedAt as number).toISOString(),
    verdict: 'pass',
    reasons: [],
    warnings: [],
    judgedSeconds,
    phases: [],
    scenarios: [],
    requests: [...recorder.requests].map(([name, parts]) => ({
      name,
      whole: parts.whole.figures(7),
      ...figures(parts),
    })),
    total: {
      ...figures(recorder.total),
      iterations: whole.iterations,
      dropped: 0,
      checks: judged.checks,
      whole: whole.figures(7),
    },
    thresholds: [],
    failures: [],
    failedChecks: [],
    timeline: recorder.timeline.points(),
    distribution: [],
    generator,
    testUsers: { made: 0, ms: 0, how: 'database', removed: true, leftovers: 0 },
  }
  return { schema: 'journeys/loadtest-run/1', result: result as LoadTestResult, data: recorder.data() }
}

test.runIf(k6)('two k6 generators with half the load each give, joined, what one with all of it measures', async () => {
  const sequence = '0,1/2,1'
  const halves = await Promise.all([
    generate('one', { segment: '0:1/2', sequence }),
    generate('two', { segment: '1/2:1', sequence }),
  ])
  const truth = await server.truth()
  const { result } = mergeRuns(halves)
  const whole = (await generate('all')).result

  // Every request that the server answered to either of them, and the load of one.
  expect(result.total.whole.requests).toBe(truth.requests)
  expect(Math.abs(result.total.requests - rate * judgedSeconds)).toBeLessThanOrEqual(2)
  expect(result.total.rate / whole.total.rate).toBeCloseTo(1, 1)
  expect(result.requests.map(({ name }) => name)).toEqual(['GET look', 'GET write'])
  for (const half of halves) {
    expect(half.result.total.requests / result.total.requests).toBeCloseTo(0.5, 1)
    // The mix of a half is that of the whole.
    expect(half.result.requests.map(({ name }) => name).sort()).toEqual(['GET look', 'GET write'])
  }
  for (const percentile of ['p50', 'p95'] as const) {
    const joined = result.total[percentile] as number
    expect(joined / truth[percentile], percentile).toBeGreaterThan(0.8)
    expect(joined / truth[percentile], percentile).toBeLessThan(1.2)
    expect(joined / (whole.total[percentile] as number), percentile).toBeGreaterThan(0.75)
    expect(joined / (whole.total[percentile] as number), percentile).toBeLessThan(1.3)
  }
  expect(result.timeline.reduce((sum, { requests }) => sum + requests, 0)).toBe(truth.requests)
  expect([result.verdict, result.segment]).toEqual(['pass', undefined])
})
