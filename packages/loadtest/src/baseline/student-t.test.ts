import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chanceAbove, pointAbove } from './student-t.ts'

test('it says what the printed tables say', () => {
  // Abramowitz & Stegun, table 26.10.
  expect(pointAbove(0.05, 1)).toBeCloseTo(6.314, 3)
  expect(pointAbove(0.025, 2)).toBeCloseTo(4.303, 3)
  expect(pointAbove(0.05, 4)).toBeCloseTo(2.132, 3)
  expect(pointAbove(0.01, 7)).toBeCloseTo(2.998, 3)
  expect(pointAbove(0.05, 20)).toBeCloseTo(1.725, 3)
  expect(pointAbove(0.005, 30)).toBeCloseTo(2.75, 3)
  expect(pointAbove(0.025, 1000), 'the normal distribution in the end').toBeCloseTo(1.962, 3)
})

test('it is symmetric, and the two functions undo each other', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.double({ min: 0.001, max: 0.999, noNaN: true }), (df, chance) => {
      const point = pointAbove(chance, df)
      expect(chanceAbove(point, df)).toBeCloseTo(chance, 8)
      expect(chanceAbove(-point, df)).toBeCloseTo(1 - chance, 8)
    }),
  )
  expect(chanceAbove(0, 5)).toBeCloseTo(0.5, 12)
})
