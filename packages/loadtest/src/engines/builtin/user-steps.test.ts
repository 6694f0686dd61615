import { describe, expect, test } from 'vitest'
import type { LoadPlan } from '../../profiles/plan.ts'
import { type UserStep, userSteps } from './user-steps.ts'

/** [users, seconds] of each stage. */
type Stages = readonly (readonly [target: number, seconds: number])[]

function steps(stages: Stages, start: number, gracefulStop: number, gracefulRampDown: number) {
  const { planned, allowed } = userSteps({
    start,
    stages: stages.map(([target, seconds]) => ({ phase: 'a', judged: true, durationMs: seconds * 1000, target })),
    gracefulStopMs: gracefulStop * 1000,
    gracefulRampDownMs: gracefulRampDown * 1000,
  } as unknown as LoadPlan)
  const short = (all: readonly UserStep[]) => all.map(({ atMs, users }) => [Math.round(atMs) / 1000, users])
  return { planned: short(planned), allowed: short(allowed) }
}

/**
 * k6's own example and what its own test expects of it, TestRampingVUsConfigExecutionPlanExample:
 * https://github.com/grafana/k6/blob/v1.8.1/lib/executor/ramping_vus_test.go
 */
describe("users come and go as in k6's own example", () => {
  const stages: Stages = [
    [6, 2],
    [1, 5],
    [5, 4],
    [1, 4],
    [4, 3],
    [4, 2],
    [1, 0],
    [1, 3],
  ]
  // biome-ignore format: a step each
  const raw = [[0, 4], [1, 5], [2, 6], [3, 5], [4, 4], [5, 3], [6, 2], [7, 1], [8, 2], [9, 3], [10, 4], [11, 5], [12, 4],
    [13, 3], [14, 2], [15, 1], [16, 2], [17, 3], [18, 4], [20, 1], [23, 0]]
  const rise = [
    [0, 4],
    [1, 5],
    [2, 6],
  ]

  test('step by step', () => {
    expect(steps(stages, 4, 30, 30).planned).toEqual(raw)
  })

  test('with the usual 30 seconds to finish', () => {
    expect(steps(stages, 4, 30, 30).allowed).toEqual([...rise, [33, 5], [42, 4], [50, 1], [53, 0]])
  })

  test('with a graceful stop that is longer, shorter or none', () => {
    expect(steps(stages, 4, 80, 30).allowed).toEqual([...rise, [33, 5], [42, 4], [50, 1], [103, 0]])
    expect(steps(stages, 4, 3, 30).allowed).toEqual([...rise, [26, 0]])
    expect(steps(stages, 4, 0, 30).allowed).toEqual([...rise, [23, 0]])
  })

  test('with no time to finish at all', () => {
    expect(steps(stages, 4, 0, 0).allowed).toEqual(raw)
  })

  test('with jumps up and down again', () => {
    const more: Stages = [...stages, [5, 0], [5, 3], [0, 0], [2, 2], [0, 2], [4, 4]]
    const planned = steps(more, 4, 30, 30).planned
    // biome-ignore format: a step each
    expect(planned.slice(20)).toEqual([[23, 5], [26, 0], [27, 1], [28, 2], [29, 1], [30, 0], [31, 1], [32, 2], [33, 3], [34, 4],
      [34, 0]])
  })
})
