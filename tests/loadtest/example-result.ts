import type { LoadTestResult, RequestFigures, ThresholdResult } from '@journeys/loadtest'
import { exampleAnalysis } from './example-analysis.ts'
import { exampleBaseline } from './example-baseline.ts'
import { type ExampleKind, examplePlan, exampleTimeline, exampleWindows } from './example-plan.ts'
import { exampleServer } from './example-server.ts'

/** A run of a kind of profile on the local stack that went well, with everything that a result can have but a baseline. */
export function exampleResult(kind: ExampleKind = 'load'): LoadTestResult {
  const plan = examplePlan(kind)
  const windows = exampleWindows(plan)
  const timeline = exampleTimeline(plan)
  const durationMs = windows.at(-1)?.endMs ?? 0
  const judgedSeconds =
    windows.filter(({ judged }) => judged).reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0) / 1000
  const analysis = exampleAnalysis[kind]
  const part = (share: number) => ({
    ...figures(500 * judgedSeconds * share, judgedSeconds),
    whole: figures(450 * (durationMs / 1000) * share, durationMs / 1000),
  })
  const scenarios = Object.entries(plan.weights).map(([name, weight]) => ({
    name,
    weight,
    planned: weight / 100,
    achieved: weight / 100,
    iterations: weight * 140,
    checks: { passed: weight * 140, failed: 0 },
    ...part(weight / 100),
  }))
  return {
    id: '20261123-140211-9f3a',
    version: 2,
    environment: { name: 'local', url: 'http://127.0.0.1:54321' },
    profile: kind,
    engine: { name: 'k6', version: '1.8.1' },
    users: plan.users,
    plan,
    fingerprint: {
      environment: 'local',
      profile: kind,
      plan: 'a1b2c3d4',
      scenarios: '0f9e8d7c',
      engine: 'k6 1.8.1',
      machine: 'linux x64, 2 cores, 8 GB',
    },
    startedAt: '2026-11-23T14:02:11.000Z',
    durationMs,
    interrupted: false,
    verdict: 'pass',
    exitCode: 0,
    reasons: ['every threshold holds on the judged part'],
    warnings: [],
    judgedSeconds,
    phases: windows.map((window) => ({
      ...window,
      iterations: 1000,
      dropped: 0,
      total: figures(4000, (window.endMs - window.startMs) / 1000),
      scenarios: [],
    })),
    scenarios,
    requests: ['GET journal_entries', 'POST journal_entries'].map((name) => ({ name, ...part(0.5) })),
    total: {
      ...part(1),
      iterations: 14_000,
      dropped: kind === 'stress' ? 312 : 0,
      checks: { passed: 14_000, failed: 0 },
    },
    thresholds: thresholds(Object.keys(plan.weights)),
    failures: [],
    failedChecks: [],
    timeline,
    distribution: exampleDistribution(),
    ...(analysis ? { analysis } : {}),
    generator: { cpuCores: { mean: 0.41, peak: 0.63 }, cores: 2, memoryPeakBytes: 182_000_000, startLagMs: 1.2 },
    server: exampleServer(timeline.length, false),
    testUsers: { made: plan.users, ms: 900, how: 'database', removed: true, removedMs: 400, leftovers: 0 },
    command: kind === 'load' ? 'journeys loadtest' : `journeys loadtest --profile ${kind}`,
  }
}

/** The same run as it would be with everything wrong that can be. */
export function failedResult(): LoadTestResult {
  const passed = exampleResult('load')
  return {
    ...passed,
    verdict: 'fail',
    exitCode: 99,
    reasons: [
      'all scenarios: p95 under 200 ms does not hold, it was 412 ms',
      'journal_creation: "the entry has an id" did not hold, 3 times',
      'baseline main: POST journal_entries is slower',
    ],
    warnings: ['p99 under 1 s does not hold, it was 1.21 s'],
    total: {
      ...passed.total,
      p95: 412,
      errors: 214,
      limited: 12,
      serverErrors: 180,
      networkErrors: 22,
      whole: { ...passed.total.whole, errors: 230, limited: 12, serverErrors: 196, networkErrors: 22 },
    },
    thresholds: passed.thresholds.map((threshold, index) =>
      index === 0
        ? { ...threshold, ok: false, value: 412 }
        : threshold.level === 'warning'
          ? { ...threshold, ok: false, value: 1210 }
          : threshold,
    ),
    failures: [
      {
        kind: 'server',
        name: 'GET rpc/progress_summary',
        status: 504,
        code: 'PGRST003',
        body: '{"code":"PGRST003","details":null,"hint":null,"message":"Timed out acquiring connection from connection pool."}',
        count: 180,
        firstMs: 21_400,
      },
      { kind: 'network', name: 'POST journal_entries', status: 0, error: 'ECONNRESET', count: 22, firstMs: 24_100 },
      {
        kind: 'limited',
        name: 'PATCH profiles',
        status: 429,
        code: '429',
        body: 'too many writes, try aga',
        count: 12,
        firstMs: 33_000,
      },
    ],
    failedChecks: [{ scenario: 'journal_creation', name: 'the entry has an id', count: 3 }],
    server: exampleServer(passed.timeline.length, true),
    baseline: exampleBaseline,
  }
}

function figures(requests: number, seconds: number): RequestFigures {
  return {
    requests,
    rate: requests / seconds,
    errors: 0,
    limited: 0,
    serverErrors: 0,
    clientErrors: 0,
    networkErrors: 0,
    avg: 7,
    min: 1.5,
    max: 61,
    p50: 6,
    p90: 11,
    p95: 14,
    p99: 31,
  }
}

function thresholds(scenarios: readonly string[]): ThresholdResult[] {
  const p95 = {
    level: 'limit' as const,
    metric: 'http_req_duration' as const,
    key: 'http_req_duration',
    expression: 'p(95)<200',
    title: 'p95 under 200 ms',
    value: 14,
    ok: true,
    whole: { value: 15, ok: true },
  }
  return [
    p95,
    ...scenarios.map((scenario) => ({ ...p95, scenario })),
    {
      level: 'limit',
      metric: 'http_req_failed',
      key: 'http_req_failed',
      expression: 'rate<0.02',
      title: 'under 2 % failed',
      value: 0,
      ok: true,
      whole: { value: 0.001, ok: true },
    },
    {
      level: 'limit',
      metric: 'http_reqs',
      key: 'http_reqs',
      expression: 'rate>100',
      title: 'over 100 requests/s',
      ok: null,
      note: 'the planned load does not make that many',
    },
    { ...p95, level: 'warning', expression: 'p(99)<1000', title: 'p99 under 1 s', value: 31 },
  ]
}

/** Two humps: what came from memory, and what did not. */
function exampleDistribution(): LoadTestResult['distribution'] {
  const hump = (ms: number, middle: number, width: number) => Math.exp(-((Math.log(ms / middle) / width) ** 2))
  return Array.from({ length: 40 }, (_, index) => {
    const fromMs = 1.5 * 1.1 ** index
    return {
      fromMs,
      toMs: fromMs * 1.1,
      requests: Math.round(1400 * hump(fromMs, 5.5, 0.4) + 260 * hump(fromMs, 16, 0.3)),
    }
  })
}
