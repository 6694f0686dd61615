import { describe, expect, test } from 'vitest'
import { beginOf, syntheticRun } from '../../../../tests/loadtest/synthetic-run.ts'
import { planLoad } from '../profiles/plan.ts'
import { analyse } from './analysis.ts'

const plan = planLoad({
  profile: 'spike',
  config: syntheticRun({ profile: 'smoke', server: () => ({ ms: [1] }) }).config.loadtest,
})
const surge = beginOf(plan, 'surge')
const after = beginOf(plan, 'after')

describe('a spike', () => {
  test('is over when the server answers in time again, seven seconds after the surge', () => {
    const { analysis, findings } = analyse(run((second) => second >= surge && second < after + 7))
    expect(analysis).toMatchObject({
      kind: 'spike',
      secondsToSlo: 7,
      watchedSeconds: 25,
      slo: { p95Ms: 200, errorRate: 0.02 },
    })
    expect(findings).toEqual({ fail: [], warn: [], inconclusive: [], invalid: [] })
  })

  test('leaves no trace on a server that withstands it', () => {
    expect(analyse(run(() => false)).analysis).toMatchObject({ kind: 'spike', secondsToSlo: 0 })
  })

  test('judges its three phases', () => {
    const { analysis } = analyse(run((second) => second >= surge && second < after))
    expect(analysis).toMatchObject({
      phases: [
        { phase: 'before', withinSlo: true, p95Ms: 20, errorRate: 0 },
        { phase: 'during', withinSlo: false, p95Ms: 900 },
        { phase: 'after', withinSlo: true },
      ],
    })
  })

  test('fails a server that never recovers', () => {
    const { analysis, findings } = analyse(run((second) => second >= surge))
    expect(analysis).not.toHaveProperty('secondsToSlo')
    expect(findings.fail).toEqual(['the p95 was not back under 200 ms for good in the 25 s after the surge'])
  })

  test('says nothing when it is interrupted before', () => {
    const { analysis, findings } = analyse({ ...run(() => false, after - 3), interrupted: true })
    expect(analysis).toMatchObject({ kind: 'spike', watchedSeconds: 0 })
    expect(findings).toEqual({ fail: [], warn: [], inconclusive: [], invalid: [] })
  })
})

function run(slow: (second: number) => boolean, until?: number) {
  return syntheticRun({
    profile: 'spike',
    server: (second) => ({ ms: slow(second) ? [900] : [5, 10, 20] }),
    ...(until === undefined ? {} : { until }),
  })
}
