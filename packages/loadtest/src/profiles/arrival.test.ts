import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ArrivalPlan, dueBefore, plannedIterations, plannedStartMs } from './arrival.ts'
import { targetAt } from './phase.ts'

function ramping(start: number, ...stages: [seconds: number, target: number][]): ArrivalPlan {
  return {
    executor: 'ramping-arrival-rate',
    start,
    stages: stages.map(([seconds, target]) => ({ phase: 'x', judged: true, durationMs: seconds * 1000, target })),
  }
}

function constant(rate: number, seconds: number): ArrivalPlan {
  return { ...ramping(rate, [seconds, rate]), executor: 'constant-arrival-rate' }
}

const startsOf = (plan: ArrivalPlan) =>
  Array.from({ length: plannedIterations(plan) }, (_, n) => plannedStartMs(plan, n) as number)

/** Nanoseconds are cut off, not rounded: 499.999999 ms is half a second. */
const toMicroseconds = (ms: number) => Math.round(ms * 1000) / 1000

const plans = fc
  .tuple(
    fc.nat(60),
    fc.array(
      fc.tuple(
        fc.nat(70).map((tenths) => tenths / 10),
        fc.nat(60),
      ),
      { minLength: 1, maxLength: 6 },
    ),
  )
  .map(([start, stages]) => ramping(start, ...stages))

describe('when iterations are due', () => {
  test('a constant rate begins at once and keeps its period, cut to whole nanoseconds', () => {
    expect(startsOf(constant(4, 1))).toEqual([0, 250, 500, 750])
    expect(plannedStartMs(constant(3, 10), 2)).toBe(666.666666)
    expect(plannedIterations(constant(100, 2))).toBe(200)
  })

  test('a rate that is held by the ramping executor begins one period later: an iteration has to have arrived', () => {
    expect(startsOf(ramping(4, [1, 4])).map(toMicroseconds)).toEqual([250, 500, 750, 1000])
  })

  test('a ramp up, a plateau and a ramp down', () => {
    // The area under the rate reaches 1, 2, ...: t²/10 = 1 on the way up, by hand.
    const starts = startsOf(ramping(0, [5, 1], [1, 1], [5, 0]))
    const byHand = [Math.sqrt(10), Math.sqrt(20), 5.5, 11 - Math.sqrt(20), 11 - Math.sqrt(10), 11]
    expect(starts).toHaveLength(6)
    for (const [index, seconds] of byHand.entries()) expect(starts[index]).toBeCloseTo(seconds * 1000, 4)
  })

  test('a part of an iteration is carried into the next stage, and a jump takes no time', () => {
    const starts = startsOf(ramping(2, [0.9, 2], [0, 10], [0.5, 10]))
    expect(starts.map(toMicroseconds)).toEqual([500, 920, 1020, 1120, 1220, 1320])
  })

  test('nothing is due at a rate of 0', () => {
    expect(plannedIterations(ramping(0, [10, 0]))).toBe(0)
    expect(plannedStartMs(ramping(0, [10, 0]), 0)).toBeUndefined()
    expect(plannedStartMs(constant(5, 1), 5)).toBeUndefined()
  })

  test('always in order, within the plan, and as many as the area under the rate', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const starts = startsOf(plan)
        let end = 0
        let area = 0
        let from = plan.start
        for (const { durationMs, target } of plan.stages) {
          end += durationMs
          area += ((from + target) / 2) * (durationMs / 1000)
          from = target
        }
        expect(Math.abs(starts.length - area)).toBeLessThan(1.000001)
        expect(plannedStartMs(plan, starts.length)).toBeUndefined()
        for (const [n, at] of starts.entries()) {
          expect(at).toBeGreaterThanOrEqual(starts[n - 1] ?? 0)
          expect(at).toBeLessThanOrEqual(end)
        }
      }),
    )
  })

  test('between two iterations one iteration has arrived', () => {
    fc.assert(
      fc.property(plans, fc.nat(50), (plan, n) => {
        const [from, to] = [plannedStartMs(plan, n), plannedStartMs(plan, n + 1)]
        if (from === undefined || to === undefined) return
        // Integrated in small steps, by another formula than the schedule's.
        const steps = 2000
        let area = 0
        for (let step = 0; step < steps; step++) {
          const at = from + ((to - from) * (step + 0.5)) / steps
          area += (targetAt(plan.start, plan.stages, at) * (to - from)) / steps / 1000
        }
        expect(area).toBeCloseTo(1, 1)
      }),
      { numRuns: 50 },
    )
  })

  test('how many are due by a moment is what the schedule says', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          plans,
          fc.integer({ min: 1, max: 50 }).map((rate) => constant(rate, 5)),
        ),
        fc.nat(20_000),
        (plan, ms) => {
          expect(dueBefore(plan, ms)).toBe(startsOf(plan).filter((at) => at < ms).length)
        },
      ),
    )
  })
})
