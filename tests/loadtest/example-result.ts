import type { LoadTestResult, RequestFigures, ScenarioResult, TimelinePoint } from '@journeys/loadtest'

const weights = { journal_creation: 40, profile_updates: 20, progress_viewing: 30, premium_purchases: 10 }

/** A minute of a thousand users, with round figures. */
export function exampleResult(): LoadTestResult {
  const figures = (requests: number, seconds: number): RequestFigures => ({
    requests,
    rate: requests / seconds,
    errors: 0,
    limited: 0,
    avg: 7,
    min: 1.5,
    max: 61,
    p50: 6,
    p90: 11,
    p95: 14,
    p99: 31,
  })
  const part = (share: number) => ({ ...figures(20_000 * share, 40), whole: figures(24_000 * share, 58) })
  const scenarios = Object.entries(weights).map(([name, weight]) => ({
    name: name as ScenarioResult['name'],
    weight,
    planned: weight / 100,
    achieved: weight / 100,
    iterations: weight * 140,
    checks: { passed: weight * 140, failed: 0 },
    ...part(weight / 100),
  }))
  const phaseOf = (second: number) => (second < 10 ? 'ramp' : second < 50 ? 'steady' : 'down')
  return {
    id: '20261123-140211-9f3a',
    version: 1,
    environment: { name: 'local', url: 'http://127.0.0.1:54321' },
    profile: 'load',
    engine: { name: 'k6', version: '1.8.1' },
    users: 1000,
    plan: {
      profile: 'load',
      users: 1000,
      stages: [
        { phase: 'ramp', durationMs: 10_000, users: 1000 },
        { phase: 'steady', durationMs: 40_000, users: 1000 },
        { phase: 'down', durationMs: 8_000, users: 0 },
      ],
      thinkTime: { minMs: 1000, maxMs: 3000 },
      weights,
      round: ['journal_creation'],
      requestTimeoutMs: 30_000,
    },
    startedAt: '2026-11-23T14:02:11.000Z',
    durationMs: 58_000,
    interrupted: false,
    verdict: 'pass',
    exitCode: 0,
    reasons: ['every threshold holds on the steady part'],
    warnings: [],
    steady: { startMs: 10_000, endMs: 50_000 },
    phases: [
      { phase: 'ramp', startMs: 0, endMs: 10_000 },
      { phase: 'steady', startMs: 10_000, endMs: 50_000 },
      { phase: 'down', startMs: 50_000, endMs: 58_000 },
    ],
    scenarios,
    requests: ['GET journal_entries', 'POST journal_entries'].map((name) => ({ name, ...part(0.5) })),
    total: { ...part(1), iterations: 14_000, checks: { passed: 14_000, failed: 0 } },
    thresholds: [
      {
        metric: 'http_req_duration',
        expression: 'p(95)<200',
        title: 'p95 under 200 ms',
        value: 14,
        ok: true,
        whole: { value: 15, ok: true },
      },
    ],
    failures: [],
    failedChecks: [],
    timeline: Array.from({ length: 58 }, (_, second): TimelinePoint => {
      const users = Math.round(Math.min(1, second / 10, (58 - second) / 8) * 1000)
      const wave = 1 + Math.sin(second) / 10
      return {
        second,
        phase: phaseOf(second),
        users,
        requests: Math.round((users / 2) * wave),
        errors: 0,
        p50: 6 * wave,
        p95: 14 * wave,
        p99: 31 * wave,
      }
    }),
    distribution: [2, 3, 4, 6, 10, 16].map((fromMs, index, all) => ({
      fromMs,
      toMs: all[index + 1] ?? 25,
      requests: 1000 * (6 - index),
    })),
    testUsers: { made: 1000, ms: 900, how: 'database', removed: true, removedMs: 400, leftovers: 0 },
    command: 'journeys loadtest',
  }
}
