import { setTimeout as sleep } from 'node:timers/promises'
import type { Queryable } from '../database/connection.ts'
import { JourneysError } from '../errors.ts'

/** Somebody else's run. */
export interface OtherRun {
  /** `journeys as postgres from 10.0.0.7` */
  who: string
  since: Date
}

/** Long enough for a server to notice that the client of a killed run is gone. */
const shortWaitMs = 3000

/**
 * Takes the lock of retention for the session: one run at a time in a database, `cleanup_old_data()` included.
 * @throws JourneysError `retention_running`, with who and since when, when another run goes on and `wait` is not set
 */
export async function takeRetentionLock(
  session: Queryable,
  { wait, onWait, signal }: { wait: boolean; onWait?: (other: OtherRun) => void; signal?: AbortSignal | undefined },
): Promise<void> {
  const started = performance.now()
  for (;;) {
    const { rows } = await session.query<{ taken: boolean }>(
      'select pg_try_advisory_lock(private.retention_lock()) as taken',
    )
    if (rows[0]?.taken) return
    const other = await findOtherRun(session)
    if (!wait && performance.now() - started > shortWaitMs) {
      throw new JourneysError('retention_running', 'Another run of retention is under way', {
        ...(other && { detail: `${other.who}, since ${other.since.toISOString()}` }),
        hint: 'wait for it to end, or let this one wait: journeys retention run --confirm --wait',
      })
    }
    if (other) onWait?.(other)
    await sleep(200, undefined, signal ? { signal } : {})
  }
}

/** Lets go of it now: the end of the connection does so a moment later. */
export async function releaseRetentionLock(session: Queryable): Promise<void> {
  await session.query('select pg_advisory_unlock(private.retention_lock())').catch(() => undefined)
}

/** Who holds the lock; undefined when nobody does any more. */
export async function findOtherRun(queryable: Queryable): Promise<OtherRun | undefined> {
  const { rows } = await queryable.query<OtherRun>(
    `select concat_ws(' ', coalesce(nullif(a.application_name, ''), 'a session'), 'as ' || a.usename,
              'from ' || coalesce(host(a.client_addr), 'the server itself')) as who,
            coalesce(a.xact_start, a.backend_start) as since
     from pg_catalog.pg_locks l
     join pg_catalog.pg_stat_activity a on a.pid = l.pid
     where l.locktype = 'advisory' and l.granted and l.objsubid = 1
       and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = current_database())
       and (l.classid::bigint << 32 | l.objid::bigint) = private.retention_lock()
       and l.pid <> pg_backend_pid()`,
  )
  return rows[0]
}
