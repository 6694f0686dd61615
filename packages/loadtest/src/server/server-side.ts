import type { FailureResult, RequestFigures } from '../result.ts'
import type { MachineUsage } from '../usage/machine-usage.ts'
import type { ListProcesses, ProcessUsage } from '../usage/process-usage.ts'
import type { Culprit } from './culprits/culprit.ts'

/** The minutes of the load as the server saw them. What could not be seen is absent, and `notes` says why. */
export interface ServerSide {
  /** From `begin` to `end`. Every `second` and `Ms` below counts from `begin`. */
  readonly durationMs: number
  /** Where to look, most likely first. Empty: nothing stands out. */
  readonly culprits: readonly Culprit[]
  /** In whole sentences: what could not be seen, and why. */
  readonly notes: readonly string[]
  /** Absent without a database to ask. */
  readonly database?: DatabaseSide
  /** Of the stack; empty where the processes run elsewhere. */
  readonly processes: readonly ProcessUsage[]
  /** The machine on which they run, with all that is not the stack's; absent without processes. */
  readonly machine?: MachineUsage
}

export interface DatabaseSide {
  /** `15.18` */
  readonly version: string
  /** Looks that were answered, of those that were tried: one a second. */
  readonly looks: { readonly answered: number; readonly tried: number }
  /** When the database did not answer. */
  readonly outages: readonly { readonly fromMs: number; readonly toMs: number }[]
  /** When a look found that it had been started anew. */
  readonly restartsAtMs: readonly number[]
  readonly connections: ConnectionUsage
  /** Of reads of pages of the project's tables and indexes; absent when there were none. */
  readonly cacheHit?: { readonly ratio: number; readonly reads: number }
  readonly transactions: { readonly committed: number; readonly rolledBack: number }
  /** Of the project's tables; absent, as `tables`, when the counters could not be read. */
  readonly rows?: { readonly inserted: number; readonly updated: number; readonly deleted: number }
  /** Write-ahead log of the whole server. */
  readonly walBytes?: number
  /** Written by sorts and joins that did not fit into work_mem. */
  readonly tempBytes: number
  readonly deadlocks: number
  /** Of the run, by time spent; at most 15. Absent when pg_stat_statements cannot be read. */
  readonly statements?: readonly StatementUsage[]
  /** What busy sessions were doing when they were looked at in the judged phases, most frequent first. */
  readonly waits: readonly WaitUsage[]
  /** That were written, grew, or were read as a whole; partitions are added to their table. Largest change first, at most 20. */
  readonly tables?: readonly TableUsage[]
  /** At most 600 points of equal width. */
  readonly timeline: readonly DatabasePoint[]
}

export interface ConnectionUsage {
  /** `max_connections` less what is kept for superusers. */
  readonly limit: number
  /** Open at once, of the whole server. */
  readonly peak: number
  /** At once in a statement or in a transaction, of this database. */
  readonly busyPeak: number
  /** Mean over the judged phases. */
  readonly busyMean: number
  readonly applications: readonly ApplicationConnections[]
}

export interface ApplicationConnections {
  /** As it calls itself: `PostgREST 12.0.2`. */
  readonly application: string
  readonly role: string
  readonly peak: number
  /** In a statement or in a transaction, mean over the judged phases. */
  readonly busyMean: number
  /** Share of the judged looks in which all of its `peak` connections were busy. */
  readonly allBusy: number
}

export interface StatementUsage {
  /** What it does: `insert into public.journal_entries`, `call of public.progress_summary`. */
  readonly title: string
  /** Its text with `$n` for every value, cut to 2,000 characters. */
  readonly text: string
  readonly role: string
  /** Called by a function; its time is part of the function's. Only where pg_stat_statements.track is `all`. */
  readonly nested: boolean
  readonly calls: number
  readonly totalMs: number
  readonly meanMs: number
  /** Returned or changed. */
  readonly rows: number
  /** Of the time that all statements of the run took: 0 to 1. */
  readonly share: number
  /** Pages read per call, from memory or from disk. */
  readonly pagesPerCall: number
}

export interface WaitUsage {
  /** Postgres' names; `CPU` and `running` for a session that waited for nothing. */
  readonly type: string
  readonly event: string
  /** Sessions at once, mean over the judged looks. */
  readonly sessions: number
  /** Of all busy sessions that were seen: 0 to 1. */
  readonly share: number
}

export interface TableUsage {
  readonly name: string
  readonly partitions: number
  readonly inserted: number
  readonly updated: number
  readonly deleted: number
  readonly sequentialScans: number
  /** Rows read by these. */
  readonly sequentialRows: number
  /** Rows that one scan read, of the partition that was read most. */
  readonly rowsPerScan: number
  readonly indexScans: number
  /** At the end, with TOAST; absent when they could not be read because the table was locked. */
  readonly bytes?: number
  readonly indexBytes?: number
  readonly grownBytes?: number
  readonly indexGrownBytes?: number
}

export interface DatabasePoint {
  readonly second: number
  /** Means over the width of the point. */
  readonly connections: number
  readonly busy: number
  readonly waitingForLocks: number
  readonly commitsPerSecond: number
}

/** What the load saw meanwhile: without it, a full pool cannot be told from one that is just in use. */
export interface LoadSeen {
  /** Of the judged phases. */
  readonly total: Pick<RequestFigures, 'rate' | 'avg'>
  readonly failures: readonly Pick<FailureResult, 'code' | 'count'>[]
}

export interface WatchServerOptions {
  /** Absent: only the processes are watched. */
  readonly databaseUrl?: string | undefined
  /** Of the stack, asked for every second: after a restart they are others. */
  readonly processes?: ListProcesses | undefined
  /** Whether what is seen then counts as under load. @defaultValue always */
  readonly judgedAt?: ((elapsedMs: number) => boolean) | undefined
}

export interface ServerWatch {
  /** Call right before the load. Never throws for a database that does not answer. */
  begin(): Promise<void>
  /** Call right after the load, also after a failed one: closes the connection. @returns undefined when nothing could be watched */
  end(load?: LoadSeen): Promise<ServerSide | undefined>
}
