import type { Queryable, Session } from '../database/connection.ts'
import { sqlIdentifier } from '../database/identifier.ts'
import type { Month } from './month.ts'
import { withPatience } from './patience.ts'
import type { EndStep } from './record.ts'

export interface Patience {
  /** Where to look who holds what, while the session waits. */
  lookout: Queryable
  onWait?: ((who: string) => void) | undefined
  signal?: AbortSignal | undefined
}

/**
 * Takes a month off the journal while people read and write it. What the statement locks (measured in pg_locks, Postgres 15):
 * the journal in SHARE UPDATE EXCLUSIVE, which nobody waits for who reads or writes; then, when nobody uses the month any more, the month itself;
 * and at the very end auth.users in SHARE ROW EXCLUSIVE, because the foreign key becomes one of its own: sign-ins wait for that, readers
 * and writers of the journal do not. lock_timeout bounds it. Given up half-way, it is pending, and finalised by the next try.
 */
export async function detachMonth(session: Session, month: Month, patience: Patience): Promise<void> {
  await session.query('select private.note_detaching($1, $2, $3)', [month.name, month.from, month.to])
  await withPatience(
    patience.lookout,
    async () => {
      const attached = await session.query<{ pending: boolean; schema: string }>(
        `select i.inhdetachpending as pending, n.nspname as schema
         from pg_catalog.pg_inherits i
         join pg_catalog.pg_class c on c.oid = i.inhrelid
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         where i.inhrelid = $1::oid and i.inhparent = 'public.journal_entries'::regclass`,
        [month.oid],
      )
      const [found] = attached.rows
      if (found === undefined) return
      const partition = sqlIdentifier(found.schema, month.name)
      // No parameters: in the extended protocol the server would take it for part of a transaction's pipeline.
      await session.query(
        `alter table public.journal_entries detach partition ${partition} ${found.pending ? 'finalize' : 'concurrently'}`,
      )
    },
    patience,
  )
}

/** Moves a detached month to `retired` and starts its grace period. */
export async function retireMonth(
  session: Session,
  run: number,
  month: { name: string; oid: number },
  end: EndStep,
  patience: Patience,
): Promise<void> {
  await withPatience(
    patience.lookout,
    () =>
      session.transaction(async (transaction) => {
        const retired = await transaction.query<{ name: string }>(
          'select private.retire_month($1, $2::oid::regclass) as name',
          [month.name, month.oid],
        )
        const { rows } = await transaction.query<Record<string, unknown> & { rows: number }>(
          `select name, lower_bound as "from", upper_bound as "to", rows, rows_estimated as "rowsEstimated", bytes,
                  drop_after as "dropAfter"
           from private.retired_partitions where name = $1 and state = 'retired'`,
          [retired.rows[0]?.name],
        )
        await transaction.query('update private.retention_runs set rows_deleted = rows_deleted + $2 where id = $1', [
          run,
          rows[0]?.rows ?? 0,
        ])
        await end(transaction, rows[0])
      }),
    patience,
  )
}

/**
 * Drops a retired month for good. The end of its foreign key locks auth.users against everybody for a millisecond, under lock_timeout; the table then
 * concerns nobody.
 * @returns false: it stays, because it holds rows of somebody who is under a legal hold or restricted
 */
export async function dropMonth(
  session: Session,
  run: number,
  name: string,
  end: EndStep,
  patience: Patience,
): Promise<boolean> {
  const isFree = await withPatience(
    patience.lookout,
    async () => {
      const { rows } = await session.query<{ free: boolean }>('select private.unlink_month($1) as free', [name])
      return rows[0]?.free === true
    },
    patience,
  )
  if (!isFree) return false
  await withPatience(
    patience.lookout,
    () =>
      session.transaction(async (transaction) => {
        await transaction.query('select private.drop_month($1)', [name])
        await transaction.query(
          'update private.retention_runs set partitions_dropped = array_append(partitions_dropped, $2) where id = $1',
          [run, name],
        )
        await end(transaction)
      }),
    patience,
  )
  return true
}
