import { describe, expect, test } from 'vitest'
import { driftOf } from './drift.ts'

describe('the drift of a figure', () => {
  test('a p95 that climbs from 20 to 30 ms in an hour drifts by half', () => {
    const values = Array.from({ length: 3600 }, (_, second) => ({ second, value: 20 + (10 * second) / 3600 }))
    const drift = driftOf('ms', values, { from: 0, to: 3600 })
    expect(drift).toMatchObject({ unit: 'ms', certain: true, secondsPerPoint: 60, points: 60 })
    expect(drift?.from).toBeCloseTo(20, 1)
    expect(drift?.to).toBeCloseTo(30, 1)
    expect(drift?.perHour).toBeCloseTo(10, 1)
    expect(drift?.percent).toBeCloseTo(50, 0)
    expect(drift?.percentLow).toBeLessThanOrEqual(drift?.percent ?? 0)
  })

  test('a stall of a few minutes is no drift', () => {
    const values = Array.from({ length: 1800 }, (_, second) => ({
      second,
      value: 20 + (second % 7) + (second > 1500 && second < 1650 ? 900 : 0),
    }))
    const drift = driftOf('ms', values, { from: 0, to: 1800 })
    expect(Math.abs(drift?.percent ?? 100)).toBeLessThan(10)
  })

  test('only the judged part counts, and less than a minute of it is too little', () => {
    const values = Array.from({ length: 200 }, (_, second) => ({ second, value: second < 100 ? 1000 : 20 }))
    expect(driftOf('ms', values, { from: 100, to: 200 })).toMatchObject({
      from: 20,
      to: 20,
      certain: false,
      percent: 0,
    })
    expect(driftOf('ms', values, { from: 100, to: 155 })).toBeUndefined()
    expect(driftOf('ms', [], { from: 0, to: 1000 })).toBeUndefined()
  })
})
