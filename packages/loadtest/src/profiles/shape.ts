import type { LoadProfile } from '@journeys/core/ops'
import { stretched } from './duration.ts'
import type { Overrides } from './override.ts'
import type { Stage } from './phase.ts'
import { stressShape } from './stress.ts'

/** What a load looks like over time, whoever it consists of. */
export interface Shape {
  readonly model: 'closed' | 'open'
  /** closed: at the top. open: the most that may be busy at once; absent: it follows from the rate. */
  readonly users?: number | undefined
  readonly start: number
  readonly stages: readonly Stage[]
  /** How many times what was asked for the top is: 10 in a spike. @defaultValue 1 */
  readonly peak?: number
}

/** One stretch, of 0 seconds where the load jumps: its phase, its seconds, the load at its end as a multiple of the normal load. */
type Stretch = readonly [phase: string, seconds: number, load: number, how?: 'judged' | 'fixed']

/** @throws JourneysError (exit 2) for an override that the profile cannot use */
export function shapeOf(profile: LoadProfile, overrides: Overrides): Shape {
  if (profile.kind === 'stress') return stressShape(profile, overrides)
  const normal = normalLoad(profile, overrides)
  const stretches = stretchesOf(profile).filter(
    ([phase, seconds]) => seconds > 0 || (phase !== 'ramp' && phase !== 'down'),
  )
  const stages = stretches.map(([phase, seconds, load, how]) => ({
    phase,
    judged: how === 'judged',
    durationMs: seconds * 1000,
    target: Math.round(normal.load * load),
  }))
  const fixed = stretches.filter(([, , , how]) => how === 'fixed').map(([phase]) => phase)
  const top = Math.max(...stages.map(({ target }) => target))
  return {
    ...(profile.kind === 'spike' ? { peak: profile.factor } : {}),
    model: normal.model,
    users: normal.model === 'closed' ? top : normal.maxUsers,
    // Without a ramp the load is there from the first moment.
    start: stretches[0]?.[3] === 'judged' ? (stages[0]?.target ?? 0) : 0,
    stages: overrides.durationMs === undefined ? stages : stretched(stages, overrides.durationMs, fixed),
  }
}

type UsersProfile = Exclude<LoadProfile, { kind: 'stress' }>

function normalLoad(
  profile: UsersProfile,
  { users, rate }: Overrides,
): { model: 'closed' | 'open'; load: number; maxUsers?: number | undefined } {
  const own = profile.kind === 'load' ? profile.rate : undefined
  const load = rate ?? own
  if (load !== undefined) {
    return { model: 'open', load, maxUsers: users ?? (profile.kind === 'load' ? profile.maxUsers : undefined) }
  }
  return { model: 'closed', load: users ?? profile.users ?? 1 }
}

function stretchesOf(profile: UsersProfile): Stretch[] {
  switch (profile.kind) {
    case 'load':
    case 'soak':
      return [
        ['ramp', profile.rampUpSeconds, 1],
        ['steady', profile.holdSeconds, 1, 'judged'],
        ['down', profile.rampDownSeconds, 0],
      ]
    case 'spike':
      return [
        ['ramp', profile.rampUpSeconds, 1],
        ['before', profile.beforeSeconds, 1, 'judged'],
        ['surge', profile.surgeSeconds, profile.factor, 'fixed'],
        ['during', profile.duringSeconds, profile.factor, 'judged'],
        ['fall', profile.fallSeconds, 1, 'fixed'],
        ['after', profile.afterSeconds, 1, 'judged'],
        ['down', profile.rampDownSeconds, 0],
      ]
    case 'recovery':
      return [
        ['ramp', profile.rampUpSeconds, 1],
        ['before', profile.beforeSeconds, 1, 'judged'],
        ['outage', profile.outageSeconds, 1],
        ['after', profile.afterSeconds, 1, 'judged'],
        ['down', profile.rampDownSeconds, 0],
      ]
  }
}
