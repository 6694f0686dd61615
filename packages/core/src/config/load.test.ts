import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { JourneysError } from '../errors.ts'
import { type LoadConfigOptions, loadConfig } from './load.ts'

let workdir: string
beforeEach(async () => {
  workdir = await mkdtemp(join(tmpdir(), 'journeys-config-'))
})
afterEach(() => rm(workdir, { recursive: true, force: true }))

const file = (document: unknown, name = 'journeys.config.json') =>
  writeFile(join(workdir, name), typeof document === 'string' ? document : JSON.stringify(document))
const load = (options: Partial<LoadConfigOptions> = {}) => loadConfig({ workdir, processEnv: {}, ...options })
async function failure(promise: Promise<unknown>): Promise<JourneysError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof JourneysError)) throw new Error(`not a JourneysError: ${error}`)
  return error
}
const key = (claims: object) =>
  `eyJhbGciOiJIUzI1NiJ9.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2lnbmF0dXJl`
const everything = (error: JourneysError) => JSON.stringify([error.message, error.detail, error.hint, error.issues])

describe('values', () => {
  test("without a file the document's figures hold", async () => {
    const { config, file: path, origins } = await load()
    expect(path).toBeUndefined()
    expect(config.slo).toEqual({
      responseTimeP95Ms: 200,
      errorRatePercent: 2,
      requestsPerSecond: 100,
      databaseLatencyMs: 50,
      cacheHitRatePercent: 85,
    })
    expect(config.loadtest.weights).toEqual({
      journal_creation: 40,
      profile_updates: 20,
      progress_viewing: 30,
      premium_purchases: 10,
    })
    expect(config.loadtest.thresholds).toEqual({
      http_req_duration: ['p(95)<200'],
      http_req_failed: ['rate<0.02'],
      http_reqs: ['rate>100'],
    })
    expect(origins['slo.databaseLatencyMs']).toBe('default')
    expect(origins['loadtest.thresholds.http_reqs']).toBe('slo')
  })

  test('defaults < file < section of the environment < process environment < flags, and each says where it came from', async () => {
    await file({
      slo: { databaseLatencyMs: 60, responseTimeP95Ms: 300, requestsPerSecond: 7, cacheHitRatePercent: 90 },
      environments: {
        staging: {
          url: 'https://staging.example.com',
          slo: { databaseLatencyMs: 70, requestsPerSecond: 8, cacheHitRatePercent: 91 },
        },
      },
    })
    const { config, origins } = await load({
      environment: 'staging',
      processEnv: { JOURNEYS_SLO_REQUESTS_PER_SECOND: '9', JOURNEYS_SLO_CACHE_HIT_RATE_PERCENT: '92' },
      flags: { 'slo.cacheHitRatePercent': 93, 'slo.errorRatePercent': undefined },
    })
    expect(config.slo).toEqual({
      errorRatePercent: 2,
      responseTimeP95Ms: 300,
      databaseLatencyMs: 70,
      requestsPerSecond: 9,
      cacheHitRatePercent: 93,
    })
    expect(origins).toMatchObject({
      'slo.errorRatePercent': 'default',
      'slo.responseTimeP95Ms': 'file',
      'slo.databaseLatencyMs': 'file environments.staging',
      'slo.requestsPerSecond': 'env JOURNEYS_SLO_REQUESTS_PER_SECOND',
      'slo.cacheHitRatePercent': 'flag',
      'environments.staging.url': 'file',
      'environments.staging.production': 'default',
      'environment.supabaseUrl': 'file environments.staging.url',
    })
    expect(config.loadtest.thresholds.http_reqs).toEqual(['rate>9'])
  })

  test('a threshold of the file replaces the one that follows from the service level, and only that', async () => {
    await file({ loadtest: { thresholds: { http_req_duration: ['p(99)<900'], http_reqs: [] } } })
    const { config, origins } = await load()
    expect(config.loadtest.thresholds).toEqual({
      http_req_duration: ['p(99)<900'],
      http_req_failed: ['rate<0.02'],
      http_reqs: [],
    })
    expect(origins['loadtest.thresholds.http_req_duration']).toBe('file')
    expect(origins['loadtest.thresholds.http_req_failed']).toBe('slo')
  })

  test('a profile of the file joins the built-in ones', async () => {
    await file({ loadtest: { profiles: { tiny: { users: 2, rampUpSeconds: 0, holdSeconds: 3, rampDownSeconds: 0 } } } })
    const { config } = await load()
    expect(Object.keys(config.loadtest.profiles)).toEqual([
      'load',
      'spike',
      'stress',
      'recovery',
      'soak',
      'smoke',
      'tiny',
    ])
    expect(config.loadtest.profiles.tiny).toEqual({
      kind: 'load',
      users: 2,
      rampUpSeconds: 0,
      holdSeconds: 3,
      rampDownSeconds: 0,
    })
  })
})

describe('mistakes in the file', () => {
  test('are all reported at once, each with its path, unknown keys with what was probably meant', async () => {
    await file({
      evironments: {},
      slo: { databaseLatencyMs: 'fast', databaseLatency: 3 },
      loadtest: { weights: { journal: 1 }, thresholds: { http_reqs: ['p(95)<3'] } },
      environments: { staging: { url: 'http://staging.example.com' }, local: {} },
    })
    const error = await failure(load())
    expect(error).toMatchObject({ code: 'config_invalid', exitCode: 2 })
    const found = Object.fromEntries((error.issues ?? []).map(({ path, message }) => [path.join('.'), message]))
    expect(found).toEqual({
      evironments: 'unknown key; did you mean environments?',
      'slo.databaseLatencyMs': expect.stringContaining('expected number'),
      'slo.databaseLatency': 'unknown key; did you mean databaseLatencyMs?',
      'loadtest.weights.journal': expect.stringContaining('unknown key'),
      'loadtest.thresholds.http_reqs.0': expect.stringContaining('http_reqs has count, rate'),
      'environments.staging.url': expect.stringContaining('must be https'),
      'environments.local': expect.stringContaining('needs no entry'),
    })
  })

  test.each([
    [
      { environments: { live: { serviceRoleKey: 'abc' } } },
      'environments.live.serviceRoleKey',
      /\.env\.live as SUPABASE_SERVICE/,
    ],
    [{ databaseUrl: 'postgres://a' }, 'databaseUrl', /\.env as DATABASE_URL/],
    [{ environments: { live: { anon_key: 'abc' } } }, 'environments.live.anon_key', /SUPABASE_ANON_KEY/],
    [{ environments: { live: { url: 'https://u:hunter2@x.example' } } }, 'environments.live.url', /does not belong/],
    [{ slo: { note: key({ role: 'anon' }) } }, 'slo.note', /does not belong/],
  ])('a secret in it (%#) is refused, unrepeated, with the place where it belongs', async (document, path, message) => {
    await file(document)
    const error = await failure(load())
    expect(error.issues).toEqual([{ path: path.split('.'), message: expect.stringMatching(message) }])
    expect(everything(error)).not.toMatch(/hunter2|eyJ/)
  })

  test('text that is not JSON is named with its line, without quoting it', async () => {
    await file('{\n  "slo": {\n    "password": "hunter2",\n  }\n}')
    const error = await failure(load())
    expect(error).toMatchObject({ code: 'config_invalid', exitCode: 2 })
    expect(everything(error)).not.toContain('hunter2')
    expect(error.detail).toMatch(/journeys\.config\.json/)
  })

  test.each(['[]', '"x"', 'null'])('%s instead of an object is an error, not a crash', async (text) => {
    await file(text)
    expect(await failure(load())).toMatchObject({ code: 'config_invalid' })
  })

  test('weights that are all 0, and a warning above its critical level, are refused', async () => {
    await file({
      loadtest: { weights: { journal_creation: 0, profile_updates: 0, progress_viewing: 0, premium_purchases: 0 } },
    })
    expect((await failure(load())).detail).toContain('at least one weight')
    await file({ alerts: { warning: { databaseConnectionsPercent: 90 } } })
    expect((await failure(load())).detail).toContain('90 is above alerts.critical.databaseConnectionsPercent (80)')
  })

  test('whatever JSON it is, it loads or it is a JourneysError', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), async (text) => {
        await file(text)
        await load().catch((error: unknown) => expect(error).toBeInstanceOf(JourneysError))
      }),
      { numRuns: 100 },
    )
  })
})

describe('process environment', () => {
  test('a mistyped setting and a value that is no number are errors', async () => {
    const error = await failure(
      load({ processEnv: { JOURNEYS_SLO_DATABASE_LATENCY: '3', JOURNEYS_SLO_ERROR_RATE_PERCENT: 'none' } }),
    )
    expect(error.detail).toContain(
      'JOURNEYS_SLO_DATABASE_LATENCY: no such setting; did you mean JOURNEYS_SLO_DATABASE_LATENCY_MS?',
    )
    expect(error.detail).toContain('expected number, received string (env JOURNEYS_SLO_ERROR_RATE_PERCENT)')
  })
})

describe('environments', () => {
  const anon = key({ role: 'anon', ref: 'abcdefghijklmnopqrst' })
  const service = key({ role: 'service_role', ref: 'abcdefghijklmnopqrst' })
  const url = 'https://abcdefghijklmnopqrst.supabase.co'

  test('an unknown name lists the known ones', async () => {
    await file({ environments: { staging: { url }, live: { url, production: true } } })
    const error = await failure(load({ environment: 'stagign' }))
    expect(error).toMatchObject({ code: 'environment_unknown', exitCode: 2 })
    expect(error.detail).toContain('local, staging, live')
    expect(error.hint).toContain('did you mean staging?')
    expect(await failure(load({ environment: '__proto__' }))).toMatchObject({ code: 'environment_unknown' })
    expect(await failure(load({ environment: 'constructor' }))).toMatchObject({ code: 'environment_unknown' })
  })

  test('local takes nothing from a shell that is set up for another project', async () => {
    const { environment } = await load({ processEnv: { SUPABASE_URL: url, SUPABASE_SERVICE_ROLE_KEY: service } })
    expect(environment).toEqual({ name: 'local', production: false, isLocal: true })
  })

  test('secrets come from the process, then .env.<name>, then .env', async () => {
    await file({ environments: { live: { url, production: true } } })
    await file(`SUPABASE_ANON_KEY=${anon}\nDATABASE_URL=postgres://postgres:a@db.example.com/postgres\n`, '.env')
    await file('DATABASE_URL=postgres://postgres:b@db.example.com/postgres\n', '.env.live')
    const { environment, origins } = await load({
      environment: 'live',
      processEnv: { SUPABASE_SERVICE_ROLE_KEY: service, SUPABASE_ANON_KEY: '' },
    })
    expect(environment).toEqual({
      name: 'live',
      production: true,
      isLocal: false,
      supabaseUrl: url,
      anonKey: anon,
      serviceRoleKey: service,
      databaseUrl: 'postgres://postgres:b@db.example.com/postgres',
    })
    expect(origins).toMatchObject({
      'environment.anonKey': '.env SUPABASE_ANON_KEY',
      'environment.databaseUrl': '.env.live DATABASE_URL',
      'environment.serviceRoleKey': 'env SUPABASE_SERVICE_ROLE_KEY',
    })
  })

  test.each([
    [
      'swapped keys',
      { SUPABASE_ANON_KEY: service, SUPABASE_SERVICE_ROLE_KEY: anon },
      [/service_role, not anon/, /anon, not service_role/],
    ],
    ['half a key', { SUPABASE_ANON_KEY: anon.slice(0, 30) }, [/not a Supabase API key/]],
    ['an expired key', { SUPABASE_ANON_KEY: key({ role: 'anon', exp: 1_000_000_000 }) }, [/expired \(2001-09-09\)/]],
    [
      'a secret key as the public one',
      { SUPABASE_ANON_KEY: 'sb_secret_0123456789abcdef' },
      [/takes the publishable key/],
    ],
    ['a key of another project', { SUPABASE_ANON_KEY: key({ role: 'anon', ref: 'zyx' }) }, [/belongs to project zyx/]],
    [
      'a database of another project',
      { DATABASE_URL: 'postgres://postgres:hunter2@db.zyx.supabase.co/postgres' },
      [/project zyx/],
    ],
    [
      'a database without TLS',
      { DATABASE_URL: 'postgres://postgres:hunter2@db.example.com/postgres?sslmode=disable' },
      [/verified TLS/],
    ],
    ['a database URL that is none', { DATABASE_URL: 'hunter2' }, [/not a postgres:\/\/ URL/]],
    [
      'another URL than the file',
      { SUPABASE_URL: 'https://other.example.com' },
      [/is not the url that the config file has/],
    ],
    ['plain http', { SUPABASE_URL: 'http://other.example.com' }, [/must be https/]],
    ['a short JWT secret', { SUPABASE_JWT_SECRET: 'hunter2' }, [/fewer than 32/]],
  ])('%s is found before anything is sent, and not printed', async (_, processEnv, messages) => {
    await file({ environments: { live: { url } } })
    const error = await failure(load({ environment: 'live', processEnv }))
    expect(error).toMatchObject({ code: 'config_invalid', exitCode: 2 })
    expect(error.issues?.map(({ message }) => message)).toEqual(
      messages.map((message) => expect.stringMatching(message)),
    )
    expect(everything(error)).not.toMatch(/hunter2|eyJ|0123456789abcdef/)
  })

  test('without a url in the file SUPABASE_URL says it; without either that is the error', async () => {
    await file({ environments: { live: {} } })
    const { environment } = await load({ environment: 'live', processEnv: { SUPABASE_URL: `${url}/` } })
    expect(environment.supabaseUrl).toBe(url)
    expect((await failure(load({ environment: 'live' }))).detail).toContain('SUPABASE_URL: is missing')
  })
})
