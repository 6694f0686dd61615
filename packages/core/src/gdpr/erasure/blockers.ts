import type { Database, Session } from '../../database/connection.ts'
import { sqlState } from '../../database/database-error.ts'
import { retryTransient } from '../../database/retry.ts'
import { JourneysError } from '../../errors.ts'

/** Longer than any request that the API answers; who holds a row for longer is named, not waited for. */
export const lockTimeoutMs = 1500
const attempts = 5
/** Nobody who waits for less is looked into. */
const lookAfterMs = 500

/** One connection that works, and others that can look at what it waits for. */
export interface Connections {
  database: Database
  session: Session
}

const pids = new WeakMap<Session, number>()

/**
 * Again while somebody else holds a lock; then an error that says who.
 * @param work a transaction of the session, with a `lock_timeout`
 * @throws JourneysError `erasure_blocked`
 */
export async function unlessBlocked<T>({ database, session }: Connections, work: () => Promise<T>): Promise<T> {
  const pid = await pidOf(session)
  let who = ''
  const watch = setInterval(async () => {
    who = (await describeBlockers(database, pid).catch(() => '')) || who
  }, lookAfterMs)
  try {
    return await retryTransient(work, { attempts })
  } catch (error) {
    if (sqlState(error) !== '55P03') throw error
    throw new JourneysError('erasure_blocked', "Another session holds a lock on this person's rows", {
      detail: [who, `waited for it ${attempts} times, ${lockTimeoutMs} ms each`].filter(Boolean).join('\n'),
      hint: 'end that session, or wait until its transaction is over',
      cause: error,
    })
  } finally {
    clearInterval(watch)
  }
}

async function pidOf(session: Session): Promise<number> {
  const known = pids.get(session)
  if (known !== undefined) return known
  const { rows } = await session.query<{ pid: number }>('select pg_backend_pid() as pid')
  const pid = rows[0]?.pid ?? 0
  pids.set(session, pid)
  return pid
}

/** `session 4711 (metabase), idle in transaction since 12 s`. What it runs is not said: a statement may hold data. */
async function describeBlockers(database: Database, pid: number): Promise<string> {
  const { rows } = await database.query<{ pid: number; name: string; state: string; seconds: number }>(
    `select a.pid, coalesce(nullif(a.application_name, ''), a.usename::text, '?') as name, coalesce(a.state, '?') as state,
       extract(epoch from clock_timestamp() - a.xact_start)::int as seconds
     from pg_catalog.pg_stat_activity a where a.pid = any (pg_blocking_pids($1::int)) order by a.xact_start`,
    [pid],
  )
  return rows
    .map(
      ({ pid: blocker, name, state, seconds }) =>
        `session ${blocker} (${name}), ${state}, in a transaction since ${seconds} s`,
    )
    .join('\n')
}
