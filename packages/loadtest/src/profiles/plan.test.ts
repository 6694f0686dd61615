import { type Config, defaultConfig, type LoadProfile } from '@journeys/core/ops'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { clockTime, parseDuration } from './duration.ts'
import { phaseAt, targetAt } from './phase.ts'
import { highestRate, iterationsOf, type PlanOptions, phaseWindows, planLoad, plannedDurationMs } from './plan.ts'

const { loadtest: defaults } = defaultConfig()
const plan = (profile: string, options: Partial<PlanOptions> = {}) =>
  planLoad({ profile, config: defaults, ...options })
const custom = (profile: LoadProfile, options: Partial<PlanOptions> = {}, config: Partial<Config['loadtest']> = {}) =>
  planLoad({ profile: 'mine', config: { ...defaults, ...config, profiles: { mine: profile } }, ...options })
const phases = (of: ReturnType<typeof plan>) =>
  phaseWindows(of).map(({ phase, judged, startMs, endMs, target }) => [
    `${phase}${judged ? '*' : ''}`,
    startMs / 1000,
    endMs / 1000,
    target,
  ])
const hintOf = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    const { exitCode, message, hint } = error as { exitCode: number; message: string; hint: string }
    expect(exitCode).toBe(2)
    return `${message} | ${hint}`
  }
  throw new Error('nothing was refused')
}

describe('the profiles', () => {
  test('load: users come, stay and go', () => {
    const load = plan('load')
    expect(load).toMatchObject({ kind: 'load', model: 'closed', executor: 'ramping-vus', users: 1000, start: 0 })
    expect(load).toMatchObject({ trackWrites: false, requestTimeoutMs: 30_000, gracefulStopMs: 30_000 })
    expect(phases(load)).toEqual([
      ['ramp', 0, 10, 1000],
      ['steady*', 10, 50, 1000],
      ['down', 50, 58, 0],
    ])
    const moments = [0, 5_000, 10_000, 30_000, 54_000, 58_000, 99_000]
    expect(moments.map((ms) => targetAt(0, load.stages, ms))).toEqual([0, 500, 1000, 1000, 500, 0, 0])
    expect([0, 9_999, 10_000, 50_000, 60_000].map((ms) => phaseAt(load.stages, ms))).toEqual([
      'ramp',
      'ramp',
      'steady',
      'down',
      'down',
    ])
    expect(highestRate(load), '1000 users who think 2 s').toBe(500)
  })

  test('load at a rate: iterations arrive, whatever the server does', () => {
    const profile = { kind: 'load', rate: 50, rampUpSeconds: 2, holdSeconds: 10, rampDownSeconds: 0 } as const
    const load = custom(profile)
    expect(load).toMatchObject({ model: 'open', executor: 'ramping-arrival-rate', start: 0 })
    expect(load.users, '50 iterations of at most 2.1 s of thought and 1.7 answers of half a second').toBe(148)
    expect(phases(load)).toEqual([
      ['ramp', 0, 2, 50],
      ['steady*', 2, 12, 50],
    ])
    expect(iterationsOf(load)).toBe(550)
    const flat = custom({ ...profile, rampUpSeconds: 0, maxUsers: 80 })
    expect(flat).toMatchObject({ executor: 'constant-arrival-rate', start: 50, users: 80 })
    expect(iterationsOf(flat)).toBe(500)
  })

  test('spike: ten times as many within five seconds, judged before, during and after', () => {
    const spike = plan('spike')
    expect(spike).toMatchObject({ kind: 'spike', model: 'closed', users: 1000 })
    expect(phases(spike)).toEqual([
      ['ramp', 0, 5, 100],
      ['before*', 5, 20, 100],
      ['surge', 20, 25, 1000],
      ['during*', 25, 45, 1000],
      ['fall', 45, 50, 100],
      ['after*', 50, 75, 100],
      ['down', 75, 80, 0],
    ])
    const sudden = custom({ ...defaults.profiles.spike, surgeSeconds: 0 } as LoadProfile)
    expect(targetAt(0, sudden.stages, 19_999)).toBe(100)
    expect(targetAt(0, sudden.stages, 20_000), 'a surge of no seconds is a jump').toBe(1000)
  })

  test('stress: the rate climbs in steps', () => {
    const stress = plan('stress')
    expect(stress).toMatchObject({ kind: 'stress', model: 'open', executor: 'ramping-arrival-rate', start: 0 })
    expect(phases(stress).slice(0, 4)).toEqual([
      ['settle 1', 0, 3, 50],
      ['step 1*', 3, 13, 50],
      ['settle 2', 13, 16, 100],
      ['step 2*', 16, 26, 100],
    ])
    expect(phases(stress).at(-1)).toEqual(['step 12*', 146, 156, 600])
    const uneven = custom({ ...defaults.profiles.stress, maxRate: 120, settleSeconds: 0 } as LoadProfile)
    expect(phases(uneven).map(([phase, , , rate]) => [phase, rate])).toEqual([
      ['step 1*', 50],
      ['step 2*', 100],
      ['step 3*', 120],
    ])
    expect(targetAt(uneven.start, uneven.stages, 10_000), 'without settling the rate jumps').toBe(100)
  })

  test('recovery: the fault comes with the outage, and every write is noted', () => {
    expect(plan('recovery')).toMatchObject({ kind: 'recovery', model: 'closed', faultAtMs: 20_000, trackWrites: true })
    expect(phases(plan('recovery'))).toEqual([
      ['ramp', 0, 5, 100],
      ['before*', 5, 20, 100],
      ['outage', 20, 50, 100],
      ['after*', 50, 80, 100],
      ['down', 80, 85, 0],
    ])
    expect(plan('recovery', { duration: '170s' }).faultAtMs).toBe(40_000)
  })

  test('soak and smoke: half an hour, and ten seconds', () => {
    expect(plan('soak')).toMatchObject({ kind: 'soak', users: 200 })
    expect(plannedDurationMs(plan('soak'))).toBe(1_818_000)
    expect(plan('smoke')).toMatchObject({ kind: 'load', users: 10 })
    expect(plannedDurationMs(plan('smoke'))).toBe(10_000)
  })

  test('think time, timeout and the mix come from the configuration', () => {
    const mine = custom(
      defaults.profiles.smoke as LoadProfile,
      {},
      { thinkTime: { minSeconds: 0, maxSeconds: 0.5 }, requestTimeoutSeconds: 5 },
    )
    expect(mine).toMatchObject({ thinkTime: { minMs: 0, maxMs: 500 }, requestTimeoutMs: 5000 })
    const own = custom(defaults.profiles.smoke as LoadProfile, { weights: { a: 1, b: 3 } })
    expect([...own.round].sort()).toEqual(['a', 'b', 'b', 'b'])
    expect(highestRate(own), 'nobody knows what these do').toBe(Number.POSITIVE_INFINITY)
    expect(highestRate(own, 4), 'until they have been measured').toBe(20)
  })
})

describe('what is typed instead', () => {
  test('users: at the top; of a spike the normal load; in an open model the most that are busy', () => {
    expect(plan('load', { users: 7 }).users).toBe(7)
    expect(plan('spike', { users: 7 })).toMatchObject({ users: 70 })
    expect(plan('stress', { users: 7 })).toMatchObject({ users: 7, model: 'open' })
    expect(plan('load', { users: 7, rate: 20 })).toMatchObject({ users: 7, model: 'open' })
  })

  test('a rate turns users into arrivals; of a stress run it is the last step', () => {
    const load = plan('load', { rate: 30 })
    expect(load).toMatchObject({ model: 'open', executor: 'ramping-arrival-rate' })
    expect(phases(load).map(([, , , target]) => target)).toEqual([30, 30, 0])
    expect(phases(plan('spike', { rate: 30 })).map(([, , , target]) => target)).toEqual([30, 30, 300, 300, 30, 30, 0])
    expect(phases(plan('stress', { rate: 120 })).at(-1)?.[3]).toBe(120)
    expect(plan('recovery', { rate: 30 })).toMatchObject({ model: 'open', trackWrites: true })
  })

  test('a duration is of the whole run, in every profile', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('load', 'spike', 'recovery', 'soak', 'smoke'),
        fc.integer({ min: 1, max: 86_400 }),
        (profile, duration) => {
          const stretched = plan(profile, { duration })
          expect(Math.abs(plannedDurationMs(stretched) - duration * 1000)).toBeLessThanOrEqual(4)
          expect(stretched.stages.map(({ phase }) => phase)).toEqual(plan(profile).stages.map(({ phase }) => phase))
        },
      ),
    )
  })

  test('a longer spike is as sudden as before', () => {
    const windows = phaseWindows(plan('spike', { duration: '10m' }))
    const surge = windows.find(({ phase }) => phase === 'surge')
    expect((surge?.endMs ?? 0) - (surge?.startMs ?? 0)).toBe(5000)
  })

  test('a stress run of another duration has more or fewer steps, not shorter ones', () => {
    fc.assert(
      fc.property(fc.integer({ min: 39, max: 7200 }), (duration) => {
        const stress = plan('stress', { duration })
        expect(plannedDurationMs(stress)).toBeLessThanOrEqual(duration * 1000)
        const steps = phaseWindows(stress).filter(({ judged }) => judged)
        expect(steps.every(({ startMs, endMs }) => endMs - startMs === 10_000)).toBe(true)
        expect([steps[0]?.target, steps.at(-1)?.target]).toEqual([50, 600])
        const rates = steps.map(({ target }) => target)
        expect(new Set(rates).size, 'no rate twice').toBe(rates.length)
      }),
    )
  })

  test('what makes no sense is refused, with what to type', () => {
    for (const users of [0, -1, 1.5, Number.NaN]) {
      expect(hintOf(() => plan('load', { users }))).toMatch(/not a number of users.*--users 100/)
    }
    expect(hintOf(() => plan('load', { rate: 0.5 }))).toMatch(/not a rate.*--rate 100/)
    for (const duration of ['', 'soon', '0s', '-5s', '5 s', '5x', '1m 30s']) {
      expect(
        hintOf(() => plan('load', { duration })),
        duration,
      ).toMatch('not a duration')
    }
    expect(hintOf(() => plan('lod'))).toBe(
      'there is no load profile "lod" | did you mean load? There is load, spike, stress, recovery, soak, smoke',
    )
    expect(hintOf(() => plan('stress', { rate: 50 }))).toMatch(/first one is at 50\/s \| --rate 500/)
    expect(hintOf(() => plan('stress', { duration: '20s' }))).toMatch(/3 steps of 13 s.*--duration 39s/)
    expect(hintOf(() => custom(defaults.profiles.smoke as LoadProfile, { weights: { a: 0 } }))).toMatch('no scenario')
  })

  test('a load above the ceiling is refused, wherever it comes from', () => {
    expect(hintOf(() => plan('load', { users: 5001 }))).toMatch(
      /up to 5001 users: the ceiling is 5000.*--users.*loadtest\.ceiling\.users/,
    )
    expect(hintOf(() => plan('spike', { users: 501 }))).toMatch(/up to 5010 users.*at most 500 /)
    expect(hintOf(() => plan('stress', { rate: 2001 }))).toMatch(
      /up to 2001 iterations per second: the ceiling is 2000/,
    )
    expect(hintOf(() => plan('spike', { rate: 201 }))).toMatch(/2010 iterations.*at most 200 /)
    const low = { ceiling: { users: 100, rate: 10 } }
    expect(hintOf(() => custom(defaults.profiles.load as LoadProfile, {}, low))).toMatch(
      /1000 users: the ceiling is 100/,
    )
    expect(plan('stress', { rate: 2000 }).users, 'users are found for any rate below it').toBeLessThanOrEqual(5000)
  })
})

test('no plan ever wants more than its users or less than nobody', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('load', 'spike', 'recovery', 'soak', 'smoke'),
      fc.integer({ min: 1, max: 500 }),
      fc.integer({ min: 0, max: 200_000 }),
      (profile, users, elapsed) => {
        const made = plan(profile, { users })
        const wanted = targetAt(made.start, made.stages, elapsed)
        expect(wanted).toBeGreaterThanOrEqual(0)
        expect(wanted).toBeLessThanOrEqual(made.users)
      },
    ),
  )
})

test('durations are written as k6 writes them', () => {
  expect(['500ms', '40s', '1m30s', '2h', '1.5m', 12, '12'].map(parseDuration)).toEqual([
    500, 40_000, 90_000, 7_200_000, 90_000, 12_000, 12_000,
  ])
  expect(clockTime(93_400)).toBe('1:33')
})
