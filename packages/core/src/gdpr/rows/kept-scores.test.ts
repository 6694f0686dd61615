import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createTestDatabase, createUser, type TestDatabase } from '../../../../../tests/support/database.ts'
import { treatAll } from '../../../../../tests/support/treat-all.ts'
import { personalData } from '../../config/personal-data.ts'
import { connect, type Database } from '../../database/connection.ts'
import { personalDataMap } from '../map.ts'
import { readKeptScores } from './kept-scores.ts'
import { readPersonTables } from './read-person-tables.ts'
import { type RowOwner, readRowOwner } from './row-owner.ts'

const k = 20
let target: TestDatabase
let database: Database
let admin: pg.Client
let anna: RowOwner
beforeEach(async () => {
  target = await createTestDatabase()
  database = await connect(target.url)
  admin = new pg.Client({ connectionString: target.superuserUrl })
  await admin.connect()
  const id = await createUser(target)
  anna = await readRowOwner(database, { id, email: null })
})
afterEach(async () => {
  await admin.end()
  await database.end()
  await target.drop()
})

async function write(person: string, date: string, scores: object): Promise<void> {
  await admin.query('insert into public.journal_entries (user_id, date, reflection, scores) values ($1, $2, $3, $4)', [
    person,
    date,
    'secret',
    scores,
  ])
}
async function others(count: number, date: string, scores: object): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    const id = await createUser(target)
    await write(id, date, scores)
    // Twice by the same person is once.
    await write(id, date, scores)
  }
}

test('a score stays where just enough others wrote the same in the month, and goes where one is missing', async () => {
  await write(anna.id, '2026-10-17', { mood: 3, craving: 7, secret: 1 })
  await write(anna.id, '2026-10-18', { craving: 2 })
  await write(anna.id, '2026-10-19', {})
  await write(anna.id, '2026-11-05', { mood: 9 })
  await others(k - 1, '2026-10-02', { mood: 1, craving: 1 })
  await others(1, '2026-10-31', { mood: 5 })
  await others(k, '2026-09-30', { craving: 5 })
  await others(k - 1, '2026-11-01', { mood: 5 })

  const scores = await readKeptScores(database, anna, k)
  expect(scores).toEqual({
    k,
    months: { '2026-10': ['mood'] },
    kept: { rows: 1, scores: 1 },
    lost: { rows: 2, scores: 4 },
  })

  const before = await admin.query('select * from public.journal_entries where user_id <> $1 order by id', [anna.id])
  const { tables } = await readPersonTables(database, personalDataMap(personalData.parse({})))
  const journal = tables.filter(({ table }) => table === 'public.journal_entries')
  await treatAll(database, journal, anna, { keptScores: scores, limit: 2 })

  const { rows } = await admin.query(
    `select date::text, reflection, scores, created_at = date::timestamp at time zone 'UTC' and updated_at = created_at as day
     from public.journal_entries where user_id is null order by date`,
  )
  const gone = { reflection: '[ANONYMIZED]', scores: {}, day: true }
  expect(rows).toEqual([
    { ...gone, date: '2026-10-01', scores: { mood: 3 } },
    { ...gone, date: '2026-10-18' },
    { ...gone, date: '2026-10-19' },
    { ...gone, date: '2026-11-05' },
  ])
  const after = await admin.query('select * from public.journal_entries where user_id is not null order by id')
  expect(after.rows).toEqual(before.rows)
})

test('entries that are nobody’s any more count as nobody', async () => {
  await write(anna.id, '2026-10-17', { mood: 3 })
  await others(k, '2026-10-17', { mood: 3 })
  await admin.query(
    `update public.journal_entries set user_id = null, reflection = '[ANONYMIZED]', date = '2026-10-01',
       created_at = '2026-10-01Z', updated_at = '2026-10-01Z'
     where id in (select max(id::text)::uuid from public.journal_entries where user_id <> $1 group by user_id limit 1)
       or user_id in (select user_id from public.journal_entries where user_id <> $1 limit 1)`,
    [anna.id],
  )
  const scores = await readKeptScores(database, anna, k)
  expect(scores).toMatchObject({ months: {}, kept: { rows: 0 }, lost: { rows: 1, scores: 1 } })
})

test('the database refuses a score that keeps a day, or a k that protects nobody', async () => {
  const insert = (date: string, at: string) =>
    admin.query(
      `insert into public.journal_entries (user_id, date, reflection, scores, created_at, updated_at)
       values (null, $1, '[ANONYMIZED]', '{"mood": 3}', $2, $2)`,
      [date, at],
    )
  await insert('2026-10-01', '2026-10-01Z')
  await expect(insert('2026-10-17', '2026-10-17Z')).rejects.toMatchObject({
    constraint: 'journal_entries_owned_or_anonymized',
  })
  await expect(insert('2026-10-01', '2026-10-17Z')).rejects.toMatchObject({
    constraint: 'journal_entries_owned_or_anonymized',
  })
  await expect(readKeptScores(database, anna, 1)).rejects.toThrow('k must be at least 2')
})
