import { defaultConfig, type Environment, type JourneysError } from '@journeys/core/ops'
import { describe, expect, test } from 'vitest'
import { describeLoad, mayLoad } from './permission.ts'
import { type PlanOptions, planLoad } from './profiles/plan.ts'

const { loadtest } = defaultConfig()
const plan = (profile: string, options: Partial<PlanOptions> = {}) =>
  planLoad({ profile, config: loadtest, ...options })
const target = (more: Partial<Environment>): Environment => ({
  name: 'staging',
  production: false,
  isLocal: false,
  supabaseUrl: 'https://abcdefghijklmnopqrst.supabase.co',
  ...more,
})
function refusal(environment: Environment, confirm?: string): JourneysError | undefined {
  try {
    mayLoad(environment, confirm, plan('load'))
    return undefined
  } catch (error) {
    return error as JourneysError
  }
}

describe('what may be loaded', () => {
  test('a production environment never is, whatever was typed', () => {
    const live = target({ name: 'live', production: true })
    for (const confirm of [undefined, 'live', 'yes']) {
      expect(refusal(live, confirm)).toMatchObject({ code: 'production_refused', exitCode: 2 })
    }
    expect(refusal(target({ production: true, supabaseUrl: 'http://127.0.0.1:54321' }))).toBeDefined()
  })

  test('this machine needs no confirmation', () => {
    for (const host of ['127.0.0.1', 'localhost', '[::1]']) {
      expect(refusal(target({ supabaseUrl: `http://${host}:54321` })), host).toBeUndefined()
    }
  })

  test('another machine needs its name typed, after the load was shown', () => {
    const error = refusal(target({}))
    expect(error).toMatchObject({
      code: 'confirmation_needed',
      exitCode: 2,
      hint: 'to go ahead, add: --confirm staging',
    })
    expect(error?.detail).toBe(
      'staging would get up to 1,000 users for 0:58: about 25,000 requests, 500 per second at the top, and about 110 MB of ' +
        'answers, which a hosted project counts as egress. The users and what they wrote are removed afterwards.',
    )
    expect(refusal(target({}), 'Staging')?.message).toContain('"Staging" is not its name')
    expect(refusal(target({}), 'staging')).toBeUndefined()
    expect(refusal(target({ supabaseUrl: 'http://127.0.0.1.example.com' })), 'a name that only looks so').toBeDefined()
  })
})

describe('the planned load', () => {
  test('of users is what they can do at most', () => {
    const load = describeLoad(plan('load'), target({}))
    // 49,000 seconds of users, of which each iteration takes 1.7 pauses of 2 s.
    expect(load).toMatchObject({
      users: 1000,
      seconds: 58,
      iterations: 14_412,
      requests: 24_500,
      requestsPerSecond: 500,
    })
  })

  test('of a rate is exact', () => {
    const load = describeLoad(plan('load', { rate: 100, users: 300 }), target({}))
    expect(load).toMatchObject({ users: 300, iterations: 4900, requests: 8330, requestsPerSecond: 170 })
  })

  test('of scenarios of one’s own says what is not known', () => {
    const closed = describeLoad(plan('load', { weights: { mine: 1 } }), target({}))
    expect(closed).not.toHaveProperty('requests')
    expect(closed.cost).toContain('is not known beforehand')
    const open = describeLoad(plan('load', { weights: { mine: 1 }, rate: 10 }), target({}))
    expect(open).toMatchObject({ iterations: 490 })
    expect(open.cost).toContain('about 490 iterations')
  })
})
