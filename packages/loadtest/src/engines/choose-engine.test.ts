import { describe, expect, test } from 'vitest'
import { chooseEngine } from './choose-engine.ts'
import { k6Environment } from './k6/k6-environment.ts'

/** A machine without k6. */
const nothing = {
  PATH: '/nonexistent',
  HOME: '/nonexistent',
  XDG_CACHE_HOME: '/nonexistent',
  LOCALAPPDATA: '/nonexistent',
}
const segment = { segment: '0:1/2', sequence: '0,1/2,1' }

describe('without k6', () => {
  test('the built-in engine is taken, unless k6 was asked for', async () => {
    expect((await chooseEngine('auto', nothing)).name).toBe('builtin')
    await expect(chooseEngine('k6', nothing)).rejects.toMatchObject({ code: 'k6_missing', exitCode: 2 })
  })

  test('what only k6 can do is an error before anything is made', async () => {
    await expect(chooseEngine('auto', nothing, { segment })).rejects.toMatchObject({
      code: 'k6_missing',
      message: '--segment needs k6, which is not installed',
    })
    await expect(chooseEngine('builtin', nothing, { outputs: ['json=x.json'] })).rejects.toMatchObject({
      code: 'needs_k6',
      exitCode: 2,
    })
    await expect(chooseEngine('auto', nothing, { outputs: ['json'] })).rejects.toMatchObject({
      code: 'k6_output_unusable',
    })
  })
})

test("k6 sees the variables of the outputs that were asked for, and no other K6_ variable of the user's", () => {
  const own = {
    PATH: '/bin',
    K6_VUS: '7',
    K6_CLOUD_TOKEN: 'secret',
    K6_PROMETHEUS_RW_SERVER_URL: 'http://127.0.0.1:9090',
    K6_OTEL_SERVICE_NAME: 'journeys',
    K6_CSV_TIME_FORMAT: 'rfc3339',
  }
  const seen = (outputs: string[]) =>
    Object.keys(k6Environment(own, 1, outputs)).filter((name) => name.startsWith('K6_') && name in own)
  expect(seen([])).toEqual(['K6_CSV_TIME_FORMAT'])
  expect(seen(['experimental-prometheus-rw', 'json=results.json'])).toContain('K6_PROMETHEUS_RW_SERVER_URL')
  expect(seen(['experimental-opentelemetry'])).toEqual(expect.not.arrayContaining(['K6_VUS', 'K6_CLOUD_TOKEN']))
  expect(seen(['experimental-opentelemetry'])).toContain('K6_OTEL_SERVICE_NAME')
  // Ours, whatever the user has: the samples could not be read otherwise.
  expect(k6Environment(own, 1, ['csv=mine.csv']).K6_CSV_TIME_FORMAT).toBe('unix_micro')
})
