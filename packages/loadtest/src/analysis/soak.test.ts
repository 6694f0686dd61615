import { describe, expect, test } from 'vitest'
import { syntheticRun } from '../../../../tests/loadtest/synthetic-run.ts'
import type { ServerSide, TableUsage } from '../server/server-side.ts'
import { analyse, type SoakAnalysis } from './analysis.ts'

const hour = { users: 20, duration: '30m' }
const mib = 1024 * 1024

describe('a soak run', () => {
  test('a server that stays as it is passes', () => {
    const { analysis, findings } = soak((second) => 20 + (second % 5), 0)
    expect(analysis.p95?.percent).toBeCloseTo(0, 0)
    expect(analysis.memory).toMatchObject([{ process: 'database', unit: 'bytes', percent: 0 }])
    expect(findings).toEqual({ fail: [], warn: [], inconclusive: [], invalid: [] })
  })

  test('answers that get slower all the time fail', () => {
    const { analysis, findings } = soak((second) => 40 + second / 40 + (second % 5), 0)
    expect(analysis.p95).toMatchObject({ unit: 'ms', certain: true })
    expect(analysis.p95?.percent).toBeGreaterThan(80)
    expect(findings.fail[0]).toMatch(
      /^the p95 grew from 4\d ms to 8\d ms, by \d+ % \(.*95 % confidence\), the limit is 20 %$/,
    )
  })

  test('a climb from 2 to 3 ms is half as much again and no reason to worry', () => {
    const { findings } = soak((second) => 2 + second / 1800, 0)
    expect(findings.fail).toEqual([])
  })

  test('a memory leak is found in the process that has it', () => {
    const { findings } = soak(() => 20, 60 * mib)
    expect(findings.fail).toEqual([expect.stringMatching(/^the memory of database grew from \d+ MiB to \d+ MiB/)])
  })

  test('shared buffers that fill up are no leak', () => {
    const own = server(0).processes[0]?.memory ?? []
    const filling = server(100 * mib)
    const processes = filling.processes.map((one) => ({ ...one, ownMemory: own }))
    const run = syntheticRun({ profile: 'soak', overrides: hour, server: () => ({ ms: [20] }) })
    expect(analyse({ ...run, server: { ...filling, processes } }).findings.fail).toEqual([])
  })

  test('tables that grew are listed, the largest growth first', () => {
    const { analysis } = soak(() => 20, 0)
    expect(analysis.growth).toEqual([
      { table: 'public.journal_entries', tableBytes: 8 * mib, indexBytes: 3 * mib },
      { table: 'public.purchases', tableBytes: mib, indexBytes: 0 },
    ])
  })

  test('memory that grows in the first minutes is not yet a leak', () => {
    const run = syntheticRun({
      profile: 'soak',
      overrides: { users: 20, duration: '3m' },
      server: () => ({ ms: [20] }),
    })
    const { analysis, findings } = analyse({ ...run, server: server(1000 * mib) })
    expect((analysis as SoakAnalysis).memory[0]?.percent).toBeGreaterThan(30)
    expect(findings).toEqual({ fail: [], warn: [], inconclusive: [], invalid: [] })
  })

  test('half a minute cannot show a drift', () => {
    const { analysis, findings } = analyse(
      syntheticRun({ profile: 'soak', overrides: { users: 20, duration: '30s' }, server: () => ({ ms: [20] }) }),
    )
    expect(analysis).not.toHaveProperty('p95')
    expect(findings.inconclusive[0]).toContain('too short to see a drift')
  })
})

function soak(ms: (second: number) => number, leakBytes: number) {
  const run = syntheticRun({ profile: 'soak', overrides: hour, server: (second) => ({ ms: [ms(second)] }) })
  const { analysis, findings } = analyse({ ...run, server: server(leakBytes) })
  return { analysis: analysis as SoakAnalysis, findings }
}

/** @param leakBytes over the run */
function server(leakBytes: number): ServerSide {
  const memory = Array.from({ length: 600 }, (_, index) => ({
    second: index * 3,
    bytes: 200 * mib + (leakBytes * index) / 600,
  }))
  return {
    durationMs: 1_800_000,
    culprits: [],
    notes: [],
    processes: [{ name: 'database', limitCores: 2, memoryPeakBytes: 200 * mib + leakBytes, memory, cpu: [] }],
    database: {
      version: '15.18',
      looks: { answered: 1800, tried: 1800 },
      outages: [],
      restartsAtMs: [],
      connections: { limit: 97, peak: 12, busyPeak: 5, busyMean: 1, applications: [] },
      transactions: { committed: 1, rolledBack: 0 },
      rows: { inserted: 1, updated: 0, deleted: 0 },
      tempBytes: 0,
      deadlocks: 0,
      waits: [],
      tables: [
        table('public.purchases', mib, 0),
        table('public.journal_entries', 8 * mib, 3 * mib),
        table('public.profiles', 0, 0),
      ],
      timeline: [],
    },
  }
}

function table(name: string, grownBytes: number, indexGrownBytes: number): TableUsage {
  return {
    name,
    partitions: 0,
    inserted: 0,
    updated: 0,
    deleted: 0,
    sequentialScans: 0,
    sequentialRows: 0,
    rowsPerScan: 0,
    indexScans: 0,
    grownBytes,
    indexGrownBytes,
  }
}
