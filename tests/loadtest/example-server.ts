import type { LoadTestResult } from '@journeys/loadtest'

type ServerSide = NonNullable<LoadTestResult['server']>

const seconds = (length: number) => Array.from({ length }, (_, second) => second)

/** The server's side of a minute: a table without its index is the culprit, or nothing is. */
export function exampleServer(length: number, culprits: boolean): ServerSide {
  const wave = (second: number) => 1 + Math.sin(second / 3) / 6
  const usage = (name: string, cores: number, limitCores: number, bytes: number) => ({
    name,
    cpuCores: { mean: cores, peak: cores * 1.3 },
    limitCores,
    memoryPeakBytes: bytes * 1.1,
    memory: seconds(length).map((second) => ({ second, bytes: bytes * (1 + second / length / 8) * wave(second * 7) })),
    cpu: seconds(length).map((second) => ({ second, cores: cores * wave(second) })),
  })
  return {
    durationMs: length * 1000,
    culprits: culprits
      ? [
          {
            kind: 'sequential_scans',
            severity: 'critical',
            title: 'public.journal_entries is read as a whole',
            detail: '9 412 scans read 48 300 rows each; an index on (user_id) is missing.',
            hint: 'create index on public.journal_entries (user_id, date desc, id desc);',
          },
          {
            kind: 'cpu',
            severity: 'warning',
            title: 'the database uses all of its processors',
            detail: '1.92 of 2 cores over the judged part.',
            hint: 'look at the slowest statement below first',
          },
        ]
      : [],
    notes: ['The statements of other databases on this server are not shown.'],
    database: {
      version: '15.18',
      looks: { answered: length, tried: length },
      outages: [],
      restartsAtMs: [],
      connections: {
        limit: 97,
        peak: 24,
        busyPeak: 11,
        busyMean: 3.2,
        applications: [{ application: 'PostgREST', role: 'authenticator', peak: 10, busyMean: 3, allBusy: 0.02 }],
      },
      cacheHit: { ratio: 0.9987, reads: 1_240_000 },
      transactions: { committed: 24_000, rolledBack: 12 },
      rows: { inserted: 9800, updated: 4900, deleted: 0 },
      walBytes: 18_400_000,
      tempBytes: 0,
      deadlocks: 0,
      statements: [
        [
          'select from public.journal_entries',
          'select "id", "date" from "public"."journal_entries" where "user_id" = $1 limit $2',
          9800,
          0.46,
        ],
        [
          'insert into public.journal_entries',
          'insert into "public"."journal_entries" ("reflection", "scores") values ($1, $2) returning *',
          9400,
          0.31,
        ],
        ['call of public.progress_summary', 'select public.progress_summary($1, $2)', 4200, 0.19],
        ['update public.profiles', 'update "public"."profiles" set "bio" = $1 where "user_id" = $2', 4900, 0.04],
      ].map(([title, text, calls, share]) => ({
        title: String(title),
        text: String(text),
        role: 'authenticated',
        calls: Number(calls),
        totalMs: Number(share) * 40_000,
        meanMs: (Number(share) * 40_000) / Number(calls),
        rows: Number(calls),
        share: Number(share),
        pagesPerCall: 12.4,
        nested: false,
      })),
      waits: [
        { type: 'CPU', event: 'running', sessions: 2.1, share: 0.66 },
        { type: 'IO', event: 'WALSync', sessions: 0.8, share: 0.25 },
        { type: 'Lock', event: 'transactionid', sessions: 0.3, share: 0.09 },
      ],
      tables: [
        {
          name: 'public.journal_entries',
          partitions: 28,
          inserted: 9400,
          updated: 0,
          deleted: 0,
          sequentialScans: culprits ? 9412 : 0,
          sequentialRows: culprits ? 454_600_000 : 0,
          rowsPerScan: culprits ? 48_300 : 0,
          indexScans: culprits ? 0 : 9412,
          bytes: 61_000_000,
          indexBytes: 24_000_000,
          grownBytes: 4_200_000,
          indexGrownBytes: 1_900_000,
        },
      ],
      timeline: seconds(length).map((second) => ({
        second,
        connections: 22 + Math.round(2 * Math.sin(second / 9)),
        busy: 3.2 * wave(second * 2),
        waitingForLocks: second % 17 === 5 ? 1 : 0,
        commitsPerSecond: 480 * wave(second),
      })),
    },
    processes: [
      usage('database', culprits ? 1.48 : 0.62, 2, 182e6),
      usage('api', 0.21, 2, 64e6),
      usage('gateway', 0.34, 1, 91e6),
    ],
    machine: { cores: 2, cpuCores: { mean: 1.6, peak: 1.95 }, cpu: [] },
  }
}
