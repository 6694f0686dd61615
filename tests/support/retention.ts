import pg from 'pg'
import { afterEach, beforeEach, expect } from 'vitest'
import { defaultConfig } from '../../packages/core/src/config/schema.ts'
import { connect, type Database } from '../../packages/core/src/database/connection.ts'
import type { RetentionOutcome } from '../../packages/core/src/retention/outcome.ts'
import { type RetentionOptions, runRetention } from '../../packages/core/src/retention/run.ts'
import { createTestDatabase, createUser, type TestDatabase } from './database.ts'

export const { retention: config } = defaultConfig()

/** A database of its own for every test of a file, and what tests of retention do with it. */
export interface RetentionBed {
  target: TestDatabase
  /** As the command has it. */
  database: Database
  /** Another session, as `postgres`. */
  admin: pg.Client
}

export function useRetentionBed(): RetentionBed {
  const bed = {} as RetentionBed
  beforeEach(async () => {
    bed.target = await createTestDatabase()
    bed.database = await connect(bed.target.url)
    bed.admin = new pg.Client({ connectionString: bed.target.url })
    await bed.admin.connect()
  })
  afterEach(async () => {
    await bed.admin.end()
    await bed.database.end()
    await bed.target.drop()
  })
  return bed
}

export function run(bed: RetentionBed, options: Partial<RetentionOptions> = {}): Promise<RetentionOutcome[]> {
  return runRetention(bed.database, { config, actor: 'test', ...options })
}

/** A run that had nothing to finish first. */
export async function once(bed: RetentionBed, options: Partial<RetentionOptions> = {}): Promise<RetentionOutcome> {
  const outcomes = await run(bed, options)
  expect(outcomes).toHaveLength(1)
  return outcomes[0] as RetentionOutcome
}

/** The first column of the first row. */
export async function value<T>(bed: RetentionBed, sql: string, values: unknown[] = []): Promise<T> {
  const { rows } = await bed.admin.query({ text: sql, values, rowMode: 'array' })
  return rows[0]?.[0] as T
}

/** Two months of years ago, one with a misleading name, and some days of the month that the edge falls into. */
export async function age(bed: RetentionBed): Promise<{ user: string; boundary: number; recent: number }> {
  const user = await createUser(bed.target)
  await bed.admin.query(`
    create table partitions.ancient partition of public.journal_entries
      for values from ('2019-01-01') to ('2019-02-01');
    create table partitions.journal_entries_2999_01 partition of public.journal_entries
      for values from ('2019-02-01') to ('2019-03-01')`)
  await bed.admin.query(
    `insert into public.journal_entries (user_id, date, reflection)
     select $1, day, 'x' from unnest(array['2019-01-05', '2019-01-06', '2019-02-07']::date[]) day`,
    [user],
  )
  const written = await bed.admin.query(
    `insert into public.journal_entries (user_id, date, reflection)
     select $1, day::date, 'x' from generate_series(date_trunc('month', private.retention_edge()::timestamp), current_date, '1 day') day
     returning date < private.retention_edge() as old`,
    [user],
  )
  const boundary = written.rows.filter(({ old }) => old).length
  return { user, boundary, recent: written.rows.length - boundary }
}
