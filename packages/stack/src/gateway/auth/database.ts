import pg from 'pg'
import { isUnavailable, openServiceDatabase } from '../service-database.ts'
import { AuthError } from './error.ts'
import { keptAccount } from './kept-account.ts'

/** Something that runs a statement: the pool, or one connection inside a transaction. */
export interface Queryable {
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<pg.QueryResult<Row>>
}

export interface AuthDatabase extends Queryable {
  /** Commits what `work` did when it resolves, undoes it when it rejects. */
  transaction<Result>(work: (connection: Queryable) => Promise<Result>): Promise<Result>
  end(): Promise<void>
}

/**
 * Connections as `supabase_auth_admin`. Each is opened when needed, so a database that went away and came back is found again without
 * help. A failure that the client should know of rejects with an AuthError: 503 unreachable, 504 too slow, 409 locked or kept, 400 bad value.
 */
export function openAuthDatabase(url: string): AuthDatabase {
  const database = openServiceDatabase(url, 'journeys-auth', refusal)
  return {
    query: database.query,
    transaction: (work) =>
      database.transaction(
        (client) => work({ query: (text, values) => client.query(text, values) }),
        (client) => client.query('commit'),
      ),
    end: database.end,
  }
}

function refusal(error: unknown): never {
  if (error instanceof pg.DatabaseError) throw fromSqlState(error)
  // Faults of our own keep their type; what else comes out of pg has lost its connection.
  if (error instanceof AuthError || error instanceof TypeError || error instanceof RangeError) throw error
  throw unavailable(error)
}

function fromSqlState(error: pg.DatabaseError): Error {
  const state = error.code ?? ''
  if (isUnavailable(error)) return unavailable(error)
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
  return keptAccount(error) ?? error
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
