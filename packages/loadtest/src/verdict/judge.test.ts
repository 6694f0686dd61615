import { defaultConfig, resolveThresholds, type ThresholdSettings } from '@journeys/core/ops'
import { describe, expect, test } from 'vitest'
import type { Findings } from '../analysis/analysis.ts'
import { planLoad } from '../profiles/plan.ts'
import { Recorder } from '../recorder/recorder.ts'
import type { GeneratorLoad } from '../result.ts'
import { doubts } from './doubts.ts'
import { judge } from './judge.ts'
import { judgeThresholds } from './judge-thresholds.ts'
import { phaseSpans } from './phase-span.ts'

const weights = { journal_creation: 40, profile_updates: 20, progress_viewing: 30, premium_purchases: 10 }
const scenarioNames = Object.keys(weights)
const thresholds: ThresholdSettings = {
  http_req_duration: ['p(95)<200'],
  http_req_failed: ['rate<0.02'],
  http_reqs: ['rate>100'],
}
const nothingFound: Findings = { fail: [], warn: [], inconclusive: [], invalid: [] }

interface Story {
  users?: number
  reached?: number
  profile?: string
  /** Of every scenario, in every judged phase. */
  requests?: number
  ms?: (scenario: string, index: number, phase: string) => number
  status?: (scenario: string, index: number) => number
  wrongAnswers?: number
  dropped?: number
  iterations?: Record<string, number>
  generator?: Partial<GeneratorLoad>
  findings?: Partial<Findings>
  concerns?: string[]
  interrupted?: boolean
  thresholds?: ThresholdSettings
  warnings?: ThresholdSettings
}

/** Judges a run that went as told, through all of its phases. */
function judged(story: Story) {
  const config = defaultConfig().loadtest
  const plan = planLoad({ profile: story.profile ?? 'load', config, users: story.users, weights })
  const limits = resolveThresholds(story.thresholds ?? thresholds)
  const warnings = resolveThresholds(story.warnings ?? {})
  const recorder = new Recorder(plan, [...limits, ...warnings])
  const began = 1_000_000
  recorder.start(began)
  recorder.setUsers(began, story.reached ?? plan.users)
  const windows = phaseSpans(plan, Number.POSITIVE_INFINITY)
  for (const { phase, startMs } of windows.filter((window) => window.judged)) {
    for (const scenario of scenarioNames) {
      for (let index = 0; index < (story.requests ?? 1500); index++) {
        const status = story.status?.(scenario, index) ?? 200
        recorder.addRequest({
          at: began + startMs + index,
          scenario,
          phase,
          name: 'GET something',
          status,
          failed: status === 0 || status >= 400,
          durationMs: status === 0 ? 0 : (story.ms?.(scenario, index, phase) ?? 10),
        })
      }
      for (let index = 0; index < (story.iterations?.[scenario] ?? 0); index++) {
        recorder.addIteration(began + startMs, scenario, phase)
      }
    }
    for (let index = 0; index < (story.wrongAnswers ?? 0); index++) {
      recorder.addCheck('journal_creation', phase, 'the new entry is in the list', false)
    }
    if (story.dropped) recorder.addDropped(began + startMs, phase, story.dropped)
  }
  const lastedMs = windows.at(-1)?.endMs ?? 0
  const generator: GeneratorLoad = { cores: 2, ...story.generator }
  const results = judgeThresholds({
    recorder,
    plan,
    rules: { limits, warnings },
    spans: phaseSpans(plan, lastedMs),
    wholeSeconds: lastedMs / 1000,
  })
  const total = Object.values(story.iterations ?? {}).reduce((sum, one) => sum + one, 0)
  const scenarios = scenarioNames.map((name) => ({
    name,
    planned: weights[name as keyof typeof weights] / 100,
    achieved: total === 0 ? 0 : (story.iterations?.[name] ?? 0) / total,
    iterations: story.iterations?.[name] ?? 0,
  }))
  return {
    thresholds: results,
    ...judge({
      recorder,
      thresholds: results,
      checksHaveThreshold: limits.some(({ metric }) => metric === 'checks'),
      doubts: doubts({ recorder, plan, generator, scenarios, endedEarly: false, share: 1 }),
      findings: { ...nothingFound, ...story.findings },
      concerns: story.concerns ?? [],
      interrupted: story.interrupted ?? false,
    }),
  }
}

describe('the verdict', () => {
  test('is pass when every threshold holds', () => {
    const { verdict, exitCode, thresholds: results } = judged({})
    expect([verdict, exitCode]).toEqual(['pass', 0])
    // Three in total, and two of them for each of the four scenarios: a rate of requests follows from the weights.
    expect(results).toHaveLength(3 + 2 * 4)
    expect(results.every(({ ok }) => ok === true)).toBe(true)
  })

  test('is fail with 99 when one scenario alone is too slow', () => {
    const { verdict, exitCode, reasons } = judged({
      ms: (scenario, index) => (scenario === 'premium_purchases' && index % 10 === 0 ? 250 : 5),
    })
    expect([verdict, exitCode]).toEqual(['fail', 99])
    expect(reasons).toContain('premium_purchases: p95 under 200 ms does not hold, it was 250 ms')
    expect(reasons.some((reason) => reason.startsWith('journal_creation'))).toBe(false)
  })

  test('is fail when too many requests fail, and their quick failing does not help', () => {
    const { verdict, reasons } = judged({ status: (_, index) => (index % 20 === 0 ? 0 : 200), ms: () => 10 })
    expect(verdict).toBe('fail')
    expect(reasons[0]).toBe('all scenarios: failed requests under 2 % does not hold, it was 5 %')
  })

  test('is fail when the throughput is not there, though it could have been', () => {
    const { verdict, reasons } = judged({ requests: 500 })
    expect(verdict).toBe('fail')
    expect(reasons).toEqual(['all scenarios: requests per second over 100 does not hold, it was 50/s'])
  })

  test('is fail when one answer was wrong, however quick it was', () => {
    const { verdict, exitCode, reasons } = judged({ wrongAnswers: 2 })
    expect([verdict, exitCode]).toEqual(['fail', 99])
    expect(reasons).toEqual(['journal_creation: "the new entry is in the list" did not hold, 2 times'])
    const allowed = judged({ wrongAnswers: 2, thresholds: { ...thresholds, checks: ['rate>=0'] } })
    expect(allowed.verdict, 'the configuration may say how many').toBe('pass')
  })

  test('leaves a throughput out that the users cannot reach', () => {
    const { verdict, thresholds: results } = judged({ users: 20, requests: 100 })
    expect(verdict).toBe('pass')
    expect(results.find(({ metric }) => metric === 'http_reqs')).toMatchObject({
      ok: null,
      note: 'its load makes 10 requests/s at most',
    })
  })

  test('is inconclusive with 5 when there is too little to judge a threshold by', () => {
    const { verdict, exitCode, reasons } = judged({
      requests: 1100,
      thresholds: { http_req_duration: ['p(99.99)<200'] },
    })
    expect([verdict, exitCode]).toEqual(['inconclusive', 5])
    expect(reasons).toEqual(['p99.99 under 200 ms could not be judged: 4400 answers are too few, 10000 are needed'])
    const found = judged({ findings: { inconclusive: ['the capacity was not reached'] } })
    expect([found.verdict, found.reasons]).toEqual(['inconclusive', ['the capacity was not reached']])
  })

  test('is invalid with 1 when the planned load was not there', () => {
    const few = judged({ reached: 700 })
    expect([few.verdict, few.exitCode]).toEqual(['invalid', 1])
    expect(few.reasons[0]).toBe('700 of 1000 users were reached: this is not the load that was planned')
    const none = judged({ requests: 0 })
    expect([none.verdict, none.reasons[0]]).toEqual(['invalid', 'not one request was made'])
    expect(judged({ users: 20, requests: 4 }).reasons[0]).toBe(
      '16 requests in the judged part are too few, 20 are needed',
    )
    const saturated = judged({ generator: { saturated: 'it used all there is' } })
    expect([saturated.verdict, saturated.reasons[0]]).toEqual([
      'invalid',
      'the load generator was saturated: it used all there is',
    ])
    expect(judged({ dropped: 7 }).reasons[0]).toMatch(/^7 of \d+ planned iterations found no free user/)
    const mix = { journal_creation: 370, profile_updates: 230, progress_viewing: 300, premium_purchases: 100 }
    expect(judged({ iterations: mix }).reasons).toEqual([
      'journal_creation: 40.0 % planned, 37.0 % achieved',
      'profile_updates: 20.0 % planned, 23.0 % achieved',
    ])
    const also = judged({ reached: 700, ms: () => 400 })
    expect([also.verdict, also.reasons[1]], 'what did not hold is said too').toEqual([
      'invalid',
      'all scenarios: p95 under 200 ms does not hold, it was 400 ms',
    ])
  })

  test('never passes when it was interrupted, and ends with 130', () => {
    expect(judged({ interrupted: true })).toMatchObject({ verdict: 'inconclusive', exitCode: 130 })
  })

  test('is warn, and still 0, when something should be looked at', () => {
    const slow = judged({ ms: () => 50, warnings: { http_req_duration: ['p(99)<20'] } })
    expect([slow.verdict, slow.exitCode]).toEqual(['warn', 0])
    expect(slow.reasons[0]).toBe('all scenarios: p99 under 20 ms does not hold, it was 50 ms')
    const limited = judged({ status: (_, index) => (index % 1000 === 7 ? 429 : 200) })
    expect(limited.reasons).toEqual(['8 requests were answered 429: the rate limit was part of this load'])
    expect(judged({ concerns: ['users were left'] })).toMatchObject({ verdict: 'warn', reasons: ['users were left'] })
  })

  test('is of every phase: a spike does not hide in the average', () => {
    const {
      verdict,
      reasons,
      thresholds: results,
    } = judged({
      profile: 'spike',
      thresholds: { http_req_duration: ['p(95)<200'] },
      ms: (_, __, phase) => (phase === 'during' ? 300 : 5),
    })
    expect(verdict).toBe('fail')
    expect(reasons).toEqual(['during, all scenarios: p95 under 200 ms does not hold, it was 300 ms'])
    expect(new Set(results.map(({ phase }) => phase))).toEqual(new Set(['before', 'during', 'after']))
  })

  test('a threshold with tags is of just those requests', () => {
    const { reasons, thresholds: results } = judged({
      thresholds: {
        'http_req_duration{scenario:profile_updates}': ['p(95)<20'],
        'http_reqs{status:404}': ['count<1'],
      },
      status: (_, index) => (index === 3 ? 404 : 200),
      ms: (scenario) => (scenario === 'profile_updates' ? 30 : 5),
    })
    expect(results.map(({ key, value, ok }) => [key, Math.round(value ?? 0), ok])).toEqual([
      ['http_req_duration{scenario:profile_updates}', 30, false],
      ['http_reqs{status:404}', 4, false],
    ])
    expect(reasons).toEqual([
      'profile_updates: p95 under 20 ms does not hold, it was 30 ms',
      'http_reqs{status:404}: requests under 1 does not hold, it was 4',
    ])
  })
})
