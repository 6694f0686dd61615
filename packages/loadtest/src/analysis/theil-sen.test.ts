import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Point, theilSen } from './theil-sen.ts'

describe('the line through a figure over time', () => {
  test('it is the line itself when the points lie on one', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1000, max: 1000, noNaN: true }),
        fc.double({ min: -1000, max: 1000, noNaN: true }),
        fc.integer({ min: 3, max: 40 }),
        (slope, intercept, n) => {
          const points = Array.from({ length: n }, (_, x) => ({ x, y: intercept + slope * x }))
          const line = theilSen(points)
          expect(line.slope).toBeCloseTo(slope, 6)
          expect(line.intercept).toBeCloseTo(intercept, 4)
          expect(line.low).toBeLessThanOrEqual(line.slope)
          expect(line.high).toBeGreaterThanOrEqual(line.slope)
        },
      ),
    )
  })

  test('a quarter of the points may be anything, and it stays where it was', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 9, maxLength: 9 }), (wild) => {
        const points = Array.from({ length: 40 }, (_, x) => ({ x, y: 100 + x }))
        for (const [index, y] of wild.entries()) (points[index * 4] as { y: number }).y = y
        expect(theilSen(points).slope).toBeGreaterThan(0.5)
        expect(theilSen(points).slope).toBeLessThan(1.5)
      }),
    )
  })

  test('where nothing changes, it seldom says with confidence that something does', () => {
    expect(falseAlarms(0)).toBeLessThan(0.08)
    // Seconds of a load test depend on each other: half of a disturbance is still there in the next point.
    expect(falseAlarms(0.5)).toBeLessThan(0.12)
  })

  test('a climb of a fifth over the run is seen with confidence through noise of a tenth', () => {
    const seen = Array.from({ length: 200 }, (_, seed) => {
      const points = noisy(60, 0.3, seed, (x) => 100 + (20 * x) / 60)
      return theilSen(points).low > 0
    }).filter(Boolean).length
    expect(seen / 200).toBeGreaterThan(0.8)
  })
})

function falseAlarms(dependence: number): number {
  const runs = 400
  let alarms = 0
  for (let seed = 0; seed < runs; seed++) {
    const { low, high } = theilSen(noisy(60, dependence, seed, () => 100))
    if (low > 0 || high < 0) alarms++
  }
  return alarms / runs
}

/** Points around a curve, with noise of 10 of which `dependence` carries over to the next point. */
function noisy(n: number, dependence: number, seed: number, curve: (x: number) => number): Point[] {
  const noise = normalNoise(seed)
  let carried = noise() * 10
  return Array.from({ length: n }, (_, x) => {
    carried = dependence * carried + Math.sqrt(1 - dependence ** 2) * noise() * 10
    return { x, y: curve(x) + carried }
  })
}

/** The same normal numbers for the same seed: mulberry32 and the Box-Muller transform. */
function normalNoise(seed: number): () => number {
  let state = seed * 7919 + 1
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
}
