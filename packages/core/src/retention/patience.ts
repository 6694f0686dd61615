import type { Queryable } from '../database/connection.ts'
import { isTransient, type RetryOptions, retryTransient } from '../database/retry.ts'
import { JourneysError } from '../errors.ts'

/** Every try holds others up for as long as lock_timeout at most; together they wait most of a minute. */
const retry: RetryOptions = { attempts: 40, firstPauseMs: 20, longestPauseMs: 2000 }

/**
 * Tries again, with jitter, whatever only lost a race for a lock.
 * @throws JourneysError `retention_locked` when it never got it, with who holds what
 */
export async function withPatience<T>(
  queryable: Queryable,
  work: () => Promise<T>,
  { onWait, signal }: { onWait?: ((who: string) => void) | undefined; signal?: AbortSignal | undefined } = {},
): Promise<T> {
  try {
    return await retryTransient(work, {
      ...retry,
      signal,
      onRetry: (attempt) => {
        // The first tries lose against somebody's ordinary transaction: nothing to tell.
        if (attempt % 5 === 0 && onWait)
          void findHolder(queryable).then(
            (who) => onWait(who ?? 'somebody'),
            () => undefined,
          )
      },
    })
  } catch (error) {
    if (!isTransient(error)) throw error
    const who = await findHolder(queryable).catch(() => undefined)
    throw new JourneysError(
      'retention_locked',
      'The journal could not be locked for a moment, however often it was tried',
      {
        detail: who === undefined ? 'whoever held it has ended by now' : `held by ${who}`,
        hint: 'end that session or wait for it, then: journeys retention run --confirm',
        cause: error,
      },
    )
  }
}

/** The oldest transaction that holds a lock on the journal, one of its months, or auth.users. */
async function findHolder(queryable: Queryable): Promise<string | undefined> {
  const { rows } = await queryable.query<{ who: string }>(
    `select format('%s (pid %s, transaction open for %s s)', coalesce(nullif(a.application_name, ''), a.backend_type), a.pid,
              round(extract(epoch from clock_timestamp() - a.xact_start))) as who
     from pg_catalog.pg_stat_activity a
     where a.xact_start is not null and a.pid <> pg_backend_pid() and a.datname = current_database()
       and a.application_name <> 'journeys retention'
       and exists (
         select from pg_catalog.pg_locks l
         where l.pid = a.pid and l.locktype = 'relation' and l.granted and l.relation in (
           select 'auth.users'::regclass union all select 'public.journal_entries'::regclass
           union all select p.partition_id from private.journal_partitions() p
         )
       )
     order by a.xact_start
     limit 1`,
  )
  return rows[0]?.who
}
