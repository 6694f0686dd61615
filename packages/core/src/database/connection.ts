import pg from 'pg'
import { JourneysError } from '../errors.ts'
import { type DatabaseAddress, parseDatabaseUrl, requireSessions } from './address.ts'
import { databaseError } from './database-error.ts'

export interface ConnectOptions {
  /** Shown in `pg_stat_activity`. @defaultValue 'journeys' */
  applicationName?: string | undefined
  /** The server cancels a statement after this many milliseconds; 0 = never. @defaultValue 30000 */
  statementTimeoutMs?: number | undefined
  /** How long to wait for a connection. @defaultValue 10000 */
  connectTimeoutMs?: number | undefined
  /**
   * Give a statement up after this many milliseconds without an answer, and its connection with it: for a server that hangs, whose
   * own `statementTimeoutMs` would never come. @defaultValue wait for ever
   */
  answerTimeoutMs?: number | undefined
  /** Connections at most. @defaultValue 4 */
  maxConnections?: number | undefined
}

export type Row = Record<string, unknown>

export interface QueryAnswer<R> {
  rows: R[]
  /** Rows returned or changed. */
  rowCount: number
}

/** What runs statements: the database itself, or a transaction in it. Values travel as `$n`, never in the text. */
export interface Queryable {
  /** @throws JourneysError with the server's error as `cause`. */
  query<R extends object = Row>(text: string, values?: unknown[]): Promise<QueryAnswer<R>>
}

/** A few pooled connections to one database. `end` it. */
export interface Database extends Queryable {
  /** host:port/database as user, without the password. */
  readonly label: string
  readonly isLoopback: boolean
  /** One transaction on one connection: committed when `work` returns, rolled back when it throws. */
  transaction<T>(work: (transaction: Queryable) => Promise<T>): Promise<T>
  /** The same, `READ ONLY` and with one snapshot: the server itself refuses every change. */
  readOnly<T>(work: (transaction: Queryable) => Promise<T>): Promise<T>
  /**
   * One connection outside any transaction, for what must be on one: a session's advisory lock, `set`, and statements that
   * refuse a transaction (`detach partition concurrently`). It is closed afterwards, and with it everything that was set or held.
   * @throws JourneysError `session_needed` (exit code 2) behind a pooler in transaction mode
   */
  session<T>(work: (session: Session) => Promise<T>): Promise<T>
  end(): Promise<void>
}

/** One connection of its own. */
export interface Session extends Queryable {
  /** A transaction on this very connection. */
  transaction<T>(work: (transaction: Queryable) => Promise<T>): Promise<T>
}

/** int8 as a number while that is exact, a date as its text: a JavaScript Date would move it by the time zone. */
const typeParsers: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (format === 'binary') return pg.types.getTypeParser(oid, 'binary')
    if (oid === pg.types.builtins.INT8) {
      return (text: string) => (Number.isSafeInteger(Number(text)) ? Number(text) : text)
    }
    if (oid === pg.types.builtins.DATE) return (text: string) => text
    return pg.types.getTypeParser(oid, 'text')
  },
} as pg.CustomTypesConfig

/**
 * Opens a database and proves that it answers.
 *
 * @throws JourneysError exit code 2 for a URL that cannot be used or asks for unverified TLS, 4 when the database cannot be
 *   reached or refuses the login. No message holds the password.
 */
export async function connect(databaseUrl: string, options: ConnectOptions = {}): Promise<Database> {
  const address = parseDatabaseUrl(databaseUrl)
  const pool = openPool(address, options)
  const fail = (error: unknown) => databaseError(error, address.label, address.isLoopback)
  try {
    const client = await pool.connect()
    client.release()
  } catch (error) {
    await pool.end()
    throw fail(error)
  }

  /** `work` says whether the connection may be used again. */
  async function withClient<T>(work: (client: pg.PoolClient, discard: () => void) => Promise<T>): Promise<T> {
    const client = await pool.connect().catch((error: unknown) => {
      throw fail(error)
    })
    // A client that loses its server while no statement runs emits 'error'; unheard, that would end the process.
    const lost = () => undefined
    client.on('error', lost)
    let isSpent = false
    try {
      return await work(client, () => {
        isSpent = true
      })
    } finally {
      client.off('error', lost)
      client.release(isSpent)
    }
  }

  async function inTransaction<T>(
    client: pg.PoolClient,
    begin: string,
    work: (transaction: Queryable) => Promise<T>,
    discard: () => void,
  ): Promise<T> {
    try {
      await run(client, begin)
      const result = await work({ query: (text, values) => run(client, text, values) })
      const { command } = await runRaw(client, 'commit')
      // After a swallowed error the server answers COMMIT with ROLLBACK, and says nothing else.
      if (command === 'ROLLBACK') {
        throw new JourneysError('transaction_aborted', 'The transaction was rolled back: a statement in it had failed')
      }
      return result
    } catch (error) {
      await client.query('rollback').catch(discard)
      throw fail(error)
    }
  }

  async function runRaw(client: pg.PoolClient | pg.Pool, text: string, values?: unknown[]): Promise<pg.QueryResult> {
    try {
      // Without values pg uses the simple protocol, which takes several statements in one text: migrations need that.
      return values === undefined ? await client.query(text) : await client.query(text, values)
    } catch (error) {
      throw fail(error)
    }
  }

  async function run<R extends object>(
    client: pg.PoolClient | pg.Pool,
    text: string,
    values?: unknown[],
  ): Promise<QueryAnswer<R>> {
    const result = await runRaw(client, text, values)
    return { rows: (result.rows ?? []) as R[], rowCount: result.rowCount ?? 0 }
  }

  return {
    label: address.label,
    isLoopback: address.isLoopback,
    query: (text, values) => run(pool, text, values),
    transaction: (work) => withClient((client, discard) => inTransaction(client, 'begin', work, discard)),
    readOnly: (work) =>
      withClient((client, discard) =>
        inTransaction(client, 'begin isolation level repeatable read read only', work, discard),
      ),
    session: async (work) => {
      requireSessions(address)
      return await withClient(async (client, discard) => {
        discard()
        return await work({
          query: (text, values) => run(client, text, values),
          transaction: (inner) => inTransaction(client, 'begin', inner, discard),
        })
      })
    },
    end: () => pool.end(),
  }
}

function openPool(address: DatabaseAddress, options: ConnectOptions): pg.Pool {
  const pool = new pg.Pool({
    host: address.host,
    port: address.port,
    user: address.user,
    password: address.password,
    database: address.database,
    ssl: address.ssl,
    options: address.options,
    application_name: options.applicationName ?? 'journeys',
    statement_timeout: options.statementTimeoutMs ?? 30_000,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 10_000,
    ...(options.answerTimeoutMs !== undefined && { query_timeout: options.answerTimeoutMs }),
    max: options.maxConnections ?? 4,
    keepAlive: true,
    // A forgotten `end` must not keep the process alive.
    allowExitOnIdle: true,
    types: typeParsers,
  })
  // An idle connection that the server closes is replaced at the next use; unheard, the event would end the process.
  pool.on('error', () => undefined)
  return pool
}
