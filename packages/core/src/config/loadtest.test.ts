import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { JourneysError } from '../errors.ts'
import { type LoadConfigOptions, loadConfig } from './load.ts'
import { resolveThresholds } from './threshold-rule.ts'

let workdir: string
beforeEach(async () => {
  workdir = await mkdtemp(join(tmpdir(), 'journeys-config-'))
})
afterEach(() => rm(workdir, { recursive: true, force: true }))

const file = (document: unknown) => writeFile(join(workdir, 'journeys.config.json'), JSON.stringify(document))
const load = (options: Partial<LoadConfigOptions> = {}) => loadConfig({ workdir, processEnv: {}, ...options })
async function failure(promise: Promise<unknown>): Promise<JourneysError> {
  const error = await promise.catch((reason: unknown) => reason)
  if (!(error instanceof JourneysError)) throw new Error(`not a JourneysError: ${error}`)
  return error
}

describe('the load test in the configuration', () => {
  test('a part of a built-in profile changes that part, from every source', async () => {
    await file({
      loadtest: { profiles: { smoke: { users: 3 }, stress: { maxRate: 90 }, load: { rate: 30 } } },
      environments: { staging: { url: 'https://a.example', loadtest: { profiles: { spike: { factor: 3 } } } } },
    })
    const { config, origins } = await load({
      environment: 'staging',
      processEnv: { JOURNEYS_LOADTEST_PROFILES_SPIKE_USERS: '7' },
    })
    const { smoke, stress, spike, load: rate } = config.loadtest.profiles
    expect(smoke).toEqual({ kind: 'load', users: 3, rampUpSeconds: 1, holdSeconds: 8, rampDownSeconds: 1 })
    expect(stress).toMatchObject({ kind: 'stress', startRate: 50, maxRate: 90 })
    expect(spike).toMatchObject({ kind: 'spike', users: 7, factor: 3, surgeSeconds: 5 })
    expect(rate).toEqual({ kind: 'load', rate: 30, rampUpSeconds: 10, holdSeconds: 40, rampDownSeconds: 8 })
    expect(origins).toMatchObject({
      'loadtest.profiles.smoke.users': 'file',
      'loadtest.profiles.smoke.holdSeconds': 'default',
      'loadtest.profiles.spike.factor': 'file environments.staging',
      'loadtest.profiles.spike.users': 'env JOURNEYS_LOADTEST_PROFILES_SPIKE_USERS',
    })
  })

  test('thresholds are taken in each form that k6 has, with tags', async () => {
    await file({
      loadtest: {
        thresholds: {
          http_req_failed: { threshold: 'rate<0.1', abortOnFail: true, delayAbortEval: '10s' },
          'http_req_duration{scenario:journal_creation,phase:during}': ['p(95)<900', { threshold: 'max<5000' }],
          http_reqs: 'rate>5',
        },
        warnings: { http_req_duration: [] },
      },
    })
    const { config, origins } = await load()
    const rules = resolveThresholds(config.loadtest.thresholds)
    expect(rules.map(({ key, expression, abortOnFail }) => [key, expression, abortOnFail])).toEqual([
      ['http_req_duration', 'p(95)<200', false],
      ['http_req_failed', 'rate<0.1', true],
      ['http_reqs', 'rate>5', false],
      ['http_req_duration{scenario:journal_creation,phase:during}', 'p(95)<900', false],
      ['http_req_duration{scenario:journal_creation,phase:during}', 'max<5000', false],
    ])
    expect(config.loadtest.warnings).toEqual({ http_req_duration: [] })
    expect(origins['loadtest.thresholds.http_req_failed']).toBe('file')
    expect((await load({ flags: { 'alerts.warning.responseTimeMs': 300 } })).config.loadtest.warnings).toEqual({
      http_req_duration: [],
    })
  })

  test('a slow answer warns from the level of the alerts on', async () => {
    await file({ alerts: { warning: { responseTimeMs: 400 } } })
    expect((await load()).config.loadtest.warnings).toEqual({ http_req_duration: ['p(99)<400'] })
  })

  test('profiles: a wrong kind, a key of another kind, a load above the ceiling are each said in words', async () => {
    const found = async (profiles: object, more: object = {}) => {
      await file({ loadtest: { profiles, ...more } })
      return (await failure(load())).issues?.map(({ path, message }) => `${path.slice(2).join('.')}: ${message}`)
    }
    expect(await found({ mine: { kind: 'spiky' } })).toEqual([
      'mine.kind: kind is none of: load, spike, stress, recovery, soak',
    ])
    expect(await found({ mine: { holdSecond: 3 } })).toEqual([
      'mine.holdSecond: unknown key; did you mean holdSeconds?',
    ])
    expect(await found({ mine: { kind: 'spike', factr: 3 } })).toEqual([
      'mine.factr: unknown key; did you mean factor?',
    ])
    expect(await found({ stress: { stepRates: 3 } })).toEqual(['stress.stepRates: unknown key; did you mean stepRate?'])
    expect(await found({ mine: { users: 3, rate: 3 } })).toEqual([
      'mine.users: and `rate` exclude each other: leave one out',
    ])
    expect(await found({ mine: { maxUsers: 3 } })).toEqual([
      'mine.maxUsers: is of the open model, which needs a `rate`',
    ])
    expect(await found({ mine: { kind: 'spike', users: 600 } })).toEqual([
      'mine: goes up to 6000 users, above loadtest.ceiling.users (5000)',
    ])
    expect(await found({ stress: { maxRate: 500 } }, { ceiling: { rate: 400 } })).toEqual([
      'stress: goes up to 500 iterations per second, above loadtest.ceiling.rate (400)',
    ])
    // A built-in one that is above a lowered ceiling is refused when it is run.
    await file({ loadtest: { ceiling: { users: 10 } } })
    expect((await load()).config.loadtest.ceiling).toEqual({ users: 10, rate: 2000 })
  })

  test('a threshold key with a mistake says what there is', async () => {
    await file({
      loadtest: {
        thresholds: { http_req_durations: ['p(95)<1'], 'checks{name:x}': ['rate>0.9'], 'http_reqs{phase}': 'rate>1' },
        warnings: { http_reqs: { threshold: 'rate>1', delayAbortEval: 'soon' } },
      },
    })
    expect((await failure(load())).issues?.map(({ message }) => message)).toEqual([
      expect.stringContaining('did you mean http_req_duration?'),
      expect.stringContaining('checks can be told apart by: scenario, phase'),
      expect.stringContaining('a tag is written name:value'),
      expect.stringContaining('write delayAbortEval as k6 does: 10s'),
    ])
  })
})
