import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { clockTime, parseDuration } from './duration.ts'
import { phaseAt, usersAt } from './phase.ts'
import { highestRate, phaseWindows, planLoad, plannedDurationMs } from './plan.ts'

const settings = { users: 1000, rampUpSeconds: 10, holdSeconds: 40, rampDownSeconds: 8 }
const weights = { journal_creation: 40, profile_updates: 20, progress_viewing: 30, premium_purchases: 10 }
const plan = (overrides: { users?: number; duration?: string | number } = {}) =>
  planLoad({ profile: 'load', settings, weights, ...overrides })

describe('a load profile', () => {
  test('ramps to its users, holds them, and lets them go', () => {
    const { stages } = plan()
    expect(phaseWindows(plan())).toEqual([
      { phase: 'ramp', startMs: 0, endMs: 10_000 },
      { phase: 'steady', startMs: 10_000, endMs: 50_000 },
      { phase: 'down', startMs: 50_000, endMs: 58_000 },
    ])
    expect([0, 5_000, 10_000, 30_000, 54_000, 58_000, 99_000].map((ms) => usersAt(stages, ms))).toEqual([
      0, 500, 1000, 1000, 500, 0, 0,
    ])
    expect([0, 9_999, 10_000, 49_999, 50_000, 60_000].map((ms) => phaseAt(stages, ms))).toEqual([
      'ramp',
      'ramp',
      'steady',
      'steady',
      'down',
      'down',
    ])
    expect(highestRate(plan()), '1000 users who think 2 s').toBe(500)
  })

  test('another duration stretches every stage alike', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 86_400 }), (duration) => {
        const stretched = plan({ duration })
        expect(Math.abs(plannedDurationMs(stretched) - duration * 1000)).toBeLessThanOrEqual(2)
        expect((stretched.stages[1]?.durationMs ?? 0) / (duration * 1000)).toBeCloseTo(40 / 58, 2)
      }),
    )
  })

  test('users are never more than planned, whenever one looks', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 0, max: 100_000 }), (users, elapsed) => {
        const wanted = usersAt(plan({ users }).stages, elapsed)
        expect(wanted).toBeGreaterThanOrEqual(0)
        expect(wanted).toBeLessThanOrEqual(users)
      }),
    )
  })

  test('a ramp of no seconds starts with everybody', () => {
    const { stages } = planLoad({ profile: 'x', settings: { ...settings, rampUpSeconds: 0 }, weights })
    expect(usersAt(stages, 0)).toBe(1000)
    expect(phaseAt(stages, 0)).toBe('steady')
  })

  test('no users, half a user or no duration are refused', () => {
    for (const users of [0, -1, 1.5, Number.NaN]) expect(() => plan({ users })).toThrow('not a number of users')
    for (const duration of ['', 'soon', '0s', '-5s', '5 s', '5x', '1m 30s']) {
      expect(() => plan({ duration }), duration).toThrow('not a duration')
    }
  })

  test('durations are written as k6 writes them', () => {
    expect(['500ms', '40s', '1m30s', '2h', '1.5m', 12, '12'].map(parseDuration)).toEqual([
      500, 40_000, 90_000, 7_200_000, 90_000, 12_000, 12_000,
    ])
    expect(clockTime(93_400)).toBe('1:33')
  })
})
