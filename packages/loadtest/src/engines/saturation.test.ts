import { describe, expect, test } from 'vitest'
import { builtinSaturation, k6Saturation } from './saturation.ts'

const calm = { cpuCores: { mean: 0.2, peak: 0.3 }, cores: 8, eventLoopLagMs: 3, startLagMs: 2 }

describe('a generator that measures itself', () => {
  test('is not one that is at ease, nor one of which nothing is known', () => {
    for (const load of [calm, { cores: 8 }]) {
      expect(builtinSaturation(load)).toBeUndefined()
      expect(k6Saturation(load)).toBeUndefined()
    }
  })

  test('is one that used up what it can use: one core for the built-in engine, all of them for k6', () => {
    const one = { ...calm, cpuCores: { mean: 0.8, peak: 0.98 } }
    expect(builtinSaturation(one)).toContain('0.98 cores in its busiest 5 seconds')
    expect(k6Saturation(one)).toBeUndefined()
    expect(k6Saturation({ ...calm, cpuCores: { mean: 6, peak: 7.9 } })).toContain('7.90 of the 8 cores')
  })

  test('is one that was late, and it says when something else on the machine was the reason', () => {
    expect(builtinSaturation({ ...calm, eventLoopLagMs: 169 })).toBe(
      '1 in 100 turns of the generator came 169 ms late, though it used only 0.30 cores itself: look for what else runs on this machine',
    )
    const busy = { ...calm, cpuCores: { mean: 6, peak: 7 }, startLagMs: 80 }
    expect(k6Saturation(busy)).toBe('1 in 100 iterations was begun 80 ms after the plan')
  })
})
