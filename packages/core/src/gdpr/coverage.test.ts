import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../../tests/support/database.ts'
import { type PersonalDataSettings, personalData } from '../config/personal-data.ts'
import { connect, type Database } from '../database/connection.ts'
import { type CoverageFinding, findCoverage } from './coverage.ts'

let scratch: TestDatabase
let database: Database
beforeAll(async () => {
  scratch = await createTestDatabase()
  database = await connect(scratch.url)
  await database.query('create schema app')
})
afterEach(() => database.query('drop schema app cascade; create schema app'))
afterAll(async () => {
  await database?.end()
  await scratch?.drop()
})

/** Only about the tables of the test: whether the repository's own are decided is another test. */
async function findings(tables: PersonalDataSettings['tables'] = {}): Promise<CoverageFinding[]> {
  const coverage = await findCoverage(database, { tables, byHand: {} })
  return coverage.findings.filter(({ table }) => table.startsWith('app.'))
}
async function only(tables: PersonalDataSettings['tables'] = {}): Promise<CoverageFinding> {
  const found = await findings(tables)
  expect(found).toHaveLength(1)
  return found[0] as CoverageFinding
}
const keep = { strategy: 'keep', ground: 'accounting law', period: '10 years' } as const
const notPersonal = { strategy: 'not-personal', reason: 'says nothing about anybody' } as const

describe('undecided', () => {
  test('a table tied to the account by a foreign key, and what hangs on it, however the columns are named', async () => {
    await database.query(`
      create table app.entries (whose uuid references auth.users (id), part int, body jsonb, primary key (whose, part));
      create table app.media (a uuid, b int, path text, foreign key (a, b) references app.entries (whose, part));
      create table app.weather (day date primary key)`)
    const found = await findings()
    expect(found.map(({ kind, table, why }) => ({ kind, table, why }))).toEqual([
      { kind: 'undecided', table: 'app.entries', why: 'whose → auth.users' },
      { kind: 'undecided', table: 'app.media', why: 'a, b → app.entries, there whose → auth.users' },
    ])
    expect(found[0]).toMatchObject({
      columns: ['whose', 'part', 'body'],
      summary: 'nobody has decided about app.entries',
      add: { 'app.entries': { whose: 'erase', part: 'erase', body: 'erase' } },
    })
  })

  test('a table with no foreign key, by the name or the type of a column, domains and arrays too', async () => {
    await database.query(`
      create domain app.person_id as uuid;
      create domain app.someone as app.person_id;
      create table app.a (owner_id text, x int);
      create table app.b (who app.someone);
      create table app.c (member_ids uuid[]);
      create table app.d ("createdBy" jsonb);
      create table app.e (created_at timestamptz, order_by text, users int);
      create table app.f (a_id int)`)
    expect((await findings()).map(({ table, why }) => [table, why])).toEqual([
      ['app.a', 'owner_id is named like a person'],
      ['app.b', 'who is of the type person_id'],
      ['app.c', 'member_ids is named like a person'],
      ['app.d', 'createdBy is named like a person'],
    ])
  })

  test('partitions are their parent, a view holds nothing, a materialized view is a copy, a child has columns of its own', async () => {
    await database.query(`
      create table app.log (user_id uuid, day date) partition by range (day);
      create table app.log_2026 partition of app.log for values from ('2026-01-01') to ('2027-01-01');
      create table app.base (owner uuid);
      create table app.child (more text) inherits (app.base)`)
    await database.query(`
      create view app.seen as select day from app.log;
      create materialized view app.copied as select day from app.seen`)
    expect((await findings()).map(({ table, why }) => [table, why])).toEqual([
      ['app.base', 'owner is named like a person'],
      ['app.child', 'owner is named like a person'],
      ['app.copied', 'made of app.seen, there made of app.log, there user_id is named like a person'],
      ['app.log', 'user_id is named like a person'],
    ])
  })

  test('a foreign key that only one partition has counts for the whole table', async () => {
    await database.query(`
      create table app.log (whose uuid, day date) partition by range (day);
      create table app.log_2026 partition of app.log for values from ('2026-01-01') to ('2027-01-01');
      alter table app.log_2026 add foreign key (whose) references auth.users (id) not valid`)
    expect(await only()).toMatchObject({ table: 'app.log', why: 'whose → auth.users' })
  })

  test('tables that refer to each other in a circle, and to themselves, are found once', async () => {
    await database.query(`
      create table app.a (id int primary key, b int, self int references app.a (id), who uuid references auth.users (id));
      create table app.b (id int primary key, a int references app.a (id));
      alter table app.a add foreign key (b) references app.b (id)`)
    expect((await findings()).map(({ table, why }) => [table, why])).toEqual([
      ['app.a', 'who → auth.users'],
      ['app.b', 'a → app.a, there who → auth.users'],
    ])
  })

  test('a column added to a decided table is found; typing the proposal heals', async () => {
    await database.query(
      'create table app.notes (id int, user_id uuid not null references auth.users (id) on delete cascade)',
    )
    const first = await only()
    const decided = first.add as PersonalDataSettings['tables']
    expect(await findings(decided)).toEqual([])
    await database.query('alter table app.notes add mood text')
    expect(await only(decided)).toMatchObject({
      kind: 'undecided',
      summary: 'nobody has decided about mood of app.notes',
      columns: ['mood'],
      add: { 'app.notes': { mood: 'erase' } },
    })
  })

  test('where the rows stay, a new column is proposed to be emptied, not to be erased', async () => {
    await database.query('create table app.receipts (user_id uuid, amount int, name text not null, note text)')
    const { add } = await only({ 'app.receipts': { user_id: 'unlink', amount: keep } })
    expect(add).toEqual({ 'app.receipts': { name: { strategy: 'overwrite', value: '[ERASED]' }, note: 'unlink' } })
    expect(
      await findings({ 'app.receipts': { user_id: 'unlink', amount: keep, ...add['app.receipts'] } } as never),
    ).toEqual([])
  })
})

describe('gone', () => {
  test('decisions about a table or a column that is not there; null takes a built-in one back', async () => {
    await database.query('create table app.notes (user_id uuid)')
    const found = await findings({
      'app.notes': { user_id: 'erase', titel: 'erase' },
      'app.old': { id: 'erase' },
      'app.log_*': { id: 'erase' },
    })
    expect(found.map(({ kind, columns, add }) => ({ kind, columns, add }))).toEqual([
      { kind: 'gone', columns: ['titel'], add: { 'app.notes': { titel: null } } },
      { kind: 'gone', columns: ['id'], add: { 'app.old': null } },
    ])
    await database.query('drop table app.notes; alter table public.profiles rename bio to about')
    try {
      const { findings: renamed } = await findCoverage(database, personalData.parse({}))
      expect(renamed.map(({ kind, columns }) => [kind, columns])).toEqual([
        ['undecided', ['about']],
        ['gone', ['bio']],
      ])
      const settings = personalData.parse({ tables: { 'public.profiles': { about: 'erase', bio: null } } })
      expect((await findCoverage(database, settings)).findings).toEqual([])
    } finally {
      await database.query('alter table public.profiles rename about to bio')
    }
  })
})

describe('contradictions', () => {
  test.each([
    ['a value of another type', 'x int', { x: { strategy: 'overwrite', value: 'seven' } }, 'invalid input syntax'],
    ['a value that is too long', 'x varchar(3)', { x: { strategy: 'overwrite', value: 'four' } }, 'longer than 3'],
    [
      'a value that a check refuses',
      "x text check (x <> '')",
      { x: { strategy: 'overwrite', value: '' } },
      'the check t_x_check',
    ],
    ['a value that a domain refuses', 'x app.even', { x: { strategy: 'overwrite', value: 3 } }, 'even_check'],
    [
      'null where there must be something',
      'x int not null',
      { x: { strategy: 'overwrite', value: null } },
      'must not be null',
    ],
    [
      'no JSON of its kind',
      "x jsonb check (jsonb_typeof(x) = 'array')",
      { x: { strategy: 'overwrite', value: {} } },
      'the check',
    ],
    [
      'a generated column',
      'x text generated always as (user_id::text) stored',
      { x: { strategy: 'overwrite', value: 'a' } },
      'computes it',
    ],
    [
      'an identity',
      'x int generated always as identity',
      { x: { strategy: 'overwrite', value: 1 } },
      'numbers the rows',
    ],
    ['a uuid into a number', 'x int', { x: { strategy: 'overwrite', random: 'uuid' } }, 'holds no uuid'],
    ['a uuid that is too long', 'x varchar(20)', { x: { strategy: 'overwrite', random: 'uuid' } }, 'longer than 20'],
    ['the day of nothing', 'x date', { x: { strategy: 'overwrite', dayOf: 'y' } }, 'no column y'],
    [
      'the day of what may be missing',
      'y date, x date not null',
      { y: notPersonal, x: { strategy: 'overwrite', dayOf: 'y' } },
      'y may be null',
    ],
    ['unlinking what must not be null', 'x text not null', { x: 'unlink' }, 'would fail'],
    [
      'the same value in a unique column',
      'x text unique',
      { x: { strategy: 'overwrite', value: 'gone' } },
      'second row',
    ],
  ])('%s', async (_, column, decisions, why) => {
    await database.query(`
      create domain app.even as int constraint even_check check (value % 2 = 0);
      create table app.t (user_id uuid, ${column})`)
    const tables = { 'app.t': { user_id: 'unlink', ...decisions } } as PersonalDataSettings['tables']
    const found = await only(tables)
    expect(found).toMatchObject({ kind: 'contradiction', columns: ['x'], why: expect.stringContaining(why) })
    const { add } = found
    const mended = { 'app.t': { ...tables['app.t'], ...add['app.t'] } } as PersonalDataSettings['tables']
    // One that only the person who wrote the check could know.
    if (!why.startsWith('the check')) expect(await findings(mended)).toEqual([])
  })

  test('a check over several columns is asked with all of them, as an erasure would leave the row', async () => {
    await database.query(`create table app.t (user_id uuid, body text not null,
      constraint owned_or_blank check (user_id is not null or body = '[BLANK]'))`)
    const decide = (value: string) =>
      ({ 'app.t': { user_id: 'unlink', body: { strategy: 'overwrite', value } } }) as const
    expect(await only(decide('gone'))).toMatchObject({ why: 'the check owned_or_blank refuses it' })
    expect(await findings(decide('[BLANK]'))).toEqual([])
  })

  test('a row that is erased for one column and kept for another', async () => {
    await database.query('create table app.t (user_id uuid, amount int, note text, kind text)')
    const tables = { 'app.t': { user_id: 'erase', amount: keep, note: 'erase', kind: notPersonal } } as const
    const { kind, columns, add } = await only(tables)
    expect({ kind, columns }).toEqual({ kind: 'contradiction', columns: ['user_id', 'note'] })
    expect(await findings({ 'app.t': { ...tables['app.t'], ...add['app.t'] } } as never)).toEqual([])
    expect(
      await findings({ 'app.t': { user_id: 'erase', amount: 'erase', note: 'erase', kind: notPersonal } }),
    ).toEqual([])
  })

  test.each([
    ['cascade', 'deletes these rows'],
    ['set null', 'empties user_id'],
    ['restrict', 'keeps the rows of auth.users from being erased'],
  ])('a reference to the account that is to stay, on delete %s', async (rule, why) => {
    await database.query(`create table app.t (user_id uuid references auth.users (id) on delete ${rule}, amount int)`)
    expect(await only({ 'app.t': { user_id: notPersonal, amount: keep } })).toMatchObject({
      kind: 'contradiction',
      columns: ['user_id'],
      why: expect.stringContaining(why),
      add: { 'app.t': { user_id: 'unlink' } },
    })
    expect(await findings({ 'app.t': { user_id: 'unlink', amount: keep } })).toEqual([])
  })

  test('one of the columns of a composite key is enough to let go', async () => {
    await database.query(`
      create table app.a (user_id uuid references auth.users (id) on delete cascade, n int, primary key (user_id, n));
      create table app.b (user_id uuid, n int not null, note text, foreign key (user_id, n) references app.a (user_id, n))`)
    const a = { user_id: 'erase', n: 'erase' } as const
    expect(await findings({ 'app.a': a, 'app.b': { user_id: 'unlink', n: keep, note: keep } })).toEqual([])
    expect(await only({ 'app.a': a, 'app.b': { user_id: keep, n: keep, note: keep } })).toMatchObject({
      columns: ['user_id', 'n'],
      add: { 'app.b': { user_id: 'unlink' } },
    })
  })

  test('nothing is written into a materialized view', async () => {
    await database.query('create materialized view app.m as select user_id, bio from public.profiles')
    const erase = { 'app.m': { user_id: 'erase', bio: 'erase' } } as const
    expect(await findings(erase)).toEqual([])
    expect((await only({ 'app.m': { user_id: 'unlink', bio: notPersonal } })).why).toContain('made again as a whole')
  })
})

test('names with capitals, spaces, quotes and dots survive the way into and out of the map', async () => {
  await database.query(
    `create table app."It's a ""table"".x" ("user id" int, "User_ID" uuid not null, "näme" varchar(4))`,
  )
  const name = 'app.It\'s a "table".x'
  expect(await only()).toMatchObject({ table: name, columns: ['user id', 'User_ID', 'näme'] })
  const tables = {
    [name]: {
      'user id': keep,
      User_ID: { strategy: 'overwrite', random: 'uuid' },
      näme: { strategy: 'overwrite', value: 'ämén' },
    },
  } as const
  expect(await findings(tables)).toEqual([])
})
