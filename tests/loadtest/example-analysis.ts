import type { LoadTestResult } from '@journeys/loadtest'
import type { ExampleKind } from './example-plan.ts'

type Analysis = NonNullable<LoadTestResult['analysis']>
type StressStep = Extract<Analysis, { kind: 'stress' }>['steps'][number]

const slo = { p95Ms: 200, errorRate: 0.02 }

const phase = (name: string, requestsPerSecond: number, p95Ms: number, errorRate = 0) => ({
  phase: name,
  requests: Math.round(requestsPerSecond * 20),
  requestsPerSecond,
  p95Ms,
  errorRate,
  withinSlo: p95Ms <= slo.p95Ms && errorRate <= slo.errorRate,
})

const stepLatency = [14, 15, 15, 18, 24, 61, 310, 2210]

const step = (p95Ms: number, index: number): StressStep => {
  const rate = (index + 1) * 50
  const dropped = index === 7 ? 312 : 0
  return {
    phase: `step ${index + 1}`,
    rate,
    seconds: 12,
    iterationsPerSecond: rate - dropped / 12,
    requestsPerSecond: (rate - dropped / 12) * 2.4,
    requests: Math.round((rate * 12 - dropped) * 2.4),
    dropped,
    p50Ms: p95Ms * 0.4,
    p95Ms,
    p99Ms: p95Ms * 1.8,
    errorRate: index === 7 ? 0.031 : 0,
    held: p95Ms <= slo.p95Ms,
    broke: index === 7 ? ['pool', 'latency', 'dropped'] : index === 6 ? ['latency'] : [],
  }
}

const drift = {
  points: 58,
  secondsPerPoint: 30,
}

/** What each kind of profile answers. */
export const exampleAnalysis: Readonly<Record<ExampleKind, Analysis | undefined>> = {
  load: undefined,
  spike: {
    kind: 'spike',
    slo,
    phases: [phase('before', 50, 14), phase('during', 498, 412, 0.004), phase('after', 50, 16)],
    secondsToSlo: 3,
    watchedSeconds: 30,
    rule: 'The service level holds for good from the first second after which no three seconds in a row break it.',
  },
  stress: {
    kind: 'stress',
    slo,
    steps: stepLatency.map(step),
    capacity: { phase: 'step 6', iterationsPerSecond: 300, requestsPerSecond: 720 },
    found: true,
    brokeFirst: {
      phase: 'step 7',
      iterationsPerSecond: 350,
      what: 'latency',
      text: 'at 350 iterations/s the p95 was 310 ms, the service level is 200 ms',
    },
    knee: { iterationsPerSecond: 250, p95Ms: 24 },
    rule: 'A step holds when its p95 and its share of errors are within the service level and at most 1 % of its iterations were dropped.',
  },
  recovery: {
    kind: 'recovery',
    slo,
    fault: 'the database was killed (kill -9 of the postmaster)',
    faultMs: 25_000,
    secondsToFirstFailure: 0.1,
    secondsToFirstSuccess: 6.2,
    secondsToSlo: 8,
    failedRequests: 570,
    writes: 1240,
    lostWrites: { checked: 1187, lost: 0, unverifiable: 0, examples: [] },
    phases: [phase('before', 100, 14), phase('after', 100, 15)],
    rule: 'The service level holds for good from the first second after which no three seconds in a row break it.',
  },
  soak: {
    kind: 'soak',
    p95: {
      ...drift,
      unit: 'ms',
      from: 14.4,
      to: 19.1,
      perHour: 9.7,
      perHourLow: 8.2,
      perHourHigh: 11.1,
      percent: 32.6,
      percentLow: 27.1,
      percentHigh: 37.4,
      certain: true,
    },
    memory: [
      {
        ...drift,
        process: 'database',
        unit: 'bytes',
        from: 182e6,
        to: 187e6,
        perHour: 10.3e6,
        perHourLow: -2e6,
        perHourHigh: 22e6,
        percent: 2.7,
        percentLow: -0.5,
        percentHigh: 5.9,
        certain: false,
      },
      {
        ...drift,
        process: 'gateway',
        unit: 'bytes',
        from: 91e6,
        to: 118e6,
        perHour: 55.8e6,
        perHourLow: 50e6,
        perHourHigh: 61e6,
        percent: 29.6,
        percentLow: 26.4,
        percentHigh: 32.5,
        certain: true,
      },
    ],
    growth: [
      { table: 'public.journal_entries', tableBytes: 48_400_000, indexBytes: 21_200_000 },
      { table: 'public.purchases', tableBytes: 1_200_000, indexBytes: 800_000 },
    ],
    rule: 'Theil–Sen line through the medians of 30 s; its 95 % interval from Kendall’s tau.',
  },
}
