import { connect, type Database, runRetention } from '@journeys/core/ops'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { defaultConfig } from '../../packages/core/src/config/schema.ts'
import { restoreMonth } from '../../packages/core/src/retention/restore.ts'
import { createTestDatabase, createUser, type TestDatabase } from '../support/database.ts'

// People read, write and sign in while months leave the journal and come back: nobody sees an error.

let target: TestDatabase
let database: Database
let user: string

beforeAll(async () => {
  target = await createTestDatabase()
  database = await connect(target.url)
  user = await createUser(target)
})
afterAll(async () => {
  await database?.end()
  await target?.drop()
})

/** Does `work` over and over on a connection of its own, until it is stopped. */
async function keepDoing(work: (client: pg.Client, turn: number) => Promise<unknown>) {
  const client = new pg.Client({ connectionString: target.url })
  await client.connect()
  let isStopped = false
  let turns = 0
  const done = (async () => {
    for (; !isStopped; turns++) await work(client, turns)
  })()
  return {
    stop: async () => {
      isStopped = true
      // An error of any turn is the test's.
      await done
      await client.end()
      return turns
    },
  }
}

/** A backup's transactions: each sees the same from its beginning to its end. */
function keepBackingUp() {
  return keepDoing(async (client) => {
    await client.query('begin isolation level repeatable read')
    const { rows: first } = await client.query('select count(*)::int from public.journal_entries where date < $1', [
      '2020-12-01',
    ])
    const { rows: second } = await client.query('select count(*)::int from public.journal_entries where date < $1', [
      '2020-12-01',
    ])
    await client.query('commit')
    expect(second).toEqual(first)
  })
}

const months = `select generate_series(timestamp '2020-01-01', '2020-08-01', '1 month')::date`

test('months leave and come back under readers, writers and sign-ins, and nobody sees an error', async () => {
  await database.query(
    `do $$ declare first date; begin for first in ${months} loop perform private.make_month(first); end loop; end $$`,
  )
  await database.query(
    `insert into public.journal_entries (user_id, date, reflection)
     select $1, date '2020-01-01' + i % 240, 'Long ago.' from generate_series(1, 4800) i`,
    [user],
  )
  const everybody = await Promise.all([
    // Plans that were made once, over all months there were.
    keepDoing((client, turn) =>
      client.query({
        name: 'last-entries',
        text: 'select id, reflection from public.journal_entries where user_id = $1 and date < $2 order by date desc, id desc limit 20',
        values: [user, turn % 2 ? '2020-06-15' : '2030-01-01'],
      }),
    ),
    keepDoing((client) => client.query('select count(*), max(date) from public.journal_entries')),
    keepDoing((client, turn) =>
      client.query(
        `insert into public.journal_entries (user_id, date, reflection) values ($1, current_date - $2::int, 'Today.')`,
        [user, turn % 300],
      ),
    ),
    keepDoing((client) => client.query('update auth.users set last_sign_in_at = now() where id = $1', [user])),
  ])
  const { retention: config } = defaultConfig()
  const firstBackup = await keepBackingUp()
  const [outcome] = await runRetention(database, { config, actor: 'test' })
  // ATTACH goes by no snapshot: a month that is brought back is there for transactions that began before, too.
  const firstBackups = await firstBackup.stop()
  const back = await restoreMonth(database, 'journal_entries_2020_03', {
    actor: 'test',
    graceDays: 30,
    lockTimeoutMs: 40,
  })
  await database.query('update private.retired_partitions set drop_after = now() where state = $1', ['retired'])
  const secondBackup = await keepBackingUp()
  const [last] = await runRetention(database, { config, actor: 'test' })
  const backups = firstBackups + (await secondBackup.stop())
  const turns = [backups, ...(await Promise.all(everybody.map(({ stop }) => stop())))]

  expect(outcome).toMatchObject({ state: 'done', failures: [] })
  expect(outcome?.retired).toHaveLength(8)
  expect(back).toMatchObject({ name: 'journal_entries_2020_03' })
  expect(last).toMatchObject({
    state: 'done',
    failures: [],
    kept: [{ name: 'journal_entries_2020_03', why: 'restored' }],
  })
  expect(last?.dropped).toHaveLength(7)
  for (const count of turns) expect(count).toBeGreaterThan(3)
  const { rows } = await database.query(
    `select count(*) as count from public.journal_entries where date < '2020-12-01'`,
  )
  expect(rows).toEqual([{ count: 620 }])
})

test('a month that the function retired comes back as well, with nothing of the way left on it', async () => {
  await database.query(`select private.make_month('2019-01-01')`)
  await database.query(
    `insert into public.journal_entries (user_id, date, reflection) values ($1, '2019-01-31', 'x')`,
    [user],
  )
  await database.query('select public.cleanup_old_data()')
  await restoreMonth(database, 'journal_entries_2019_01', { actor: 'test', graceDays: 30, lockTimeoutMs: 40 })
  const parts = `select conname, contype from pg_constraint where conrelid = ('partitions.' || $1)::regclass order by 1`
  const { rows } = await database.query<{ conname: string }>(parts, ['journal_entries_2019_01'])
  const { rows: usual } = await database.query<{ conname: string }>(parts, [
    (
      await database.query<{ name: string }>(
        'select partition_name as name from private.journal_partitions() order by upper_bound desc',
      )
    ).rows[0]?.name,
  ])
  const bare = (constraints: { conname: string }[]) =>
    constraints.map((one) => one.conname.replace(/\d{4}_\d\d/, 'month'))
  expect(bare(rows)).toEqual(bare(usual))
})
