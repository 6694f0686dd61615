import type { Database } from '../database/connection.ts'
import { sqlIdentifier } from '../database/identifier.ts'

/** A month of the journal that is wholly older than the retention edge. */
export interface ExpiredPartition {
  /** schema.table */
  table: string
  /** First day, YYYY-MM-DD. */
  from: string | null
  /** First day after it, YYYY-MM-DD. */
  to: string
  rows: number
  /** With indexes. */
  bytes: number
}

export interface RetentionPlan {
  /** YYYY-MM-DD: the oldest day that is kept. The database decides it (`private.retention_edge`). */
  edge: string
  /** Dropped whole, oldest first. Judged by their real bounds, not by their names. */
  partitions: ExpiredPartition[]
  /** Entries older than the edge in months that stay. */
  boundary: { rows: number }
  /** All entries that would go. */
  rows: number
  /** When the last successful run ended. */
  lastRun: Date | null
}

/** What `runRetention` would delete, in a READ ONLY transaction. */
export async function planRetention(database: Database): Promise<RetentionPlan> {
  return await database.readOnly(async (transaction) => {
    const { rows: edges } = await transaction.query<{ edge: string; lastRun: Date | null }>(
      `select private.retention_edge() as edge,
              (select max(finished_at) from private.retention_runs where error is null) as "lastRun"`,
    )
    const edge = edges[0]?.edge ?? ''
    const { rows: expired } = await transaction.query<
      Omit<ExpiredPartition, 'rows' | 'table'> & { schema: string; name: string }
    >(
      `select n.nspname as schema, c.relname as name, p.lower_bound as from, p.upper_bound as to,
              pg_catalog.pg_total_relation_size(c.oid) as bytes
       from private.journal_partitions() p
       join pg_catalog.pg_class c on c.oid = p.partition_id
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
       where p.upper_bound <= $1::date
       order by p.upper_bound`,
      [edge],
    )
    const partitions: ExpiredPartition[] = []
    for (const { schema, name, ...partition } of expired) {
      const { rows } = await transaction.query<{ count: number }>(
        `select count(*) as count from ${sqlIdentifier(schema, name)}`,
      )
      partitions.push({ table: `${schema}.${name}`, ...partition, rows: rows[0]?.count ?? 0 })
    }
    const { rows: old } = await transaction.query<{ count: number }>(
      'select count(*) as count from public.journal_entries where date < $1::date',
      [edge],
    )
    const rows = old[0]?.count ?? 0
    const inPartitions = partitions.reduce((sum, partition) => sum + partition.rows, 0)
    return { edge, partitions, boundary: { rows: rows - inPartitions }, rows, lastRun: edges[0]?.lastRun ?? null }
  })
}
