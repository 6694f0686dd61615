import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { AuthError } from './error.ts'

/** Something that runs a statement: the pool, or one connection inside a transaction. */
export interface Queryable {
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<pg.QueryResult<Row>>
}

export interface AuthDatabase extends Queryable {
  /** Commits what `work` did when it resolves, undoes it when it rejects. */
  transaction<Result>(work: (connection: Queryable) => Promise<Result>): Promise<Result>
  end(): Promise<void>
}

const CONNECTIONS = 10
const CONNECT_MS = 5000
const STATEMENT_MS = 10_000
const LOCK_MS = 5000
const END_MS = 1000

/**
 * Connections as `supabase_auth_admin`. Each is opened when needed, so a database that went away and came back is found again without
 * help. A failure that the client should know of rejects with an AuthError: 503 unreachable, 504 too slow, 409 locked, 400 bad value.
 */
export function openAuthDatabase(url: string): AuthDatabase {
  const pool = new pg.Pool({
    connectionString: url,
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    application_name: 'journeys-auth',
    // The client's own timeout is for a server that says nothing at all (stopped, not killed).
    query_timeout: STATEMENT_MS + 2000,
    options: `-c statement_timeout=${STATEMENT_MS} -c lock_timeout=${LOCK_MS} -c timezone=UTC`,
  })
  // An idle connection that dies (the server was stopped) is reported here; unheard, it would end the process.
  pool.on('error', () => undefined)

  return {
    query: (text, values) => pool.query(text, values).catch(refusal),
    transaction: async (work) => {
      const client = await pool.connect().catch(refusal)
      // While it is lent, a connection reports its own end to its borrower, through the running query and through this event.
      const ignore = () => undefined
      client.on('error', ignore)
      let broken = false
      try {
        await client.query('begin')
        const result = await work({ query: (text, values) => client.query(text, values) })
        await client.query('commit')
        return result
      } catch (error) {
        broken = await client.query('rollback').then(
          () => false,
          () => true,
        )
        return refusal(error)
      } finally {
        client.removeListener('error', ignore)
        client.release(broken)
      }
    },
    // A connection that is still lent to a statement holds up the pool's end; the statement's own timeout is longer than anybody waits.
    end: () => Promise.race([pool.end(), sleep(END_MS, undefined, { ref: false })]),
  }
}

function refusal(error: unknown): never {
  if (error instanceof pg.DatabaseError) throw fromSqlState(error)
  // Faults of our own keep their type; what else comes out of pg has lost its connection.
  if (error instanceof AuthError || error instanceof TypeError || error instanceof RangeError) throw error
  throw unavailable(error)
}

// Connection lost (08), refused to this role (28), no such database (3D), too many (53300), closed to connections (55000), shutting
// down or starting up (57P).
const unavailableStates = /^(08|28|3D|57P|53300|55000)/

function fromSqlState(error: pg.DatabaseError): Error {
  const state = error.code ?? ''
  if (unavailableStates.test(state)) return unavailable(error)
  if (state === '57014') {
    const message = 'Processing this request timed out, please retry after a moment.'
    return new AuthError(504, 'request_timeout', message, { cause: error })
  }
  if (state === '55P03' || state === '40P01' || state === '40001') {
    return new AuthError(409, 'conflict', 'Too many concurrent requests on the same user or session', { cause: error })
  }
  // Values that no column can hold: a NUL, half a surrogate pair, JSON nested too deeply.
  if (state.startsWith('22') || state.startsWith('54')) {
    return new AuthError(400, 'validation_failed', 'A value in the request cannot be stored', { cause: error })
  }
  return error
}

function unavailable(cause: unknown) {
  return new AuthError(503, 'unexpected_failure', 'The database is not available, please retry after a moment.', {
    retryAfter: 1,
    cause,
  })
}

/** True for the violation of this unique constraint or index. */
export function isDuplicate(error: unknown, constraint: string): boolean {
  return error instanceof pg.DatabaseError && error.code === '23505' && error.constraint === constraint
}
