import { defaultConfig } from '@journeys/core/ops'
import { describe, expect, test } from 'vitest'
import { compareRuns, noBaseline } from './compare-runs.ts'
import type { MeasuredRun } from './measured-run.ts'
import { type SimulatedNoise, type SimulatedRequest, seeded, simulatedRun } from './simulated-run.ts'

const settings = defaultConfig().loadtest.baseline
const calm: SimulatedNoise = { run: 0, request: 0, stretch: 0, stretchSeconds: 1, answer: 0.3, tail: 0, odds: 0 }
const random = seeded(1)
const run = (...requests: SimulatedRequest[]) => simulatedRun(random, requests, calm)
const journal = (ms: number, answers = 1000) => ({ name: 'POST journal_entries', ms, answers })
const profile = (ms: number, answers = 1000) => ({ name: 'PATCH profiles', ms, answers })
const main = { name: 'main' }

describe('a comparison', () => {
  test('a third slower is a fail that names the request and both figures', () => {
    const { verdict, reasons, changes } = compareRuns([run(journal(30))], [run(journal(40))], settings, main)
    expect(verdict).toBe('fail')
    expect(reasons[0]).toMatch(
      /^POST journal_entries: p50 4\d ms, was 30 ms: 3\d\.\d % slower \(at least \d+\.\d %\); the limit is 10 %$/,
    )
    const [p50] = changes
    expect(p50).toMatchObject({
      request: 'POST journal_entries',
      percentile: 50,
      verdict: 'slower',
      beforeSamples: 1000,
    })
    expect(p50?.interval?.lowPercent).toBeLessThan(p50?.changePercent ?? 0)
    expect(p50?.interval?.highPercent).toBeGreaterThan(p50?.changePercent ?? 0)
  })

  test('twice as slow, but by less than the floor in ms, is a pass', () => {
    expect(compareRuns([run(journal(0.5))], [run(journal(1))], settings, main).verdict).toBe('pass')
    const strict = { ...settings, floorMs: 0 }
    expect(compareRuns([run(journal(0.5))], [run(journal(1))], strict, main).verdict).toBe('fail')
  })

  test('slower, surely, but within the limit is a warning', () => {
    const repeats = (ms: number) => Array.from({ length: 5 }, () => run(journal(ms, 2000)))
    const { verdict, reasons } = compareRuns(repeats(100), repeats(107), settings, main)
    expect(verdict).toBe('warn')
    expect(reasons[0]).toContain('within the limit of 10 %')
  })

  test('one request that is slower among others that are not is found', () => {
    const before = [run(journal(30), profile(50))]
    const { verdict, changes } = compareRuns(before, [run(journal(45), profile(50))], settings, main)
    expect(verdict).toBe('fail')
    const found = changes.filter((change) => change.request !== 'all requests' && change.verdict === 'slower')
    expect(found.map(({ request, percentile }) => [request, percentile])).toEqual([
      ['POST journal_entries', 50],
      ['POST journal_entries', 95],
    ])
    expect(changes[0]?.request).toBe('all requests')
  })

  test('a request with too few answers is shown, not judged, however slow', () => {
    const { verdict, changes, notes } = compareRuns(
      [run(journal(30), profile(50, 100))],
      [run(journal(30), profile(500, 100))],
      settings,
      main,
    )
    expect(verdict).toBe('pass')
    expect(changes.at(-1)).toMatchObject({ request: 'PATCH profiles', percentile: 95, verdict: 'untested' })
    expect(notes).toContain('PATCH profiles: not judged: fewer than 200 answers in a run, or too few seconds')
  })

  test('a new request and one that is no longer made are named', () => {
    const { notes } = compareRuns(
      [run(journal(30), { name: 'old', ms: 5, answers: 300 })],
      [run(journal(30), { name: 'new', ms: 5, answers: 300 })],
      settings,
      main,
    )
    expect(notes).toEqual(['new: the baseline has no such request', 'old: no longer made'])
  })

  test('too few answers of everything is inconclusive and says what would help', () => {
    const { verdict, reasons } = compareRuns([run(journal(30, 50))], [run(journal(30, 50))], settings, main)
    expect(verdict).toBe('inconclusive')
    expect(reasons).toEqual([
      'no request has 200 answers in every run of both sides',
      'a longer run (--duration) would have them',
    ])
  })

  test('more failed requests than before are a warning, even when they are fast', () => {
    const failing = run(journal(30))
    for (const request of failing.requests) request.errors = 40
    const { verdict, reasons } = compareRuns([run(journal(30))], [failing], settings, main)
    expect(verdict).toBe('warn')
    expect(reasons).toEqual(['4.0 % of the requests failed, 0.0 % before'])
  })

  test('an interrupted or invalid run is never judged', () => {
    const slow = run(journal(90))
    for (const after of [
      { ...slow, interrupted: true },
      { ...slow, verdict: 'invalid' as const },
    ]) {
      const { verdict, changes } = compareRuns([run(journal(30))], [after], settings, main)
      expect({ verdict, changes }).toEqual({ verdict: 'inconclusive', changes: [] })
    }
  })

  test('phases that only one side came to are left out, on both', () => {
    const withStep = (ms: number): MeasuredRun => {
      const simulated = run(journal(ms))
      const middle = 25_000
      return {
        ...simulated,
        phases: [
          { name: 'step 1', judged: true, startMs: 5_000, endMs: middle },
          { name: 'step 2', judged: true, startMs: middle, endMs: 45_000 },
        ],
      }
    }
    const short = withStep(30)
    const after = { ...short, phases: short.phases.slice(0, 1) }
    const { changes } = compareRuns([withStep(30)], [after], settings, main)
    expect(changes[0]?.beforeSamples).toBeGreaterThan(450)
    expect(changes[0]?.beforeSamples).toBeLessThan(550)
  })

  test('what was measured on something else is not compared, unless by force', () => {
    const before = run(journal(30))
    const other = { ...run(journal(30)), fingerprint: { ...before.fingerprint, engine: 'builtin 0.1.0' } }
    const refused = compareRuns([before], [other], settings, main)
    expect(refused).toMatchObject({ verdict: 'inconclusive', changes: [], forced: false })
    expect(refused.reasons).toEqual(['not comparable: the engine is builtin 0.1.0, was k6 1.8.1'])
    const forced = compareRuns([before], [other], settings, { ...main, force: true })
    expect(forced).toMatchObject({ verdict: 'pass', forced: true })
    expect(forced.notes[0]).toContain('compared by force: the engine is builtin 0.1.0')
  })

  test('a run without a baseline says how to save one', () => {
    const { verdict, reasons, notes } = noBaseline('main', [run(journal(30))], settings)
    expect(verdict).toBe('no-baseline')
    expect([...reasons, ...notes].join('\n')).toContain('journeys loadtest baseline save main')
  })

  test('constant durations, zeros among them, are no trouble', () => {
    const flat = run(journal(30))
    for (const { samples } of flat.requests) samples?.ms.fill(0)
    expect(compareRuns([flat], [flat], settings, main).verdict).toBe('pass')
  })
})
