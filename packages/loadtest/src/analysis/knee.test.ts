import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findKnee } from './knee.ts'

const rates = Array.from({ length: 12 }, (_, index) => 20 * (index + 1))

describe('the knee of a latency curve', () => {
  test('it is where the flat part ends, within a step', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 60, max: 180 }),
        fc.array(jitter(), { minLength: 12, maxLength: 12 }),
        (at, jitters) => {
          const points = rates.map((x, index) => ({
            x,
            y: 10 * Math.exp(Math.max(0, x - at) / 25) * (jitters[index] as number),
          }))
          const knee = findKnee(points)
          expect(knee).toBeDefined()
          expect(Math.abs((knee?.x ?? 0) - at)).toBeLessThan(20)
          expect(knee?.y).toBeGreaterThan(8)
          expect(knee?.y).toBeLessThan(13)
        },
      ),
    )
  })

  test('a queue that fills up (1 / (1 - load)) has its knee well before the end', () => {
    const points = rates.map((x) => ({ x, y: 5 / (1 - x / 250) }))
    const knee = findKnee(points)
    expect(knee?.x).toBeGreaterThan(100)
    expect(knee?.x).toBeLessThan(230)
  })

  test('no knee where latency stays flat, whatever the noise', () => {
    fc.assert(
      fc.property(fc.array(jitter(), { minLength: 12, maxLength: 12 }), (jitters) => {
        expect(findKnee(rates.map((x, index) => ({ x, y: 10 * (jitters[index] as number) })))).toBeUndefined()
      }),
    )
  })

  test('no knee where latency grows evenly from the first step on, nor with too few steps', () => {
    expect(findKnee(rates.map((x) => ({ x, y: 10 * Math.exp(x / 60) })))).toBeUndefined()
    expect(findKnee(rates.slice(0, 4).map((x) => ({ x, y: x })))).toBeUndefined()
    expect(findKnee([])).toBeUndefined()
  })

  test('whatever the figures, a knee lies within the steps', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e5, noNaN: true }), { maxLength: 20 }), (latencies) => {
        const points = latencies.map((y, index) => ({ x: index + 1, y }))
        const knee = findKnee(points)
        if (!knee) return
        expect(knee.x).toBeGreaterThanOrEqual(1)
        expect(knee.x).toBeLessThanOrEqual(points.length)
        expect(Number.isFinite(knee.y)).toBe(true)
      }),
    )
  })
})

/** A measurement is off by up to a tenth. */
function jitter() {
  return fc.double({ min: 0.9, max: 1.1, noNaN: true })
}
