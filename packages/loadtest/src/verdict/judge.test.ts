import type { Config } from '@journeys/core/ops'
import { describe, expect, test } from 'vitest'
import { planLoad } from '../profiles/plan.ts'
import { Recorder } from '../recorder/recorder.ts'
import { type ScenarioName, scenarioNames } from '../scenarios/index.ts'
import { judge } from './judge.ts'

const weights = { journal_creation: 40, profile_updates: 20, progress_viewing: 30, premium_purchases: 10 }
const thresholds: Config['loadtest']['thresholds'] = {
  http_req_duration: ['p(95)<200'],
  http_req_failed: ['rate<0.02'],
  http_reqs: ['rate>100'],
}

interface Story {
  users?: number
  reached?: number
  /** Of every scenario, in the steady 40 s. */
  requests?: number
  ms?: (scenario: ScenarioName, index: number) => number
  status?: (scenario: ScenarioName, index: number) => number
  wrongAnswers?: number
  interrupted?: boolean
  thresholds?: Config['loadtest']['thresholds']
}

/** Judges a run that went as told: steady from second 10 to 50. */
function judged(story: Story) {
  const settings = { users: story.users ?? 1000, rampUpSeconds: 10, holdSeconds: 40, rampDownSeconds: 8 }
  const plan = planLoad({ profile: 'load', settings, weights })
  const recorder = new Recorder(plan)
  const began = 1_000_000
  recorder.start(began)
  recorder.setUsers(began, story.reached ?? plan.users)
  for (const scenario of scenarioNames) {
    for (let index = 0; index < (story.requests ?? 1500); index++) {
      const status = story.status?.(scenario, index) ?? 200
      recorder.addRequest({
        at: began + 10_000 + index,
        scenario,
        phase: 'steady',
        name: 'GET something',
        status,
        failed: status === 0 || status >= 400,
        durationMs: status === 0 ? 0 : (story.ms?.(scenario, index) ?? 10),
      })
    }
  }
  for (let index = 0; index < (story.wrongAnswers ?? 0); index++) {
    recorder.addCheck('journal_creation', 'steady', 'the new entry is in the list', false)
  }
  return judge({
    recorder,
    plan,
    thresholds: story.thresholds ?? thresholds,
    steadySeconds: 40,
    wholeSeconds: 58,
    interrupted: story.interrupted ?? false,
  })
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
    const { verdict, exitCode, reasons } = judged({ ms: (scenario) => (scenario === 'premium_purchases' ? 250 : 5) })
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
      note: '20 users who think 1 to 3 s make 10 requests/s at most',
    })
  })

  test('is inconclusive with 5 when there is too little to judge by', () => {
    const { verdict, exitCode, reasons } = judged({ users: 20, requests: 4 })
    expect([verdict, exitCode]).toEqual(['inconclusive', 5])
    expect(reasons).toEqual(['p95 under 200 ms could not be judged: 16 answers are too few, 20 are needed'])
    expect(judged({ thresholds: {} }).verdict, 'no threshold at all').toBe('inconclusive')
  })

  test('is invalid with 1 when the planned load was not there', () => {
    const few = judged({ reached: 700 })
    expect([few.verdict, few.exitCode]).toEqual(['invalid', 1])
    expect(few.reasons[0]).toBe('700 of 1000 users were reached: this is not the load that was planned')
    expect(judged({ requests: 0 })).toMatchObject({ verdict: 'invalid', reasons: ['not one request was made'] })
  })

  test('never passes when it was interrupted, and ends with 130', () => {
    expect(judged({ interrupted: true })).toMatchObject({ verdict: 'inconclusive', exitCode: 130 })
  })
})
