import { describe, expect, test } from 'vitest'
import type { ProcessUsage } from '../../usage/process-usage.ts'
import type { DatabaseSide } from '../server-side.ts'
import type { SessionEvidence } from '../sessions.ts'
import type { DatabaseEvidence, Evidence } from './evidence.ts'
import { findCulprits } from './find-culprits.ts'

const seconds = Array.from({ length: 60 }, (_, second) => second)

const healthySide: DatabaseSide = {
  version: '15.18',
  looks: { answered: 60, tried: 60 },
  outages: [],
  restartsAtMs: [],
  connections: {
    limit: 97,
    peak: 24,
    busyPeak: 9,
    busyMean: 3,
    applications: [{ application: 'PostgREST 12.0.2', role: 'authenticator', peak: 20, busyMean: 3, allBusy: 0 }],
  },
  cacheHit: { ratio: 0.998, reads: 500_000 },
  transactions: { committed: 24_000, rolledBack: 0 },
  tempBytes: 0,
  deadlocks: 0,
  waits: [{ type: 'CPU', event: 'running', sessions: 2, share: 0.66 }],
  timeline: [],
}
const restingSessions: SessionEvidence = {
  looks: 60,
  busy: 3,
  waitingForLocks: 0,
  sleeping: 0,
  lockLooks: 0,
  holders: [],
  blocked: [],
  asleep: [],
  open: [],
  heldUp: new Map(),
}

function database(side: Partial<DatabaseSide> = {}, more: Partial<DatabaseEvidence> = {}): DatabaseEvidence {
  return {
    side: { ...healthySide, ...side },
    sessions: restingSessions,
    tables: [],
    statements: [],
    statementsMs: 12_000,
    unindexed: new Map(),
    lost: new Map(),
    sleepingFunctions: [],
    texts: new Map(),
    ...more,
  }
}

function evidence(more: Partial<Evidence> = {}): Evidence {
  return {
    durationMs: 60_000,
    judgedAt: (elapsedMs) => elapsedMs >= 10_000 && elapsedMs < 50_000,
    database: database(),
    processes: [process('database', 0.5), process('gateway', 0.3, 1)],
    machine: machine(1.4),
    load: { total: { rate: 400, avg: 12 }, failures: [] },
    ...more,
  }
}

function process(name: string, cores: number, limitCores = 2): ProcessUsage {
  const cpu = seconds.map((second) => ({ second, cores }))
  return { name, limitCores, cpuCores: { mean: cores, peak: cores }, memoryPeakBytes: 1, memory: [], cpu }
}

function machine(cores: number) {
  return { cores: 2, cpuCores: { mean: cores, peak: cores }, cpu: seconds.map((second) => ({ second, cores })) }
}

const kinds = (seen: Evidence) => findCulprits(seen).map(({ kind, severity }) => `${severity} ${kind}`)

test('a server at work is nobody’s culprit', () => {
  expect(findCulprits(evidence())).toEqual([])
})

describe('where to look', () => {
  test('a gateway that uses its one core up', () => {
    const [culprit] = findCulprits(evidence({ processes: [process('gateway', 0.97, 1), process('database', 0.4)] }))
    expect(culprit).toMatchObject({ kind: 'cpu', severity: 'critical', title: 'gateway uses its one core up' })
  })

  test('a machine without processor time, and whose it was', () => {
    const own = findCulprits(evidence({ machine: machine(1.98), processes: [process('database', 1.2)] }))
    expect(own[0]).toMatchObject({
      kind: 'cpu',
      severity: 'critical',
      detail: expect.stringContaining('database 1.2, everything else 0.8'),
    })
    const others = findCulprits(evidence({ machine: machine(1.98), processes: [process('database', 0.2)] }))
    expect(others[0]).toMatchObject({
      kind: 'cpu',
      severity: 'warning',
      title: expect.stringContaining('other programs'),
    })
  })

  test('not a process that is busy only while the load goes up', () => {
    const busy = process('gateway', 1, 1)
    const early = { ...busy, cpu: busy.cpu.map(({ second }) => ({ second, cores: second < 10 ? 1 : 0.2 })) }
    expect(kinds(evidence({ processes: [early] }))).toEqual([])
  })

  test('sessions that queue for a processor of a database elsewhere', () => {
    const waits = [{ type: 'CPU', event: 'running', sessions: 14, share: 0.9 }]
    const elsewhere = { processes: [], machine: undefined, database: database({ waits }) }
    expect(kinds(evidence(elsewhere))).toEqual(['warning cpu'])
  })

  test('connections that run out', () => {
    const connections = { ...healthySide.connections, peak: 97 }
    expect(kinds(evidence({ database: database({ connections }) }))).toEqual(['critical connections'])
  })

  test('reads that memory does not serve', () => {
    const waits = [{ type: 'IO', event: 'DataFileRead', sessions: 4, share: 0.7 }]
    const cold = database({ cacheHit: { ratio: 0.6, reads: 500_000 }, waits })
    expect(kinds(evidence({ database: cold }))).toEqual(['critical cache'])
    // The first minute of a server that has just been started.
    expect(kinds(evidence({ database: database({ cacheHit: { ratio: 0.6, reads: 5000 } }) }))).toEqual([])
  })

  test('a disk that commits wait for', () => {
    const waits = [
      { type: 'IO', event: 'WALSync', sessions: 3, share: 0.5 },
      { type: 'LWLock', event: 'WALWrite', sessions: 1.5, share: 0.25 },
    ]
    expect(findCulprits(evidence({ database: database({ waits }) }))).toMatchObject([
      { kind: 'disk', detail: expect.stringContaining('4.5 sessions') },
    ])
  })

  test('deadlocks, temporary files, and a transaction that was left open', () => {
    const open = {
      pid: 4242,
      why: 'open',
      application: 'a job',
      role: 'postgres',
      open: true,
      statement: null,
      state_seconds: 30,
      transaction_seconds: 31,
      query: 'select 1',
      blockers: null,
    } as const
    const side = database({ deadlocks: 2, tempBytes: 40_000_000 }, { sessions: { ...restingSessions, open: [open] } })
    expect(kinds(evidence({ database: side }))).toEqual([
      'warning deadlocks',
      'warning temporary_files',
      'warning idle_in_transaction',
    ])
  })

  test('a table without an index, as what to type', () => {
    const table = {
      id: 7,
      name: 'public.notes',
      partitions: 0,
      inserted: 0,
      updated: 0,
      deleted: 0,
      sequentialScans: 4000,
      sequentialRows: 40_000_000,
      rowsPerScan: 10_000,
      indexScans: 0,
    }
    const unindexed = new Map([[7, [{ column: 'user_id', because: 'refers to auth.users' }]]])
    expect(findCulprits(evidence({ database: database({}, { tables: [table], unindexed }) }))).toMatchObject([
      {
        kind: 'sequential_scans',
        title: 'public.notes is read as a whole: no index begins with user_id',
        hint: 'create index concurrently on public.notes (user_id, …);',
      },
    ])
    const small = { ...table, sequentialRows: 120_000, rowsPerScan: 30 }
    expect(kinds(evidence({ database: database({}, { tables: [small], unindexed }) }))).toEqual([])
  })

  test('not a pool that is just in use', () => {
    const connections = {
      ...healthySide.connections,
      busyMean: 4.6,
      applications: [{ application: 'PostgREST 12.0.2', role: 'authenticator', peak: 5, busyMean: 4.6, allBusy: 0.8 }],
    }
    const inUse = { database: database({ connections }), load: { total: { rate: 500, avg: 10 }, failures: [] } }
    expect(kinds(evidence(inUse))).toEqual([])
  })

  test('the cause before what it brings about', () => {
    const connections = {
      ...healthySide.connections,
      applications: [{ application: 'PostgREST 12.0.2', role: 'authenticator', peak: 20, busyMean: 19, allBusy: 0.9 }],
    }
    const asleep = [{ id: '1', query: 'select "public"."progress_summary"()', times: 900 }]
    const sessions = { ...restingSessions, busy: 19, sleeping: 18, asleep }
    const slow = database({ connections }, { sessions, sleepingFunctions: ['public.progress_summary'] })
    const found = findCulprits(evidence({ database: slow, load: { total: { rate: 100, avg: 4000 }, failures: [] } }))
    expect(found).toMatchObject([
      { kind: 'sleep', severity: 'critical', title: 'public.progress_summary sleeps: it calls pg_sleep' },
      { kind: 'pool', severity: 'warning', detail: expect.stringContaining('Probably a consequence') },
    ])
  })

  test('nothing, where there was nothing to see', () => {
    expect(findCulprits(evidence({ database: undefined, processes: [], machine: undefined, load: undefined }))).toEqual(
      [],
    )
  })
})
