import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'

const CONNECTIONS = 10
const CONNECT_MS = 5000
const STATEMENT_MS = 10_000
const LOCK_MS = 5000
const END_MS = 1000

/** A service's own connections to the database. What fails is told by `refuse`, in the service's words. */
export interface ServiceDatabase {
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<pg.QueryResult<Row>>
  /** Runs `work`, then `end`, between `begin` and what `end` does; undoes everything when either rejects. */
  transaction<Result>(
    work: (client: pg.PoolClient) => Promise<Result>,
    end: (client: pg.PoolClient) => Promise<unknown>,
  ): Promise<Result>
  end(): Promise<void>
}

/**
 * Each connection is opened when needed, so a database that went away and came back is found again without help.
 * @param refuse throws what the service's client should see
 */
export function openServiceDatabase(
  url: string,
  applicationName: string,
  refuse: (error: unknown) => never,
): ServiceDatabase {
  const pool = new pg.Pool({
    connectionString: url,
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    application_name: applicationName,
    // The client's own timeout is for a server that says nothing at all (stopped, not killed).
    query_timeout: STATEMENT_MS + 2000,
    options: `-c statement_timeout=${STATEMENT_MS} -c lock_timeout=${LOCK_MS} -c timezone=UTC`,
  })
  // An idle connection that dies (the server was stopped) is reported here; unheard, it would end the process.
  pool.on('error', () => undefined)

  return {
    query: (text, values) => pool.query(text, values).catch(refuse),
    transaction: async (work, end) => {
      const client = await pool.connect().catch(refuse)
      // While it is lent, a connection reports its own end to its borrower, through the running query and through this event.
      const ignore = () => undefined
      client.on('error', ignore)
      let broken = false
      try {
        await client.query('begin')
        const result = await work(client)
        await end(client)
        return result
      } catch (error) {
        broken = await client.query('rollback').then(
          () => false,
          () => true,
        )
        return refuse(error)
      } finally {
        client.removeListener('error', ignore)
        client.release(broken)
      }
    },
    // A connection that is still lent to a statement holds up the pool's end; the statement's own timeout is longer than anybody waits.
    end: () => Promise.race([pool.end(), sleep(END_MS, undefined, { ref: false })]),
  }
}

// Connection lost (08), refused to this role (28), no such database (3D), too many (53300), closed to connections (55000), shutting
// down or starting up (57P).
const unavailableStates = /^(08|28|3D|57P|53300|55000)/

/** The server cannot be reached, or takes nobody now. */
export function isUnavailable({ code = '' }: pg.DatabaseError): boolean {
  return unavailableStates.test(code)
}
