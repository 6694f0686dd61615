import { setTimeout as sleep } from 'node:timers/promises'
import type { Queryable, Session } from '../../database/connection.ts'
import { JourneysError } from '../../errors.ts'
import { findUnfinished } from '../ledger.ts'

/** The server notices that a process was killed when its last statement ends, and a batch of an erasure is short. */
const tries = 4
const pauseMs = 100

/**
 * Takes the person's lock until the session ends. A lock of the database, not a column: it is gone with the process that held it.
 * @throws JourneysError `erasure_running`, with who and since when
 */
export async function lockPerson(session: Session, userId: string): Promise<void> {
  for (let attempt = 1; attempt <= tries; attempt += 1) {
    const { rows } = await session.query<{ locked: boolean }>(
      "select pg_try_advisory_lock(hashtextextended('journeys:erasure:' || lower($1), 0)) as locked",
      [userId],
    )
    if (rows[0]?.locked === true) return
    if (attempt < tries) await sleep(pauseMs)
  }
  throw await running(session, userId)
}

interface Holder {
  pid: number
  since: Date
  address: string | null
}

async function running(queryable: Queryable, userId: string): Promise<JourneysError> {
  const entry = await findUnfinished(queryable, userId)
  const { rows } = await queryable.query<Holder>(
    // A lock with one bigint key shows its halves.
    `select a.pid, a.backend_start as since, host(a.client_addr) as address
     from pg_catalog.pg_locks l join pg_catalog.pg_stat_activity a on a.pid = l.pid
     where l.locktype = 'advisory' and l.granted and l.objsubid = 1
       and l.database = (select oid from pg_catalog.pg_database where datname = current_database())
       and (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended('journeys:erasure:' || lower($1), 0)`,
    [userId],
  )
  const [holder] = rows
  const who = entry === undefined ? 'somebody' : `${entry.actor}, as ${entry.id}`
  const since = holder === undefined ? '' : ` since ${holder.since.toISOString().slice(0, 19).replace('T', ' ')} UTC`
  return new JourneysError('erasure_running', 'This person is being erased right now; nothing was changed', {
    detail: [
      `by ${who}${since}`,
      ...(holder === undefined ? [] : [`database session ${holder.pid} from ${holder.address ?? 'the same machine'}`]),
    ].join('\n'),
    hint:
      entry === undefined ? 'wait for it, then: journeys gdpr status' : `wait for it: journeys gdpr status ${entry.id}`,
  })
}
