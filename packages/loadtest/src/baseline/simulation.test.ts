import { defaultConfig } from '@journeys/core/ops'
import { describe, expect, test } from 'vitest'
import { compareRuns } from './compare-runs.ts'
import type { BaselineVerdict } from './comparison.ts'
import { type SimulatedNoise, type SimulatedRequest, seeded, simulatedRun } from './simulated-run.ts'

// Runs whose truth is known, 200 comparisons each: how often does the gate cry wolf, how often does it sleep?

const comparisons = 200
const settings = defaultConfig().loadtest.baseline

/** 100 requests per second for 40 seconds, as a load test of 200 users makes them. */
const usual: SimulatedRequest[] = [
  { name: 'GET journal_entries', ms: 24, answers: 1600 },
  { name: 'POST journal_entries', ms: 35, answers: 1200 },
  { name: 'PATCH profiles', ms: 18, answers: 800 },
  { name: 'POST rpc/purchase_premium', ms: 60, answers: 400 },
]

/** A laptop with other work: seconds that are 15 % slower or faster, runs that differ by 3 %. */
const busyLaptop: SimulatedNoise = {
  run: 0.03,
  request: 0.01,
  stretch: 0.15,
  stretchSeconds: 1,
  answer: 0.5,
  tail: 0.02,
  odds: 0.06,
}
/** A machine that does nothing else; its runs still differ by 2 %. */
const quietMachine: SimulatedNoise = { ...busyLaptop, run: 0.02, stretch: 0.1, stretchSeconds: 0.5 }
/** Slow stretches of several seconds, as of a checkpoint or a vacuum. */
const slowStretches: SimulatedNoise = { ...busyLaptop, stretch: 0.1, stretchSeconds: 4 }

function tally(
  repeats: number,
  noise: SimulatedNoise,
  before: readonly SimulatedRequest[],
  after: readonly SimulatedRequest[],
): Record<BaselineVerdict, number> {
  const random = seeded(20_261_123)
  const counts = { pass: 0, warn: 0, fail: 0, inconclusive: 0, 'no-baseline': 0 }
  const side = (requests: readonly SimulatedRequest[]) =>
    Array.from({ length: repeats }, () => simulatedRun(random, requests, noise))
  for (let index = 0; index < comparisons; index++) {
    counts[compareRuns(side(before), side(after), settings, { name: 'main' }).verdict]++
  }
  return counts
}

const slower = (requests: readonly SimulatedRequest[], factor: number, only?: string) =>
  requests.map((request) =>
    only === undefined || request.name === only ? { ...request, ms: request.ms * factor } : request,
  )

const withSlowMode = (share: number, times: number) => usual.map((request) => ({ ...request, slow: { share, times } }))

const atMost = 0.05 * comparisons
const atLeast = 0.95 * comparisons

describe('nothing changed', () => {
  test.each([
    [1, 'a quiet machine', quietMachine],
    [1, 'a busy laptop', busyLaptop],
    [1, 'slow stretches of seconds', slowStretches],
    [3, 'a busy laptop', busyLaptop],
    [3, 'slow stretches of seconds', slowStretches],
    [5, 'a busy laptop', busyLaptop],
  ])('%i repeat(s) on %s: at most one false alarm in twenty', (repeats, _, noise) => {
    const { fail, warn, inconclusive } = tally(repeats, noise, usual, usual)
    expect(fail).toBeLessThanOrEqual(atMost)
    expect(warn + inconclusive, 'it hardly ever shrugs either').toBeLessThanOrEqual(2 * atMost)
  })

  test('5 repeats whose runs differ by more than was assumed (5 %): still at most 5 % false alarms', () => {
    expect(tally(5, { ...busyLaptop, run: 0.05 }, usual, usual).fail).toBeLessThanOrEqual(atMost)
  })
})

describe('20 % slower', () => {
  test.each([
    [1, 'a quiet machine', quietMachine],
    [3, 'a busy laptop', busyLaptop],
    [5, 'a busy laptop', busyLaptop],
  ])('%i repeat(s) on %s: caught in at least nineteen of twenty', (repeats, _, noise) => {
    expect(tally(repeats, noise, usual, slower(usual, 1.2)).fail).toBeGreaterThanOrEqual(atLeast)
  })

  test('one request alone, 3 repeats on a quiet machine: caught in at least 95 %', () => {
    const after = slower(usual, 1.2, 'GET journal_entries')
    expect(tally(3, quietMachine, usual, after).fail).toBeGreaterThanOrEqual(atLeast)
  })

  test('20 % faster is never a fail', () => {
    expect(tally(1, quietMachine, slower(usual, 1.2), usual)).toMatchObject({ fail: 0, inconclusive: 0 })
  })
})

describe('a latency with two modes, the slow one five times slower', () => {
  test.each([
    [1, 'p95 is at the edge of the gap', 0.05],
    [1, 'both percentiles are within a mode', 0.3],
    [1, 'the median is in the middle of the gap', 0.5],
    [3, 'p95 is at the edge of the gap', 0.05],
    [3, 'the median is in the middle of the gap', 0.5],
  ])('%i repeat(s), %s, nothing changed: at most one false alarm in twenty', (repeats, _, share) => {
    const same = withSlowMode(share, 5)
    expect(tally(repeats, busyLaptop, same, same).fail).toBeLessThanOrEqual(atMost)
  })

  test.each([0.05, 0.3, 0.5])(
    'a share of %d is slow, everything is slower by a fifth, 3 repeats: caught in at least nineteen of twenty',
    (share) => {
      const before = withSlowMode(share, 5)
      expect(tally(3, busyLaptop, before, slower(before, 1.2)).fail).toBeGreaterThanOrEqual(atLeast)
    },
  )

  test('more slow answers (2 % to 10 %): the median is as before, p95 gives it away', () => {
    const random = seeded(4)
    const run = (share: number) => simulatedRun(random, withSlowMode(share, 5), { ...quietMachine, run: 0 })
    const { changes } = compareRuns([run(0.02)], [run(0.1)], settings, { name: 'main' })
    const [p50, p95] = changes
    expect(p50).toMatchObject({ request: 'all requests', percentile: 50 })
    expect(p50?.verdict).not.toBe('slower')
    expect(p95?.verdict).toBe('slower')
    expect(tally(1, busyLaptop, withSlowMode(0.02, 5), withSlowMode(0.1, 5)).fail).toBeGreaterThanOrEqual(atLeast)
  })

  test('the fast mode is slower, the slow one as before: p95 is as before, the median gives it away', () => {
    // A cache that has become slower: misses, three in ten, cost what they did.
    const before = withSlowMode(0.3, 5)
    const after = before.map((request) => ({ ...request, ms: request.ms * 1.5, slow: { share: 0.3, times: 5 / 1.5 } }))
    const random = seeded(5)
    const run = (requests: readonly SimulatedRequest[]) => simulatedRun(random, requests, quietMachine)
    const { changes } = compareRuns([run(before)], [run(after)], settings, { name: 'main' })
    expect(changes[0]).toMatchObject({ percentile: 50, verdict: 'slower' })
    expect(changes[1]?.verdict).not.toBe('slower')
    expect(tally(1, busyLaptop, before, after).fail).toBeGreaterThanOrEqual(atLeast)
  })
})
