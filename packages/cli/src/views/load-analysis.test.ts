import type { LoadTestResult } from '@journeys/loadtest'
import { expect, test } from 'vitest'
import { plainLook } from '../output/look.ts'
import { renderAnalysis } from './load-analysis.ts'

type Analysis = NonNullable<LoadTestResult['analysis']>

const slo = { p95Ms: 200, errorRate: 0.02 }
const figures = {
  requests: 12_345,
  rate: 1234.5,
  errors: 0,
  limited: 0,
  serverErrors: 0,
  clientErrors: 0,
  networkErrors: 0,
  p50: 6,
  p95: 14,
  p99: 31,
}

/** What the screen says of a run: as much of a result as the view reads. */
function screen(analysis: Analysis, phases: readonly [name: string, target: number, p95: number][] = []): string {
  const result = {
    analysis,
    plan: { model: 'closed' },
    phases: phases.map(([name, target, p95]) => ({
      name,
      judged: name !== 'outage' && name !== 'ramp',
      target,
      total: { ...figures, p95, errors: name === 'outage' ? 412 : 0 },
    })),
  } as unknown as LoadTestResult
  const text = renderAnalysis(result, plainLook).join('\n')
  expect(text.split('\n').filter((line) => line.length > 80)).toEqual([])
  return text
}

test('a stress run shows every step, the capacity, what broke first and the knee', () => {
  const step = (rate: number, p95Ms: number, more: object = {}) => ({
    phase: `step ${rate / 50}`,
    rate,
    seconds: 10,
    iterationsPerSecond: rate,
    requestsPerSecond: rate * 1.7,
    requests: rate * 17,
    dropped: 0,
    p50Ms: p95Ms / 2,
    p95Ms,
    p99Ms: p95Ms * 1.5,
    errorRate: 0,
    held: true,
    broke: [],
    ...more,
  })
  const text = screen({
    kind: 'stress',
    slo,
    steps: [
      step(50, 9),
      step(100, 11),
      step(150, 412, { held: false, broke: ['latency'] }),
      step(200, 2412, { held: false, broke: ['latency', 'dropped', 'generator'], dropped: 311, errorRate: 0.034 }),
    ],
    capacity: { phase: 'step 2', iterationsPerSecond: 100, requestsPerSecond: 170 },
    found: true,
    brokeFirst: {
      phase: 'step 3',
      iterationsPerSecond: 150,
      what: 'latency',
      text: 'p95 was 412 ms, the service level is 200 ms',
    },
    knee: { iterationsPerSecond: 100, p95Ms: 11 },
    rule: 'a step holds when …',
  })
  expect(text).toMatchInlineSnapshot(`
    "  iter/s  req/s  errors  dropped     p50     p95     p99
          50     85       0        0  4.5 ms    9 ms   14 ms  held
         100    170       0        0  5.5 ms   11 ms   17 ms  held: the capacity
         150    255       0        0  206 ms  412 ms  618 ms  broke: latency
         200    340   3.4 %      311   1.2 s   2.4 s   3.6 s  broke: latency,
                                                              dropped, generator

      capacity     100 iterations/s, 170 requests/s
      broke first  latency: p95 was 412 ms, the service level is 200 ms
      knee         latency climbs from 100 iterations/s on, p95 11 ms"
  `)
})

test('a recovery run answers its four questions', () => {
  const analysis = {
    kind: 'recovery',
    slo,
    fault: 'kill -9 of the postmaster',
    faultMs: 20_000,
    secondsToFirstFailure: 0.02,
    secondsToFirstSuccess: 1.31,
    secondsToSlo: 4.25,
    failedRequests: 412,
    writes: 3412,
    lostWrites: { checked: 3100, lost: 0, unverifiable: 0, examples: [] },
    phases: [
      { phase: 'before', requests: 100, requestsPerSecond: 10, p95Ms: 14, errorRate: 0, withinSlo: true },
      { phase: 'after', requests: 100, requestsPerSecond: 10, p95Ms: 14, errorRate: 0, withinSlo: true },
    ],
    rule: '',
  } as const
  const phases = [
    ['ramp', 100, 14],
    ['before', 100, 14],
    ['outage', 100, 1300],
    ['after', 100, 15],
  ] as const
  expect(screen(analysis, [...phases] as never)).toMatchInlineSnapshot(`
    "  phase   users  requests     /s  errors   p50    p95    p99
      before    100    12 345  1 235       0  6 ms  14 ms  31 ms  ok
      outage    100    12 345  1 235     412  6 ms  1.3 s  31 ms
      after     100    12 345  1 235       0  6 ms  15 ms  31 ms  ok

      fault            kill -9 of the postmaster
      first success    1.31 s after the fault
      service level    4.25 s after the fault for good (p95 under 200 ms)
      failed requests  412
      lost writes      0 of 3 412 that were answered 2xx, 3 100 rows looked for"
  `)
  const example = {
    table: 'purchases',
    id: '0b8f6a52-5a3e-4b9c-9d57-0f4f35a1a0aa',
    at: '2026-11-23T14:02:11Z',
  } as const
  const { secondsToSlo: _, ...never } = analysis
  const lost = screen({ ...never, lostWrites: { checked: 3100, lost: 2, unverifiable: 3, examples: [example] } })
  expect(lost).toContain('service level    not in this run')
  expect(lost.replace(/\s+/g, ' ')).toContain(
    'lost writes 2 of 3 412 that were answered 2xx, 3 100 rows looked for, 3 could not be looked for; the first: purchases 0b8f6a52',
  )
})

test('a spike shows its three phases and when the service level was back', () => {
  const phase = (name: string, withinSlo: boolean) => ({
    phase: name,
    requests: 100,
    requestsPerSecond: 10,
    errorRate: 0,
    withinSlo,
  })
  const analysis = {
    kind: 'spike',
    slo,
    phases: [phase('before', true), phase('during', false), phase('after', true)],
    secondsToSlo: 3.2,
    watchedSeconds: 25,
    rule: '',
  } as const
  const phases = [
    ['before', 100, 14],
    ['during', 1000, 412],
    ['after', 100, 15],
  ] as const
  expect(screen(analysis, [...phases] as never)).toMatchInlineSnapshot(`
    "  phase   users  requests     /s  errors   p50     p95    p99
      before    100    12 345  1 235       0  6 ms   14 ms  31 ms  ok
      during  1 000    12 345  1 235       0  6 ms  412 ms  31 ms  over
      after     100    12 345  1 235       0  6 ms   15 ms  31 ms  ok

      back  p95 under 200 ms 3.2 s after the load was back to normal, for good"
  `)
  expect(screen({ ...analysis, secondsToSlo: 0 })).toContain('already when the load was back to normal')
  const { secondsToSlo: _, ...never } = analysis
  expect(screen(never)).toContain('was not reached again in the 25 s that were watched')
})

test('a soak shows what drifted, how sure that is, and what grew', () => {
  const drift = {
    perHour: 3,
    perHourLow: 1,
    perHourHigh: 5,
    percent: 12.4,
    percentLow: 8.1,
    percentHigh: 16.9,
    certain: true,
    points: 120,
    secondsPerPoint: 15,
  }
  const text = screen({
    kind: 'soak',
    slo,
    p95: { ...drift, unit: 'ms', from: 14, to: 15.7 },
    memory: [
      {
        ...drift,
        unit: 'bytes',
        from: 210e6,
        to: 214e6,
        percent: 1.9,
        percentLow: -2.1,
        percentHigh: 5.9,
        certain: false,
        process: 'database',
      },
    ],
    growth: [{ table: 'public.journal_entries', tableBytes: 12_400_000, indexBytes: 4_100_000 }],
    rule: '',
  } as never)
  expect(text).toMatchInlineSnapshot(`
    "  drift              begin      end   change  95 % sure between
      p95                14 ms    16 ms  +12.4 %   +8.1 and +16.9 %
      memory database  200 MiB  204 MiB   +1.9 %    −2.1 and +5.9 %  may be none

      growth  public.journal_entries 11.8 MiB, its indexes 3.91 MiB"
  `)
  expect(screen({ kind: 'soak', memory: [], growth: [], rule: '' })).toContain('too short for a drift')
})
