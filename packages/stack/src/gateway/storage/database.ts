import pg from 'pg'
import { isUnavailable, openServiceDatabase } from '../service-database.ts'
import type { Caller } from './caller.ts'
import { refusal, StorageError } from './error.ts'

/** One transaction, whose statements run as the caller that was named last. */
export interface StorageTransaction {
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<pg.QueryResult<Row>>
  /** Goes on as somebody else, within the same transaction. */
  become(caller: Caller): Promise<void>
}

export interface StorageDatabase {
  /**
   * Runs `work` as the caller, with their claims, so that row-level security decides: committed when it resolves, undone when it
   * rejects.
   * @param operation what policies read with `storage.operation()`
   * @throws StorageError; `OutcomeUnknown` when the connection was lost while committing
   */
  as<Result>(
    caller: Caller,
    operation: string,
    work: (transaction: StorageTransaction) => Promise<Result>,
  ): Promise<Result>
  /** Whether the caller could do this: done, and undone whatever comes of it. */
  probe(caller: Caller, operation: string, work: (transaction: StorageTransaction) => Promise<unknown>): Promise<void>
  /** As Storage's own role, the tables' owner, without a transaction. */
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<pg.QueryResult<Row>>
  end(): Promise<void>
}

/** The transaction may or may not have been committed: whoever comes next has to look. */
export class OutcomeUnknown extends StorageError {
  constructor(cause: unknown) {
    const { statusCode, code, error, message, httpStatus } = unavailable(cause)
    super(statusCode, code, error, message, { httpStatus, cause })
  }
}

/** Connections as `supabase_storage_admin`. */
export function openStorageDatabase(url: string): StorageDatabase {
  const database = openServiceDatabase(url, 'journeys-storage', refuse)

  function transact<Result>(
    caller: Caller,
    operation: string,
    work: (transaction: StorageTransaction) => Promise<Result>,
    end: 'commit' | 'rollback',
  ): Promise<Result> {
    return database.transaction(
      async (client) => {
        await become(client, caller, operation)
        return work({
          query: (text, values) => client.query(text, values),
          become: async (other) => void (await become(client, other, operation)),
        })
      },
      (client) =>
        client.query(end).catch((error: unknown) => {
          // The server's own answer says that nothing was committed; anything else leaves it open.
          throw error instanceof pg.DatabaseError ? error : new OutcomeUnknown(error)
        }),
    )
  }

  return {
    as: (caller, operation, work) => transact(caller, operation, work, 'commit'),
    probe: async (caller, operation, work) => {
      await transact(caller, operation, work, 'rollback')
    },
    query: database.query,
    end: database.end,
  }
}

// The role last: a caller's role may not read its own settings back, but nothing stops an earlier one from being set.
function become(client: pg.PoolClient, caller: Caller, operation: string) {
  return client.query(
    `select set_config('request.jwt.claims', $1, true), set_config('storage.operation', $2, true),
            set_config('storage.allow_delete_query', 'true', true), set_config('role', $3, true)`,
    [JSON.stringify(caller.claims), operation, caller.role],
  )
}

function refuse(error: unknown): never {
  if (error instanceof pg.DatabaseError) throw fromSqlState(error)
  // Faults of our own keep their type; what else comes out of pg has lost its connection.
  if (error instanceof StorageError || error instanceof TypeError || error instanceof RangeError) throw error
  throw unavailable(error)
}

function fromSqlState(error: pg.DatabaseError): Error {
  const state = error.code ?? ''
  if (isUnavailable(error) || state === '57014') return unavailable(error)
  switch (state) {
    case '42501':
      // The message names the table, and which rule of it is nobody's business.
      return refusal.denied(
        error.message.includes('row-level security') ? 'new row violates row-level security policy' : error.message,
        error,
      )
    case '23505':
      return refusal.exists('ResourceAlreadyExists', error)
    case '23503':
      return refusal.noRelated(error)
    case '55P03':
    case '40P01':
    case '40001':
      return new StorageError(423, 'ResourceLocked', 'ResourceLocked', 'The resource is locked', { cause: error })
    case '22P02':
    case '22021':
    case '22P05':
      return new StorageError(400, 'InvalidParameter', 'InvalidParameter', 'Invalid value', { cause: error })
    default:
      return new StorageError(500, 'DatabaseError', 'DatabaseError', `database error, code: ${state}`, { cause: error })
  }
}

function unavailable(cause: unknown) {
  const message = 'The connection to the database timed out'
  return new StorageError(544, 'DatabaseTimeout', 'DatabaseTimeout', message, { httpStatus: 544, cause })
}
