import { describe, expect, test } from 'vitest'
import { began, syntheticRun } from '../../../../tests/loadtest/synthetic-run.ts'
import { type AnalyseOptions, analyse, type RecoveryAnalysis } from './analysis.ts'

const nothingLost = { checked: 3, lost: 0, unverifiable: 0, examples: [] }

describe('a recovery run', () => {
  test('tells how long nothing came back, how long until all was well, and how many requests failed', () => {
    const { analysis, findings } = recovery({ downFor: 3, slowFor: 4 })
    expect(analysis).toMatchObject({ kind: 'recovery', fault: 'kill -9 of the postmaster', faultMs: 20_000, writes: 3 })
    expect(analysis.secondsToFirstFailure).toBeCloseTo(0, 1)
    expect(analysis.secondsToFirstSuccess).toBeGreaterThanOrEqual(3)
    expect(analysis.secondsToFirstSuccess).toBeLessThan(4)
    expect(analysis.secondsToSlo).toBe(7)
    expect(analysis.failedRequests).toBe(3 * 50)
    expect(analysis.phases.map(({ phase, withinSlo }) => [phase, withinSlo])).toEqual([
      ['before', true],
      ['after', true],
    ])
    expect(findings).toEqual({ fail: [], warn: [], inconclusive: [], invalid: [] })
  })

  test('an outage of half a second takes half a second, not none', () => {
    const { analysis } = recovery({ downFor: 1, failing: 0.5 })
    expect(analysis.secondsToSlo).toBeGreaterThanOrEqual(analysis.secondsToFirstSuccess ?? 9)
    expect(analysis.secondsToSlo).toBe(1)
  })

  test('a lost write fails, and is named', () => {
    const lost = {
      table: 'purchases',
      id: '5b1c0000-0000-4000-8000-000000000000',
      at: '2026-11-23T12:00:20.000Z',
    } as const
    const { analysis, findings } = recovery({
      downFor: 3,
      lostWrites: { checked: 3, lost: 1, unverifiable: 0, examples: [lost] },
    })
    expect(analysis.lostWrites?.lost).toBe(1)
    expect(findings.fail).toEqual([`1 of 3 confirmed writes are lost, such as purchases ${lost.id}`])
  })

  test('a server that stays down fails', () => {
    const { analysis, findings } = recovery({ downFor: 1000 })
    expect(analysis).not.toHaveProperty('secondsToFirstSuccess')
    expect(analysis).not.toHaveProperty('secondsToSlo')
    expect(findings.fail).toEqual(['no request succeeded again after the fault'])
  })

  test('a server that comes back but stays slow fails', () => {
    const { findings } = recovery({ downFor: 3, slowFor: 1000 })
    expect(findings.fail[0]).toMatch(
      /^answers came again after 3.\d s, but until the end of the run the p95 was not back/,
    )
  })

  test('a fault that nobody noticed proves nothing', () => {
    const { findings } = recovery({ downFor: 0 })
    expect(findings.inconclusive[0]).toContain('no request failed after "kill -9 of the postmaster"')
  })

  test('writes that could not be looked for, or not be told apart, prove nothing', () => {
    expect(recovery({ downFor: 3, lostWrites: undefined }).findings.inconclusive[0]).toContain('needs the database')
    const unverifiable = { checked: 2, lost: 0, unverifiable: 1, examples: [] }
    expect(recovery({ downFor: 3, lostWrites: unverifiable }).findings.inconclusive[0]).toContain('no usable id')
    expect(recovery({ downFor: 3, writes: 0 }).findings.inconclusive[0]).toContain('none could be lost')
  })

  test('a run that ended before the fault', () => {
    const { fault: _, ...options } = outage({ downFor: 0 })
    const { analysis, findings } = analyse(options)
    expect(analysis).toBeUndefined()
    expect(findings.invalid).toHaveLength(1)
  })
})

interface OutageOptions {
  /** Seconds. */
  downFor: number
  slowFor?: number
  failing?: number
  writes?: number
  lostWrites?: AnalyseOptions['lostWrites']
}

function recovery(options: OutageOptions) {
  const { analysis, findings } = analyse(outage(options))
  return { analysis: analysis as RecoveryAnalysis, findings }
}

function outage(options: OutageOptions): AnalyseOptions {
  const { downFor, slowFor = 0, failing = 1, writes = 3 } = options
  const run = syntheticRun({
    profile: 'recovery',
    server: (second) => {
      const since = second - 20
      if (since >= 0 && since < downFor) return { ms: [2], failing }
      return { ms: since >= 0 && since < downFor + slowFor ? [700] : [5, 10, 20] }
    },
  })
  for (let index = 0; index < writes; index++) {
    run.recorder.addWrite({ table: 'purchases', id: `write-${index}`, at: began + 1000 })
  }
  return {
    ...run,
    fault: { description: 'kill -9 of the postmaster', at: began + 20_000 },
    lostWrites: 'lostWrites' in options ? options.lostWrites : nothingLost,
  }
}
