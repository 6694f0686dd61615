import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BoundedSeries } from './bounded-series.ts'
import { BusiestStretch } from './busiest-stretch.ts'

test('a minute has a point for every second, and a second without a look is a gap', () => {
  const series = new BoundedSeries(['bytes'])
  for (const second of [0.1, 1.05, 3.2, 3.9]) series.add(second, { bytes: second * 10 })
  expect(series.points()).toEqual([
    { second: 0, bytes: 1 },
    { second: 1, bytes: 10.5 },
    { second: 3, bytes: 35.5 },
  ])
})

test('however long it goes on, there are few points, and their mean is the mean of what was added', () => {
  const looks = fc.array(fc.record({ second: fc.double({ min: 0, max: 100_000, noNaN: true }), cores: fc.nat(64) }), {
    minLength: 1,
    maxLength: 300,
  })
  fc.assert(
    fc.property(looks, (added) => {
      const series = new BoundedSeries(['cores', 'ones'], 20)
      for (const { second, cores } of added) series.add(second, { cores, ones: 1 })
      const points = series.points()
      expect(points.length).toBeLessThanOrEqual(20)
      expect(points.every(({ ones }) => ones === 1)).toBe(true)
      expect(points.map(({ second }) => second)).toEqual(points.map(({ second }) => second).sort((a, b) => a - b))
      const cores = added.map((one) => one.cores)
      for (const point of points) {
        expect(point.cores).toBeGreaterThanOrEqual(Math.min(...cores))
        expect(point.cores).toBeLessThanOrEqual(Math.max(...cores))
      }
    }),
  )
})

test('a straight line stays one when its points are merged', () => {
  const series = new BoundedSeries(['bytes'], 10)
  for (let second = 0; second < 1000; second++) series.add(second, { bytes: 3 * second })
  const points = series.points()
  const steps = points
    .slice(1)
    .map((point, index) => (point.bytes - (points[index]?.bytes ?? 0)) / (points[1]?.second ?? 0))
  // The last point may be narrower.
  for (const step of steps.slice(0, -1)) expect(step).toBeCloseTo(3, 5)
})

test('the busiest 5 seconds are found, and a shorter time is its own busiest', () => {
  const stretch = new BusiestStretch()
  expect(stretch.figures()).toBeUndefined()
  stretch.add(1, 0.5)
  expect(stretch.figures()).toEqual({ mean: 0.5, peak: 0.5 })
  for (const cores of [0, 0, 2, 2, 2, 2, 2, 0, 0]) stretch.add(1, cores)
  expect(stretch.figures()).toEqual({ mean: 1.05, peak: 2 })
})
