import { connect, type Database, ExitCode, JourneysError, sqlState } from '@journeys/core/ops'
import { BoundedSeries } from '../usage/bounded-series.ts'
import { type Counters, readCounters, readStatementTexts } from './counters.ts'
import lookSql from './look.sql'
import type { Look } from './look.ts'
import serverSql from './server.sql'
import { Sessions } from './sessions.ts'

/** What kind of server it is: the row of server.sql. */
export interface ServerFacts {
  readonly version: string
  readonly version_number: number
  readonly connection_limit: number
  readonly role: string
  readonly sees_others: boolean
  readonly statements_schema: string | null
}

/** Sums over the looks; a restart in between, after which the server counts from 0, loses at most a second. */
export interface RunningCounters {
  committed: number
  rolledBack: number
  deadlocks: number
  tempBytes: number
  walBytes: number | undefined
  /** Over the judged looks: milliseconds that sessions were busy, and that passed. */
  busyMs: number
  judgedMs: number
}

const lookEveryMs = 1000
/** A look that takes longer says what a look is for: the database did not answer. */
const answerTimeoutMs = 3000
/** pg_stat_activity tells the statement of a session since then. */
const oldestVersion = 140_000

/**
 * Looks at a database once a second, on one connection. Never throws: when the database is away, it says since when, and looks again.
 */
export class DatabaseWatch {
  readonly sessions = new Sessions()
  readonly notes = new Set<string>()
  readonly timeline = new BoundedSeries(['connections', 'busy', 'waitingForLocks', 'commitsPerSecond'])
  readonly outages: { fromMs: number; toMs: number }[] = []
  readonly restartsAtMs: number[] = []
  /** The server's counters began at 0 in between: those of the tables count from there. */
  countersReset = false
  readonly sums: RunningCounters = {
    committed: 0,
    rolledBack: 0,
    deadlocks: 0,
    tempBytes: 0,
    walBytes: undefined,
    busyMs: 0,
    judgedMs: 0,
  }
  readonly looks = { answered: 0, tried: 0 }
  facts: ServerFacts | undefined
  before: Counters | undefined
  after: Counters | undefined
  readonly #url: string
  readonly #judgedAt: (elapsedMs: number) => boolean
  #began = performance.now()
  #database: Database | undefined
  #last: { look: Look; atMs: number } | undefined
  #lastAnswerMs = 0
  #away = false
  /** It can be reached, but does not let us in, or is too old: asking again would not help. */
  #hopeless = false
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> = Promise.resolve()
  #stopped = false

  constructor(url: string, judgedAt: (elapsedMs: number) => boolean) {
    this.#url = url
    this.#judgedAt = judgedAt
  }

  get elapsedMs(): number {
    return performance.now() - this.#began
  }

  /** Reads the counters, then begins to look. */
  async begin(): Promise<void> {
    const database = await this.#open()
    if (database !== undefined) this.before = await this.#readCounters(database)
    this.#began = performance.now()
    this.#looking = this.#next()
    // The first look is the counters' begin.
    await this.#looking
  }

  /** Ends the looks, reads the counters again, and closes the connection. */
  async end(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#looking
    if (this.elapsedMs - this.#lastAnswerMs > lookEveryMs / 5) await this.#look()
    const database = this.#database
    if (database !== undefined && !this.#away) this.after = await this.#readCounters(database)
    if (this.before !== undefined && this.after === undefined) {
      this.notes.add('The database did not answer at the end: its statements and tables cannot be told.')
    }
  }

  /** After the end, for questions that the findings raise. Undefined when there is no answer. */
  async ask<R extends object>(sql: string, values: unknown[]): Promise<R[]> {
    try {
      return (await this.#database?.query<R>(sql, values))?.rows ?? []
    } catch {
      return []
    }
  }

  async statementTexts(ids: readonly string[]): Promise<Map<string, string>> {
    const schema = this.facts?.statements_schema
    if (this.#database === undefined || !schema || ids.length === 0) return new Map()
    return readStatementTexts(this.#database, schema, ids).catch(() => new Map())
  }

  async close(): Promise<void> {
    await this.#database?.end()
    this.#database = undefined
  }

  // One look after the other: a slow answer must not pile up.
  async #next(): Promise<void> {
    if (this.#hopeless) return
    await this.#look()
    if (this.#stopped) return
    this.#timer = setTimeout(
      () => {
        this.#looking = this.#next()
      },
      lookEveryMs - (this.elapsedMs % lookEveryMs),
    )
    this.#timer.unref()
  }

  async #look(): Promise<void> {
    if (this.#hopeless) return
    this.looks.tried++
    try {
      const database = await this.#open()
      if (database === undefined) return this.#isAway()
      this.before ??= await this.#readCounters(database)
      const look = (await database.query<Look>(lookSql)).rows[0]
      if (look !== undefined) this.#saw(look)
    } catch (error) {
      const state = sqlState(error) ?? ''
      // "undefined column", "insufficient privilege": a server that speaks, but not about this.
      if (state.startsWith('42')) {
        this.#hopeless = true
        this.notes.add(`The sessions could not be looked at: ${messageOf(error)}.`)
        return
      }
      this.#isAway()
    }
  }

  #saw(look: Look): void {
    const atMs = this.elapsedMs
    this.looks.answered++
    const last = this.#last
    const outage = this.outages.at(-1)
    if (this.#away && outage !== undefined) outage.toMs = atMs
    this.#away = false
    const reset = last !== undefined && isReset(last.look, look)
    if (reset) this.countersReset = true
    if (last !== undefined && (reset || last.look.started !== look.started)) this.restartsAtMs.push(atMs)
    const since = (key: 'committed' | 'rolled_back' | 'deadlocks' | 'temp_bytes' | 'busy_ms') =>
      last === undefined ? 0 : Math.max(0, look[key] - (reset ? 0 : last.look[key]))
    // This look's predecessor is a transaction too.
    const committed = Math.max(0, since('committed') - 1)
    this.sums.committed += committed
    this.sums.rolledBack += since('rolled_back')
    this.sums.deadlocks += since('deadlocks')
    this.sums.tempBytes += since('temp_bytes')
    // The log's position survives a crash.
    if (look.wal_bytes !== null && last !== undefined && last.look.wal_bytes !== null) {
      this.sums.walBytes = (this.sums.walBytes ?? 0) + Math.max(0, look.wal_bytes - last.look.wal_bytes)
    }
    if (last !== undefined && this.#judgedAt(last.atMs) && this.#judgedAt(atMs)) {
      this.sums.busyMs += since('busy_ms')
      this.sums.judgedMs += atMs - last.atMs
    }
    const seen = this.sessions.add(look, this.#judgedAt(atMs))
    const seconds = last === undefined ? 0 : (atMs - last.atMs) / 1000
    this.timeline.add(atMs / 1000, { ...seen, commitsPerSecond: seconds > 0 ? committed / seconds : 0 })
    this.#last = { look, atMs }
    this.#lastAnswerMs = atMs
  }

  #isAway(): void {
    const outage = this.outages.at(-1)
    if (this.#away && outage !== undefined) outage.toMs = this.elapsedMs
    else this.outages.push({ fromMs: this.#lastAnswerMs, toMs: this.elapsedMs })
    this.#away = true
  }

  async #readCounters(database: Database): Promise<Counters | undefined> {
    if (this.facts === undefined) return undefined
    const counters = await readCounters(database, this.facts.statements_schema)
    for (const note of counters.notes) this.notes.add(note)
    return counters
  }

  /** @returns undefined while it cannot be reached */
  async #open(): Promise<Database | undefined> {
    if (this.#database !== undefined) return this.#database
    try {
      const database = await connect(this.#url, {
        applicationName: 'journeys loadtest watch',
        maxConnections: 1,
        connectTimeoutMs: answerTimeoutMs,
        statementTimeoutMs: answerTimeoutMs,
        answerTimeoutMs: answerTimeoutMs + 500,
      })
      this.#database = database
      this.facts = (await database.query<ServerFacts>(serverSql)).rows[0]
      this.#check()
      return this.#hopeless ? undefined : database
    } catch (error) {
      if (isHopeless(error)) {
        this.#hopeless = true
        this.notes.add(`The database was not watched: ${messageOf(error)}.`)
      }
      return undefined
    }
  }

  #check(): void {
    const { facts } = this
    if (facts === undefined) return
    if (facts.version_number < oldestVersion) {
      this.#hopeless = true
      this.notes.add(
        `The database was not watched: it is Postgres ${facts.version}, and 14 is the oldest that tells enough.`,
      )
    }
    if (!facts.sees_others) {
      this.notes.add(
        `What other roles' sessions did could not be seen: grant pg_read_all_stats to ${facts.role}, or connect as the role postgres.`,
      )
    }
  }
}

/** After a crash the server counts from 0, after an orderly restart it goes on; somebody may also have called pg_stat_reset(). */
function isReset(before: Look, now: Look): boolean {
  return now.reset !== before.reset || now.committed < before.committed
}

function isHopeless(error: unknown): boolean {
  if (!(error instanceof JourneysError)) return false
  if (error.exitCode === ExitCode.usage) return true
  return ['database_login_refused', 'database_untrusted', 'database_missing'].includes(error.code)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
