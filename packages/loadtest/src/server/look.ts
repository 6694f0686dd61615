/** What one look at the server's sessions showed: the row of look.sql. */
export interface Look {
  /** When the server started, in seconds since 1970: another one after a restart. */
  readonly started: number
  /** When its counters began, in seconds since 1970: another moment after a crash. */
  readonly reset: number | null
  readonly committed: number
  readonly rolled_back: number
  readonly deadlocks: number
  readonly temp_bytes: number
  /** Of all sessions, in a statement or in a transaction. */
  readonly busy_ms: number
  /** Null on a standby. */
  readonly wal_bytes: number | null
  readonly sessions: readonly SessionGroup[]
  /** The sessions worth a word each; at most 40. */
  readonly told: readonly ToldSession[]
}

/** Sessions that do the same. */
export interface SessionGroup {
  readonly application: string
  readonly role: string
  /** In this database; others count only against the limit of connections. */
  readonly here: boolean
  /** In a statement or in a transaction. Null when this role may not see it. */
  readonly busy: boolean | null
  readonly listens: boolean | null
  readonly wait_type: string | null
  readonly wait_event: string | null
  /** As pg_stat_statements counts it. */
  readonly statement: string | null
  readonly sessions: number
}

export interface ToldSession {
  readonly pid: number
  readonly why: 'waits' | 'blocks' | 'sleeps' | 'open'
  readonly application: string
  readonly role: string
  /** Idle in a transaction. */
  readonly open: boolean
  readonly statement: string | null
  readonly state_seconds: number | null
  readonly transaction_seconds: number | null
  /** Its statement, or its last one; what stood between quotes is struck out. */
  readonly query: string
  /** Sessions that hold what it waits for. */
  readonly blockers: readonly number[] | null
}
