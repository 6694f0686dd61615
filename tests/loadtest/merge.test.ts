import { describe, expect, test } from 'vitest'
import { mergeRuns } from '../../packages/loadtest/src/merge/merge-runs.ts'
import { mergeSamples } from '../../packages/loadtest/src/merge/merge-samples.ts'
import { LatencyHistogram } from '../../packages/loadtest/src/recorder/latency-histogram.ts'
import type { LoadTestResult, RequestFigures, RunFile } from '../../packages/loadtest/src/result.ts'
import { parseSegment } from '../../packages/loadtest/src/segment.ts'

const seconds = 10
const sequence = '0,1/2,1'

function figuresOf(latencies: readonly number[], failed = 0): { figures: RequestFigures; histogram: LatencyHistogram } {
  const histogram = new LatencyHistogram()
  for (const ms of latencies) histogram.record(ms)
  const at = (percentile: number) => histogram.percentile(percentile)
  const figures = {
    requests: latencies.length,
    rate: latencies.length / seconds,
    errors: failed,
    limited: 0,
    serverErrors: failed,
    clientErrors: 0,
    networkErrors: 0,
    ...histogram.figures,
    ...(latencies.length > 0 ? { p50: at(50), p90: at(90), p95: at(95), p99: at(99) } : {}),
  } as RequestFigures
  return { figures, histogram }
}

interface Generator {
  readonly segment?: string
  readonly latencies: readonly number[]
  readonly failed?: number
  readonly startedAt?: string
  readonly change?: Partial<LoadTestResult>
}

/** What one generator found: one scenario, one request, one judged phase. */
function runOf(id: string, { segment, latencies, failed = 0, startedAt, change = {} }: Generator): RunFile {
  const { figures, histogram } = figuresOf(latencies, failed)
  const whole = { ...figures, requests: figures.requests + 7 }
  const iterations = latencies.length
  const result = {
    id,
    version: 2,
    environment: { name: 'local', url: 'http://127.0.0.1:54321' },
    profile: 'quick',
    engine: { name: 'k6', version: '1.8.1' },
    users: 100,
    plan: {},
    fingerprint: {
      environment: 'local',
      profile: 'quick',
      plan: 'a',
      scenarios: 'b',
      engine: 'k6 1.8.1',
      machine: `of ${id}`,
    },
    ...(segment ? { segment: { segment, sequence } } : {}),
    startedAt: startedAt ?? '2026-11-23T12:00:00.000Z',
    durationMs: 12_000,
    interrupted: false,
    verdict: 'fail',
    exitCode: 99,
    reasons: ['its share is less than all'],
    warnings: [],
    judgedSeconds: seconds,
    phases: [
      {
        name: 'steady',
        judged: true,
        startMs: 1000,
        endMs: 11_000,
        target: 100,
        iterations,
        dropped: 3,
        total: figures,
        scenarios: [{ name: 'visit', ...figures }],
      },
      {
        name: 'down',
        judged: false,
        startMs: 11_000,
        endMs: 12_000,
        target: 0,
        iterations: 0,
        dropped: 0,
        total: figures,
        scenarios: [],
      },
    ],
    scenarios: [
      {
        name: 'visit',
        weight: 1,
        planned: 1,
        achieved: 1,
        iterations,
        checks: { passed: iterations, failed: 1 },
        whole,
        ...figures,
      },
    ],
    requests: [{ name: 'GET a', whole, ...figures }],
    total: { ...figures, iterations, dropped: 3, checks: { passed: iterations, failed: 1 }, whole },
    thresholds: [
      thresholdOf('http_req_duration', 'p(95)<200', figures.p95),
      { ...thresholdOf('http_req_duration', 'avg<1000', figures.avg), scenario: 'visit' },
      thresholdOf('http_req_duration', 'p(99)<500', figures.p99, { key: 'http_req_duration{name:GET a}' }),
      thresholdOf('http_req_failed', 'rate<0.02', failed / latencies.length),
      thresholdOf('http_reqs', 'rate>100', figures.rate),
      thresholdOf('checks', 'rate>0.9', 1, { level: 'warning' }),
    ],
    failures: failed
      ? [{ kind: 'server', name: 'GET a', status: 503, count: failed, firstMs: 4000, body: `from ${id}` }]
      : [],
    failedChecks: [{ scenario: 'visit', name: 'is a list', count: 1 }],
    timeline: [{ second: 0, phase: 'steady', users: 50, requests: 10, errors: 0, dropped: 1, p50: 1, p95: 2, p99: 3 }],
    distribution: [{ fromMs: 10, toMs: 12.589254117941675, requests: 5 }],
    generator: { cores: 2, cpuCores: { mean: 0.5, peak: 0.6 } },
    testUsers: { made: 100, ms: 50, how: 'database', removed: true, leftovers: 0 },
    command: 'journeys loadtest',
    ...change,
  } as unknown as LoadTestResult
  const encoded = histogram.encode()
  return {
    schema: 'journeys/loadtest-run/1',
    result,
    data: {
      histograms: { total: encoded, scenarios: { visit: encoded }, requests: { 'GET a': encoded } },
      samples: { 'GET a': { of: latencies.length, at: latencies.map((_, n) => n), ms: [...latencies] } },
    },
  }
}

function thresholdOf(metric: string, expression: string, value?: number, change: object = {}) {
  return { level: 'limit', metric, key: metric, expression, title: expression, value, ok: false, ...change }
}

const numbers = (count: number, from: number) => Array.from({ length: count }, (_, n) => from + n * 0.1)

describe('the results of two generators, joined', () => {
  // One saw a quick server, the other a slow one: the average of their p95 (about 258) is far from the p95 of all.
  const quick = numbers(900, 20)
  const slow = numbers(300, 400)
  const { result, data } = mergeRuns([
    runOf('one', { segment: '0:1/2', latencies: quick, failed: 9 }),
    runOf('two', { segment: '1/2:1', latencies: slow, failed: 3 }),
  ])
  const whole = figuresOf([...quick, ...slow], 12).figures

  test('are those of one that had made all requests itself', () => {
    const { whole: _, iterations, dropped, checks, ...total } = result.total
    expect(total.p95).toBeCloseTo(whole.p95 as number, 5)
    expect(total.avg).toBeCloseTo(whole.avg as number, 0)
    expect({ ...total, avg: 0 }).toEqual({ ...whole, avg: 0 })
    expect({ iterations, dropped, checks }).toEqual({
      iterations: 1200,
      dropped: 6,
      checks: { passed: 1200, failed: 2 },
    })
    expect(result.scenarios[0]).toMatchObject({ name: 'visit', achieved: 1, iterations: 1200, p50: whole.p50 })
    expect(result.requests[0]).toMatchObject({ name: 'GET a', p99: whole.p99 })
    expect(LatencyHistogram.decode(data.histograms.total).count).toBe(1200)
    expect(data.samples['GET a']).toMatchObject({ of: 1200 })
    expect(result.timeline).toEqual([{ second: 0, phase: 'steady', users: 100, requests: 20, errors: 0, dropped: 2 }])
    expect(result.distribution).toEqual([{ fromMs: 10, toMs: 12.589254117941675, requests: 10 }])
    expect(result.failures).toEqual([
      { kind: 'server', name: 'GET a', status: 503, count: 12, firstMs: 4000, body: 'from one' },
    ])
    expect(result.testUsers.made).toBe(200)
  })

  test('have no percentile where no file has a histogram, instead of an average of percentiles', () => {
    expect(result.total.whole).toMatchObject({ requests: 1214 })
    expect(Object.keys(result.total.whole)).not.toContain('p95')
    expect(Object.keys(result.phases[0]?.total ?? {})).not.toContain('p95')
    expect(result.phases[0]).toMatchObject({ iterations: 1200, dropped: 6, total: { requests: 1200, rate: 120 } })
  })

  test('are judged together: what a share failed decides nothing', () => {
    const [p95, avg, p99, failed, rate, checks] = result.thresholds
    expect(p95).toMatchObject({ ok: false, value: whole.p95 })
    expect(avg).toMatchObject({ ok: true, scenario: 'visit' })
    expect(p99).toMatchObject({ ok: true, value: whole.p99 })
    expect(failed).toMatchObject({ ok: true, value: 12 / 1200 })
    // Neither made 100 requests/s alone.
    expect(rate).toMatchObject({ ok: true, value: 120 })
    expect(checks).toMatchObject({ ok: true, level: 'warning' })
    expect([result.verdict, result.exitCode]).toEqual(['fail', 99])
    expect(result.reasons).toEqual([
      `all scenarios: p(95)<200 does not hold, it was ${Number(whole.p95?.toPrecision(4))}`,
    ])
  })

  test('pass when everything holds together', () => {
    const { result } = mergeRuns([
      runOf('one', { segment: '0:1/2', latencies: quick }),
      runOf('two', { segment: '1/2:1', latencies: quick }),
    ])
    expect([result.verdict, result.exitCode]).toEqual(['pass', 0])
  })
})

describe('results say nothing together when', () => {
  const latencies = numbers(1000, 20)
  const first = runOf('one', { segment: '0:1/2', latencies })
  const verdictOf = (...others: RunFile[]) => {
    const { verdict, exitCode, reasons } = mergeRuns([first, ...others]).result
    return { verdict, exitCode, reason: reasons[0] }
  }

  test('a share is missing', () => {
    expect(verdictOf(runOf('two', { segment: '3/4:1', latencies }))).toEqual({
      verdict: 'invalid',
      exitCode: 1,
      reason: 'nobody made the load from 50 % to 75 %: a result is missing',
    })
  })

  test('the generators were at it one after the other', () => {
    const later = runOf('two', { segment: '1/2:1', latencies, startedAt: '2026-11-23T12:00:06.000Z' })
    expect(verdictOf(later)).toMatchObject({
      verdict: 'invalid',
      reason: 'the generators were not at it together: of 10 s that are judged, only 4 s were of all of them',
    })
  })

  test('one of them was invalid by itself', () => {
    const saturated = runOf('two', {
      segment: '1/2:1',
      latencies,
      change: { verdict: 'invalid', reasons: ['the generator was saturated'] },
    })
    expect(verdictOf(saturated)).toMatchObject({ reason: 'the result of two is invalid: the generator was saturated' })
  })
})

describe('results are not joined when', () => {
  const latencies = numbers(10, 20)
  const first = runOf('one', { segment: '0:1/2', latencies })
  const refused = (other: RunFile[]) => {
    try {
      mergeRuns([first, ...other])
    } catch (error) {
      expect(error).toMatchObject({ code: 'not_mergeable', exitCode: 2 })
      return (error as Error).message
    }
    throw new Error('they were joined')
  }

  test('there is one, or one twice', () => {
    expect(refused([])).toContain('there is only one')
    expect(refused([first])).toContain('two results are of the same part of the load: one (0:1/2) and one (0:1/2)')
  })

  test('their shares overlap, or one is the whole load', () => {
    expect(refused([runOf('two', { segment: '1/3:1', latencies })])).toContain('one (0:1/2) and two (1/3:1)')
    expect(refused([runOf('two', { latencies })])).toContain('two was the whole load by itself')
    const cut = { segment: { segment: '1/2:1', sequence: '0,1/4,1/2,1' } }
    expect(refused([runOf('two', { latencies, change: cut })])).toContain('cut up differently')
    const sameCut = { segment: { segment: '2/4:1', sequence: '0,2/4,1' } }
    expect(mergeRuns([first, runOf('two', { latencies, change: sameCut })]).result.total.requests).toBe(20)
  })

  test('they are of different loads; different machines are what it is for', () => {
    const fingerprint = { ...first.result.fingerprint, plan: 'another' }
    expect(refused([runOf('two', { segment: '1/2:1', latencies, change: { fingerprint } })])).toContain(
      'one and two differ in the plan: a and another',
    )
  })
})

test('a share is read as k6 writes it', () => {
  expect(['0:1/2', '1/2:1', '1/3', '25%:50%', '0.5:1'].map(parseSegment)).toEqual([
    { from: 0, to: 0.5 },
    { from: 0.5, to: 1 },
    { from: 0, to: 1 / 3 },
    { from: 0.25, to: 0.5 },
    { from: 0.5, to: 1 },
  ])
  for (const text of ['', '1/2:1/2', '1/2:1/3', '0:2', 'a:b', '0:1/2:1', '-1:1', '1/0']) {
    expect(() => parseSegment(text), text).toThrow('is not a share of a load')
  }
})

test('samples are drawn by how many answers there were, not by how many were kept', () => {
  const kept = (of: number, ms: number) => ({
    of,
    at: Array.from({ length: 2000 }, (_, n) => n),
    ms: Array.from({ length: 2000 }, () => ms),
  })
  const merged = mergeSamples([kept(30_000, 1), kept(10_000, 2)])
  expect(merged.of).toBe(40_000)
  expect(merged.ms).toHaveLength(2000)
  expect(merged.ms.filter((ms) => ms === 2)).toHaveLength(500)
  expect([...merged.at]).toEqual([...merged.at].sort((a, b) => a - b))
})
