import type { LoadProfile } from '@journeys/core/ops'
import { clockTime } from './duration.ts'
import { cannotUse, type Overrides } from './override.ts'
import type { Stage } from './phase.ts'
import type { Shape } from './shape.ts'

type StressProfile = Extract<LoadProfile, { kind: 'stress' }>

/** Two steps in a row have to break: with fewer than three, none can have held before. */
const leastSteps = 3

/**
 * Steps from the first rate to the last one. A rate that is typed is the last one; a duration that is typed decides how many
 * steps there are, not how long they are: a shorter step would say less about its rate.
 */
export function stressShape(profile: StressProfile, { users, rate, durationMs }: Overrides): Shape {
  const { startRate } = profile
  const maxRate = rate ?? profile.maxRate
  if (maxRate <= startRate) {
    throw cannotUse(
      'rate',
      `${maxRate}/s is the last step, and the first one is at ${startRate}/s`,
      `--rate ${startRate * 10}`,
    )
  }
  const stepMs = (profile.settleSeconds + profile.stepSeconds) * 1000
  const rates =
    durationMs === undefined
      ? ratesBy(startRate, profile.stepRate, maxRate)
      : ratesIn(startRate, maxRate, Math.floor(durationMs / stepMs), stepMs)
  const stages = rates.flatMap((target, index): Stage[] => [
    { phase: `settle ${index + 1}`, judged: false, durationMs: profile.settleSeconds * 1000, target },
    { phase: `step ${index + 1}`, judged: true, durationMs: profile.stepSeconds * 1000, target },
  ])
  return {
    model: 'open',
    users: users ?? profile.maxUsers,
    start: profile.settleSeconds === 0 ? startRate : 0,
    stages,
  }
}

function ratesBy(startRate: number, stepRate: number, maxRate: number): number[] {
  const rates: number[] = []
  for (let rate = startRate; rate < maxRate; rate += stepRate) rates.push(rate)
  return [...rates, maxRate]
}

function ratesIn(startRate: number, maxRate: number, steps: number, stepMs: number): number[] {
  if (steps < leastSteps) {
    const least = clockTime(leastSteps * stepMs)
    throw cannotUse(
      'duration',
      `${leastSteps} steps of ${stepMs / 1000} s are needed`,
      `--duration ${(leastSteps * stepMs) / 1000}s or more (${least})`,
    )
  }
  // Steps finer than a whole iteration per second do not exist.
  const count = Math.min(steps, maxRate - startRate + 1)
  return Array.from({ length: count }, (_, index) =>
    Math.round(startRate + ((maxRate - startRate) * index) / (count - 1)),
  )
}
