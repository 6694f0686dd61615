import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LatencyHistogram } from './latency-histogram.ts'

describe('the latency histogram', () => {
  test('every percentile is within 0.1 % of the sorted samples, whatever they are', () => {
    const durations = fc.double({ min: 0.001, max: 100_000, noNaN: true })
    fc.assert(
      fc.property(
        fc.array(durations, { minLength: 1, maxLength: 200 }),
        fc.integer({ min: 1, max: 100 }),
        (samples, percentile) => {
          const histogram = new LatencyHistogram()
          for (const sample of samples) histogram.record(sample)
          const sorted = [...samples].sort((a, b) => a - b)
          const exact = sorted[Math.max(0, Math.ceil((percentile / 100) * sorted.length - 1e-9) - 1)] as number
          // A microsecond is the smallest step; above it three significant digits.
          expect(Math.abs((histogram.percentile(percentile) as number) - exact)).toBeLessThanOrEqual(
            Math.max(0.001, exact * 0.001),
          )
          expect(histogram.figures?.max).toBe(sorted.at(-1))
          expect(histogram.figures?.min).toBe(sorted[0])
        },
      ),
    )
  })

  test('no sample, no figure; one that took for ever still counts', () => {
    const histogram = new LatencyHistogram()
    expect(histogram.percentile(95)).toBeUndefined()
    expect(histogram.figures).toBeUndefined()
    histogram.record(1e9)
    expect(histogram.count).toBe(1)
    expect(histogram.percentile(50)).toBeGreaterThan(100_000)
  })
})
