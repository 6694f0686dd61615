import { readdir, readFile } from 'node:fs/promises'
import { connect, type Database } from '@journeys/core/ops'
import { findK6, type LoadProgress, type LoadTestResult } from '@journeys/loadtest'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestStack, type TestStack } from '../support/stack.ts'
import { quickConfig, quickLoad, targetOf, withFolder } from './quick-load.ts'

interface Played {
  result: LoadTestResult
  report: string
  progress: LoadProgress[]
}

const engines = ['builtin', 'k6'] as const
type EngineName = (typeof engines)[number]

const k6 = await findK6(process.env)
const usable = engines.filter((engine) => engine === 'builtin' || k6)
const nothing = { users: 0, identities: 0, profiles: 0, entries: 0, purchases: 0, limits: 0 }
const played = new Map<EngineName, Played>()
let stack: TestStack
let database: Database

// The engines run side by side: a load of a dozen users is mostly waiting.
beforeAll(async () => {
  stack = await createTestStack()
  database = await connect(stack.database.superuserUrl)
  await Promise.all(usable.map(async (engine) => played.set(engine, await play(engine))))
})
afterAll(async () => {
  await database?.end()
  await stack?.stop()
})

function play(engine: EngineName): Promise<Played> {
  return withFolder(async (folder) => {
    const progress: LoadProgress[] = []
    const result = await quickLoad(stack, folder, { engine, onProgress: (now) => progress.push(now) })
    return { result, progress, report: await readFile(result.reportFile as string, 'utf8') }
  })
}

/** Rows in every table that a load test writes to. */
async function rowsLeft(): Promise<Record<string, number>> {
  const { rows } = await database.query<Record<string, number>>(
    `select (select count(*) from auth.users) as users, (select count(*) from auth.identities) as identities,
            (select count(*) from public.profiles) as profiles, (select count(*) from public.journal_entries) as entries,
            (select count(*) from public.purchases) as purchases, (select count(*) from private.rate_limits) as limits`,
  )
  return rows[0] as Record<string, number>
}

for (const engine of engines) {
  const missing = engine === 'k6' && !k6
  const name = missing ? `${engine}: not tried, there is none in JOURNEYS_K6, PATH or the cache` : engine
  describe.skipIf(missing)(`a load test with engine ${name}`, () => theStory(engine))
}

function theStory(engine: EngineName): void {
  let result: LoadTestResult
  let report: string
  let progress: LoadProgress[]
  beforeAll(() => {
    ;({ result, report, progress } = played.get(engine) as Played)
  })

  test('passes: every request is answered, and every answer is right', () => {
    expect(result.failures).toEqual([])
    expect(result.failedChecks).toEqual([])
    expect(result.reasons).toEqual(['every threshold holds on the steady part'])
    expect([result.verdict, result.exitCode, result.interrupted]).toEqual(['pass', 0, false])
    expect(result.total.checks.passed).toBeGreaterThan(10)
    expect(result.warnings).toEqual([])
  })

  test('plays the four scenarios in the planned mix', () => {
    const { iterations } = result.total
    expect(result.scenarios.map(({ name, weight }) => [name, weight])).toEqual([
      ['journal_creation', 40],
      ['profile_updates', 20],
      ['progress_viewing', 30],
      ['premium_purchases', 10],
    ])
    for (const { name, planned, iterations: played } of result.scenarios) {
      // Exact as the iterations are begun; at the end some users are in the middle of one.
      expect(Math.abs(played - planned * iterations), name).toBeLessThanOrEqual(2)
    }
    expect(result.requests.map(({ name }) => name)).toEqual([
      'GET journal_entries',
      'GET progress_summary',
      'PATCH profiles',
      'POST journal_entries',
      'POST purchase_premium',
    ])
  })

  test('has 12 users make a request every two seconds, and times the answers', () => {
    expect(result.engine.name).toBe(engine)
    expect(result.phases.find(({ name }) => name === 'steady')).toMatchObject({
      startMs: 1000,
      endMs: 6000,
      judged: true,
    })
    // 12 users, 2 s apart on average: 6 requests/s, some less for the answers.
    expect(result.total.rate).toBeGreaterThan(3.5)
    expect(result.total.rate).toBeLessThan(9)
    const { p50 = 0, p95 = 0, p99 = 0, max = 0 } = result.total
    expect(p50).toBeGreaterThan(0.3)
    expect(p95).toBeGreaterThanOrEqual(p50)
    expect(p99).toBeGreaterThanOrEqual(p95)
    expect(max).toBeGreaterThanOrEqual(p99)
    expect(result.total.requests).toBe(result.scenarios.reduce((sum, { requests }) => sum + requests, 0))
    expect(result.total.whole.requests).toBe(result.timeline.reduce((sum, { requests }) => sum + requests, 0))
    expect(result.distribution.reduce((sum, { requests }) => sum + requests, 0)).toBe(result.total.requests)
    expect(Math.max(...result.timeline.map(({ users }) => users))).toBe(12)
  })

  test('does not judge a throughput that so few users cannot reach, and says so', () => {
    const rate = result.thresholds.find(({ metric }) => metric === 'http_reqs')
    expect(rate?.ok).toBeNull()
    expect(rate?.note).toMatch(/^its load makes \d requests\/s at most$/)
  })

  test('tells what is going on while it runs', () => {
    const told = new Set(progress.map(({ phase }) => phase))
    for (const phase of ['users', 'ramp', 'steady', 'down', 'cleanup'] as const) expect(told).toContain(phase)
    const steady = progress.filter(({ phase }) => phase === 'steady')
    expect(steady.some(({ users, rps, p95Ms }) => users === 12 && rps > 0 && (p95Ms ?? 0) > 0)).toBe(true)
    expect(steady.every(({ totalMs }) => totalMs === 7000)).toBe(true)
  })

  test('leaves neither a user nor a row behind', async () => {
    expect(result.testUsers).toMatchObject({ made: 12, how: 'database', removed: true, leftovers: 0 })
    expect(await rowsLeft()).toEqual(nothing)
  })

  test('holds no key, token or password in its result or its report', () => {
    const everything = JSON.stringify(result) + report
    for (const secret of [stack.anonKey, stack.serviceRoleKey, stack.jwtSecret, stack.database.url, 'Bearer ', 'eyJ']) {
      expect(everything.includes(secret), secret.slice(0, 6)).toBe(false)
    }
  })

  test('interrupted, it stops at once, removes its data and still writes the report', () =>
    withFolder(async (folder) => {
      const interrupt = new AbortController()
      let interruptedAt = 0
      const onProgress = ({ requests }: LoadProgress) => {
        if (requests < 5 || interruptedAt > 0) return
        interruptedAt = Date.now()
        interrupt.abort()
      }
      const cut = await quickLoad(stack, folder, { engine, onProgress, signal: interrupt.signal, duration: '60s' })
      expect(Date.now() - interruptedAt).toBeLessThan(8_000)
      expect([cut.interrupted, cut.exitCode]).toEqual([true, 130])
      expect(cut.reasons[0]).toBe('the run was interrupted')
      expect(cut.total.whole.requests).toBeGreaterThanOrEqual(5)
      expect(cut.failures, 'requests that were given up are no failures of the server').toEqual([])
      expect((await readdir(folder)).map((name) => name.replace(/^.*\./, '.')).sort()).toEqual(['.html', '.json'])
      expect(await readFile(cut.reportFile as string, 'utf8')).toContain('interrupted')
      expect(cut.testUsers.removed).toBe(true)
      expect(await rowsLeft()).toEqual(nothing)
    }))
}

test.runIf(k6)('both engines measure the same load', () => {
  const [builtin, withK6] = engines.map((engine) => played.get(engine)?.result) as [LoadTestResult, LoadTestResult]
  // Roughly: a dozen users on a busy machine. The bench compares them at a thousand.
  expect(withK6.total.requests / builtin.total.requests).toBeGreaterThan(0.6)
  expect(withK6.total.requests / builtin.total.requests).toBeLessThan(1.7)
  expect(withK6.requests.map(({ name }) => name)).toEqual(builtin.requests.map(({ name }) => name))
})

describe('a load test', () => {
  test('a threshold that does not hold ends with 99 and names the figure', () =>
    withFolder(async (folder) => {
      const config = await quickConfig({
        thresholds: { http_req_duration: ['p(95)<0.001'], http_req_failed: ['rate<0.02'] },
      })
      const failed = await quickLoad(stack, folder, { engine: 'builtin', config })
      expect([failed.verdict, failed.exitCode]).toEqual(['fail', 99])
      expect(failed.reasons[0]).toMatch(/^all scenarios: p95 under 0.001 ms does not hold, it was \d/)
      expect(failed.thresholds.find(({ metric, scenario }) => metric === 'http_req_failed' && !scenario)?.ok).toBe(true)
    }))

  test('of a server that answers nothing fails, and does not call the failures quick', async () => {
    const dead = await createTestStack()
    const target = { ...targetOf(dead), supabaseUrl: 'http://127.0.0.1:1' }
    try {
      await withFolder(async (folder) => {
        const result = await quickLoad(dead, folder, { engine: 'builtin', target, duration: 8 })
        expect([result.verdict, result.exitCode]).toEqual(['fail', 99])
        expect(result.total.errors).toBe(result.total.requests)
        expect(result.total.p95).toBeUndefined()
        expect(result.failures[0]).toMatchObject({ status: 0, error: 'ECONNREFUSED' })
      })
    } finally {
      await dead.stop()
    }
  })

  test('is refused at a production environment, and elsewhere unless its name is typed', () =>
    withFolder(async (folder) => {
      const load = (target: object, confirm?: string) =>
        quickLoad(stack, folder, { engine: 'builtin', target: { ...targetOf(stack), ...target }, confirm })
      await expect(load({ production: true })).rejects.toMatchObject({ code: 'production_refused', exitCode: 2 })
      const staging = { name: 'staging', supabaseUrl: 'https://staging.example.com' }
      await expect(load(staging)).rejects.toMatchObject({ code: 'confirmation_needed', exitCode: 2 })
      await expect(load(staging, 'local')).rejects.toMatchObject({ code: 'confirmation_needed' })
      await expect(load({ supabaseUrl: undefined })).rejects.toMatchObject({ code: 'setting_missing' })
      expect(await readdir(folder)).toEqual([])
    }))

  test('with a profile or an engine that is not there says which there are', () =>
    withFolder(async (folder) => {
      await expect(quickLoad(stack, folder, { engine: 'builtin', profile: 'spyke' })).rejects.toMatchObject({
        code: 'unknown_profile',
        hint: 'one of: quick',
        exitCode: 2,
      })
      const processEnv = { PATH: folder, HOME: folder, XDG_CACHE_HOME: folder, LOCALAPPDATA: folder }
      await expect(quickLoad(stack, folder, { engine: 'k6', processEnv })).rejects.toMatchObject({
        code: 'k6_missing',
        exitCode: 2,
      })
      await expect(
        quickLoad(stack, folder, { engine: 'auto', processEnv: { ...processEnv, JOURNEYS_K6: '/bin/false' } }),
      ).rejects.toMatchObject({ code: 'k6_unusable', exitCode: 2 })
    }))
})
