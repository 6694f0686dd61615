import { z } from 'zod'
import { count, list } from './load-figures.ts'

const bytes = z.number()
const cores = z.object({ mean: z.number(), peak: z.number() })

const culprit = z.object({
  kind: z.enum([
    'outage',
    'sleep',
    'locks',
    'deadlocks',
    'sequential_scans',
    'slow_statement',
    'pool',
    'connections',
    'idle_in_transaction',
    'cpu',
    'cache',
    'disk',
    'temporary_files',
  ]),
  severity: z.enum(['critical', 'warning']),
  title: z.string(),
  detail: z.string(),
  hint: z.string(),
})

const connections = z.object({
  limit: count,
  peak: count,
  busyPeak: count,
  busyMean: z.number(),
  applications: list(
    z.object({ application: z.string(), role: z.string(), peak: count, busyMean: z.number(), allBusy: z.number() }),
  ),
})

const statement = z.object({
  title: z.string(),
  text: z.string(),
  role: z.string(),
  calls: count,
  totalMs: z.number(),
  meanMs: z.number(),
  rows: count,
  share: z.number(),
  pagesPerCall: z.number(),
  nested: z.boolean(),
})

const table = z.object({
  name: z.string(),
  partitions: count,
  inserted: count,
  updated: count,
  deleted: count,
  sequentialScans: count,
  sequentialRows: count,
  rowsPerScan: z.number(),
  indexScans: count,
  bytes: bytes.exactOptional(),
  indexBytes: bytes.exactOptional(),
  grownBytes: bytes.exactOptional(),
  indexGrownBytes: bytes.exactOptional(),
})

const database = z.object({
  version: z.string(),
  looks: z.object({ answered: count, tried: count }),
  outages: list(z.object({ fromMs: z.number(), toMs: z.number() })),
  restartsAtMs: list(z.number()),
  connections,
  cacheHit: z.object({ ratio: z.number(), reads: count }).exactOptional(),
  transactions: z.object({ committed: count, rolledBack: count }),
  rows: z.object({ inserted: count, updated: count, deleted: count }).exactOptional(),
  walBytes: bytes.exactOptional(),
  tempBytes: bytes,
  deadlocks: count,
  statements: list(statement).exactOptional(),
  waits: list(z.object({ type: z.string(), event: z.string(), sessions: z.number(), share: z.number() })),
  tables: list(table).exactOptional(),
  timeline: list(
    z.object({
      second: z.number(),
      connections: z.number(),
      busy: z.number(),
      waitingForLocks: z.number(),
      commitsPerSecond: z.number(),
    }),
  ),
})

const cpu = list(z.object({ second: z.number(), cores: z.number() }))
const process = z.object({
  name: z.string(),
  cpuCores: cores.exactOptional(),
  limitCores: z.number(),
  memoryPeakBytes: bytes,
  memory: list(z.object({ second: z.number(), bytes })),
  ownMemory: list(z.object({ second: z.number(), bytes }))
    .exactOptional()
    .describe('without files and shared memory'),
  cpu,
})

/** The minutes of the load as the server saw them. */
export const serverSideDocument = z.object({
  durationMs: z.number(),
  culprits: list(culprit).describe('where to look, most likely first'),
  notes: list(z.string()).describe('what could not be seen, and why'),
  database: database.exactOptional(),
  processes: list(process),
  machine: z.object({ cores: count, cpuCores: cores, cpu }).exactOptional(),
})
