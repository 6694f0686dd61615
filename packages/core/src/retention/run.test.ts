import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createTestDatabase, createUser, type TestDatabase } from '../../../../tests/support/database.ts'
import { connect, type Database } from '../database/connection.ts'
import { planRetention } from './plan.ts'
import { runRetention } from './run.ts'

let target: TestDatabase
let database: Database
let admin: pg.Client
beforeEach(async () => {
  target = await createTestDatabase()
  database = await connect(target.url)
  admin = new pg.Client({ connectionString: target.superuserUrl })
  await admin.connect()
})
afterEach(async () => {
  await admin.end()
  await database.end()
  await target.drop()
})

/** Two months of three years ago, one with a misleading name, and some days of the month that the edge falls into. */
async function age(): Promise<{ boundary: number; recent: number }> {
  const user = await createUser(target)
  await admin.query(`
    create table partitions.ancient partition of public.journal_entries
      for values from ('2019-01-01') to ('2019-02-01');
    create table partitions.journal_entries_2999_01 partition of public.journal_entries
      for values from ('2019-02-01') to ('2019-03-01')`)
  await admin.query(
    `insert into public.journal_entries (user_id, date, reflection)
     select $1, day, 'x' from unnest(array['2019-01-05', '2019-01-06', '2019-02-07']::date[]) day`,
    [user],
  )
  const written = await admin.query(
    `insert into public.journal_entries (user_id, date, reflection)
     select $1, day::date, 'x' from generate_series(date_trunc('month', private.retention_edge()::timestamp), current_date, '1 day') day
     returning date < private.retention_edge() as old`,
    [user],
  )
  const boundary = written.rows.filter(({ old }) => old).length
  return { boundary, recent: written.rows.length - boundary }
}

test('with nothing that old there is nothing to do', async () => {
  const plan = await planRetention(database)
  expect(plan).toMatchObject({ partitions: [], boundary: { rows: 0 }, rows: 0, lastRun: expect.any(Date) })
  expect(plan.edge).toMatch(/^\d{4}-\d\d-\d\d$/)
  expect(await runRetention(database)).toEqual({
    edge: plan.edge,
    rowsDeleted: 0,
    partitionsDropped: [],
    partitionsCreated: [],
  })
})

test('the plan says what would go, by real bounds; the run deletes exactly that', async () => {
  const { boundary, recent } = await age()
  const plan = await planRetention(database)
  expect(plan.partitions).toEqual([
    { table: 'partitions.ancient', from: '2019-01-01', to: '2019-02-01', rows: 2, bytes: expect.any(Number) },
    {
      table: 'partitions.journal_entries_2999_01',
      from: '2019-02-01',
      to: '2019-03-01',
      rows: 1,
      bytes: expect.any(Number),
    },
  ])
  expect(plan).toMatchObject({ boundary: { rows: boundary }, rows: boundary + 3 })
  expect(await planRetention(database)).toEqual(plan)

  expect(await runRetention(database)).toEqual({
    edge: plan.edge,
    rowsDeleted: boundary + 3,
    partitionsDropped: ['ancient', 'journal_entries_2999_01'],
    partitionsCreated: [],
  })
  const { rows } = await admin.query('select count(*)::int as count from public.journal_entries')
  expect(rows).toEqual([{ count: recent }])
  const after = await planRetention(database)
  expect(after).toMatchObject({ partitions: [], rows: 0 })
  expect(after.lastRun?.getTime()).toBeGreaterThan(plan.lastRun?.getTime() ?? 0)
})

test('two at once: one does the work, the other finds nothing left', async () => {
  const { boundary } = await age()
  const results = await Promise.all([runRetention(database), runRetention(database)])
  expect(results.map(({ rowsDeleted }) => rowsDeleted).sort((a, b) => a - b)).toEqual([0, boundary + 3])
})

test('a run that is cut off leaves everything as it was, and its error behind', async () => {
  await age()
  const plan = await planRetention(database)
  await admin.query('begin; lock table public.journal_entries in access share mode')
  const running = runRetention(database).then(
    () => undefined,
    (error: unknown) => error,
  )
  await expect
    .poll(async () => {
      const { rows } = await database.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      )
      return rows.length
    })
    .toBe(1)
  expect(await running).toMatchObject({ code: 'database_unreachable', exitCode: 4 })
  await admin.query('rollback')
  expect(await planRetention(database)).toEqual(plan)
  const { rows } = await admin.query('select error from private.retention_runs where error is not null')
  expect(rows).toEqual([{ error: 'The database cannot be reached' }])
})

test('a journal that somebody holds is tried again', async () => {
  await age()
  await admin.query('begin; lock table public.journal_entries in access share mode')
  const running = runRetention(database)
  // The function gives a lock up after three seconds.
  setTimeout(() => void admin.query('rollback'), 3200)
  expect((await running).partitionsDropped).toHaveLength(2)
})
