import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { config, type ServerSecond, syntheticRun } from '../../../../tests/loadtest/synthetic-run.ts'
import { plannedDurationMs } from '../profiles/plan.ts'
import { type AnalyseOptions, analyse, type StressAnalysis, type StressStep } from './analysis.ts'
import { serviceLevel } from './service-level.ts'
import { firstOfTwoBroken, highestHeld } from './stress-steps.ts'
import { StressWatch } from './stress-watch.ts'

describe('a stress run', () => {
  test('finds the highest rate that holds, what broke first and where latency begins to climb', () => {
    const { analysis, findings } = stress((rate) => ({ ms: [rate <= 200 ? 20 : 20 * Math.exp((rate - 200) / 60)] }))
    expect(analysis.capacity).toMatchObject({ phase: 'step 6', iterationsPerSecond: 300 })
    expect(analysis.capacity?.requestsPerSecond).toBeCloseTo(420, 0)
    expect(analysis).toMatchObject({
      found: true,
      brokeFirst: { phase: 'step 7', iterationsPerSecond: 350, what: 'latency' },
    })
    expect(analysis.brokeFirst?.text).toBe('at 350 iterations/s the p95 was 244 ms, the service level is 200 ms')
    expect(analysis.knee?.iterationsPerSecond).toBeGreaterThan(170)
    expect(analysis.knee?.iterationsPerSecond).toBeLessThan(230)
    expect(findings).toEqual({ fail: [], warn: [], inconclusive: [], invalid: [] })
  })

  test('a capacity below what is promised fails', () => {
    const { analysis, findings } = stress((rate) => ({ ms: [rate <= 50 ? 20 : 900] }))
    expect(analysis.capacity?.requestsPerSecond).toBeCloseTo(70, 0)
    expect(findings.fail).toEqual([
      'the capacity is 70 requests/s, 100 are promised; then at 100 iterations/s the p95 was 900 ms, the service level is 200 ms',
    ])
  })

  test('a server that does not even withstand the first step', () => {
    const { analysis, findings } = stress(() => ({ ms: [900] }))
    expect(analysis).not.toHaveProperty('capacity')
    expect(findings.fail[0]).toMatch(/^the capacity is below the first step/)
  })

  test('one bad step alone does not end the climb', () => {
    const { analysis } = stress((rate) => ({ ms: [rate === 150 || rate >= 400 ? 900 : 20] }))
    expect(analysis.capacity?.iterationsPerSecond).toBe(350)
    expect(analysis.brokeFirst?.iterationsPerSecond).toBe(400)
  })

  test('a server that never breaks has a capacity that nobody knows', () => {
    const { analysis, findings } = stress(() => ({ ms: [20] }))
    expect(analysis).toMatchObject({ found: false, capacity: { iterationsPerSecond: 600 } })
    expect(findings.inconclusive).toEqual([
      'the service level held up to 600 iterations/s, the highest of the profile: the capacity is higher, raise its maxRate',
    ])
  })

  test('only the last step broke: that alone is not enough', () => {
    const { findings } = stress((rate) => ({ ms: [rate === 600 ? 900 : 20] }))
    expect(findings.inconclusive[0]).toContain('one broken step alone')
  })

  test('a step in which the queue only grows does not hold, even if it ends before its p95 is too high', () => {
    const { analysis } = stress((rate, second) => ({ ms: [rate < 300 ? 20 : 20 + 15 * ((second + 10) % 13)] }))
    const broken = analysis.steps.find(({ rate }) => rate === 300)
    expect(broken).toMatchObject({ held: false, broke: ['latency'] })
    expect(broken?.p95Ms).toBeLessThan(200)
    expect(analysis.capacity?.iterationsPerSecond).toBe(250)
    expect(analysis.brokeFirst?.text).toMatch(
      /^at 300 iterations\/s answers took longer and longer, from \d+ ms to 1\d\d ms/,
    )
  })

  test('errors break it, fast as they may be', () => {
    const { analysis } = stress((rate) => ({ ms: [5], failing: rate >= 300 ? 0.1 : 0 }))
    expect(analysis.brokeFirst).toMatchObject({
      what: 'errors',
      text: expect.stringContaining('10 % of the requests failed'),
    })
  })

  test('a full pool is named before the errors and the latency that it causes', () => {
    const options = run((rate) => ({ ms: [rate >= 300 ? 900 : 5], failing: rate >= 300 ? 0.2 : 0, status: 504 }))
    options.recorder.addFailureDetail({ name: 'POST journal_entries', status: 504, code: 'PGRST003', body: '{}' })
    const { analysis } = analyse(options) as { analysis: StressAnalysis }
    expect(analysis.brokeFirst?.what).toBe('pool')
    expect(analysis.steps.find(({ rate }) => rate === 300)?.broke).toEqual(['pool', 'latency', 'errors'])
    expect(analysis.steps.find(({ rate }) => rate === 250)?.broke).toEqual([])
  })

  test('no free user because answers are slow: latency broke', () => {
    const { analysis, findings } = stress((rate) => ({ ms: [rate >= 300 ? 2000 : 5], dropped: rate >= 300 ? 100 : 0 }))
    expect(analysis.steps.find(({ rate }) => rate === 300)?.broke).toEqual(['latency', 'dropped'])
    expect(findings.invalid).toEqual([])
  })

  test('no free user although answers are fast: too few users, which says nothing about the server', () => {
    const { findings } = stress((rate) => ({ ms: [20], dropped: rate >= 300 ? 100 : 0 }))
    expect(findings.invalid[0]).toMatch(/at 300 iterations\/s no user was free although answers were fast/)
  })

  test('a generator that comes late measures itself', () => {
    const { analysis, findings } = stress((rate) => ({
      ms: [rate >= 300 ? 400 : 20],
      startLagMs: rate >= 300 ? 350 : 1,
    }))
    expect(analysis.brokeFirst?.what).toBe('generator')
    expect(findings.invalid[0]).toMatch(/^the load generator broke before the server did, at 300 iterations\/s/)
  })

  test('a generator that was saturated, and nobody knows when', () => {
    const options = run((rate) => ({ ms: [rate >= 300 ? 400 : 20] }))
    const { findings } = analyse({ ...options, generator: { cores: 2, saturated: 'its event loop ran 300 ms late' } })
    expect(findings.invalid[0]).toContain('its event loop ran 300 ms late')
  })
})

test('whatever steps held, the capacity is below the first two in a row that did not, and nothing higher held there', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 20 }), (held) => {
      const steps = held.map((one, index) => step(10 * (index + 1), one))
      const capacity = highestHeld(steps)?.rate ?? 0
      const broken = firstOfTwoBroken(steps)?.rate ?? Number.POSITIVE_INFINITY
      expect(capacity).toBeLessThan(broken)
      expect(steps.filter(({ rate }) => rate > capacity && rate < broken).some((one) => one.held)).toBe(false)
      expect(/ff/.test(held.map((one) => (one ? 't' : 'f')).join(''))).toBe(broken !== Number.POSITIVE_INFINITY)
    }),
  )
})

describe('the watch over a stress run', () => {
  test('ends the load once two steps in a row are broken, and not before', () => {
    const options = run((rate) => ({ ms: [rate >= 150 ? 900 : 20] }))
    const watch = new StressWatch(options.plan, options.recorder, serviceLevel(config))
    let ended: number | undefined
    for (let elapsedMs = 0; elapsedMs < plannedDurationMs(options.plan); elapsedMs += 500) {
      if (watch.check({ elapsedMs }) !== undefined) {
        ended = elapsedMs
        break
      }
    }
    const second = options.plan.stages.findIndex(({ phase }) => phase === 'step 4')
    const end = options.plan.stages.slice(0, second + 1).reduce((sum, { durationMs }) => sum + durationMs, 0)
    expect(ended).toBeGreaterThan(end)
    expect(ended).toBeLessThan(end + 3000)
    expect(watch.check({ elapsedMs: end + 3000 })).toContain('step 3 and the next')
  })
})

function stress(server: (rate: number, second: number) => ServerSecond) {
  const { analysis, findings } = analyse(run(server))
  return { analysis: analysis as StressAnalysis, findings }
}

/** Told what the server does at a step's rate. */
function run(server: (rate: number, second: number) => ServerSecond): AnalyseOptions {
  return syntheticRun({
    profile: 'stress',
    server: (second, { target, phase }) => server(phase.startsWith('step') ? Math.round(target) : 0, second),
  })
}

function step(rate: number, held: boolean): StressStep {
  const broke = held ? [] : (['latency'] as const)
  const figures = {
    seconds: 10,
    iterationsPerSecond: rate,
    requestsPerSecond: rate,
    requests: rate * 10,
    dropped: 0,
    errorRate: 0,
  }
  return { phase: `step ${rate / 10}`, rate, ...figures, held, broke }
}
