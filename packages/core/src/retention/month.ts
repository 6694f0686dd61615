import type { Queryable } from '../database/connection.ts'

/** `held`: of a person under a legal hold or a restriction; `erasure`: of one who is just being erased; `restored`: brought back. */
export type MonthObstacle = 'held' | 'erasure' | 'restored'

/** A month of the journal as the catalog has it: by its bounds, whatever its name says. */
export interface Month {
  /** The partition's name, without the schema. */
  name: string
  /** As SQL writes it: partitions.journal_entries_2022_11 */
  table: string
  oid: number
  /** First day; null: open. */
  from: string | null
  /** The day after the last one. */
  to: string
  /** Its detach began and did not end: queries do not see it any more. */
  pending: boolean
  obstacle: MonthObstacle | null
}

/** The months that are wholly past the edge, oldest first. */
export async function readExpiredMonths(queryable: Queryable, edge: string | null): Promise<Month[]> {
  const { rows } = await queryable.query<Month>(
    `select p.partition_name as name, format('%I.%I', n.nspname, c.relname) as "table", p.partition_id as oid, p.lower_bound as "from",
            p.upper_bound as "to", p.detach_pending as pending,
            case when private.is_restored(p.partition_name) then 'restored'
                 else private.month_obstacle(p.partition_id::regclass) end as obstacle
     from private.journal_partitions() p
     join pg_catalog.pg_class c on c.oid = p.partition_id
     join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where p.upper_bound <= $1::date
     order by p.upper_bound`,
    [edge],
  )
  return rows
}

/** The partition whose detach began and did not end, whatever its bounds: a table has one at most. */
export async function readPendingMonth(queryable: Queryable): Promise<Omit<Month, 'obstacle'> | undefined> {
  const { rows } = await queryable.query<Omit<Month, 'obstacle'>>(
    `select p.partition_name as name, format('%I.%I', n.nspname, c.relname) as "table", p.partition_id as oid, p.lower_bound as "from",
            p.upper_bound as "to", p.detach_pending as pending
     from private.journal_partitions() p
     join pg_catalog.pg_class c on c.oid = p.partition_id
     join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where p.detach_pending`,
  )
  return rows[0]
}

/** Months that were detached and not yet moved to `retired`, because their run died in between. */
export async function readDetachedMonths(queryable: Queryable): Promise<{ name: string; oid: number }[]> {
  const { rows } = await queryable.query<{ name: string; oid: number }>(
    `select r.name, c.oid
     from private.retired_partitions r
     join pg_catalog.pg_class c on c.relname = r.name and c.relkind = 'r' and not c.relispartition
     join pg_catalog.pg_namespace n on n.oid = c.relnamespace and n.nspname = 'partitions'
     where r.state = 'detaching'
     order by r.upper_bound`,
  )
  return rows
}
