import fc from 'fast-check'
import { expect, test } from 'vitest'
import { holm } from './holm.ts'

const alike = (...values: number[]) => values.map((p) => ({ p, weight: 1 }))

test('equal weights give Holm as it is printed', () => {
  // 0.01 x 4, 0.02 x 3, then never less than the one before it.
  expect(holm(alike(0.01, 0.04, 0.03, 0.02)).map((p) => Number(p.toFixed(4)))).toEqual([0.04, 0.06, 0.06, 0.06])
})

test('more weight costs less, and what is rejected passes its weight on', () => {
  const [first, second] = holm([
    { p: 0.03, weight: 0.6 },
    { p: 0.04, weight: 0.4 },
  ])
  expect(first).toBeCloseTo(0.05)
  expect(second, 'alone by then, but never below the one before it').toBeCloseTo(0.05)
})

test('a corrected p-value is never lower, never above 1, and keeps the order', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }), (values) => {
      const corrected = holm(alike(...values))
      for (const [index, p] of corrected.entries()) {
        expect(p).toBeGreaterThanOrEqual((values[index] ?? 0) - 1e-12)
        expect(p).toBeLessThanOrEqual(1)
        for (const [other, value] of values.entries()) {
          if (value > (values[index] ?? 0)) expect(corrected[other]).toBeGreaterThanOrEqual(p)
        }
      }
    }),
  )
})
