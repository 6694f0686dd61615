import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createAuthAuditLog } from '../../../../../tests/support/auth-audit-log.ts'
import { createTestDatabase, createUser, type TestDatabase } from '../../../../../tests/support/database.ts'
import { allRows, fillPerson } from '../../../../../tests/support/person-data.ts'
import { treatAll } from '../../../../../tests/support/treat-all.ts'
import { type PersonalDataSettings, personalData } from '../../config/personal-data.ts'
import { connect, type Database } from '../../database/connection.ts'
import { personalDataMap } from '../map.ts'
import { countEach, countRows } from './count-rows.ts'
import type { PersonTable } from './person-table.ts'
import { readPersonTables } from './read-person-tables.ts'
import { type RowOwner, readRowOwner } from './row-owner.ts'
import { treatRows } from './treat-rows.ts'

let target: TestDatabase
let database: Database
let admin: pg.Client
let anna: RowOwner
let ben: RowOwner
beforeEach(async () => {
  target = await createTestDatabase()
  database = await connect(target.url)
  admin = new pg.Client({ connectionString: target.superuserUrl })
  await admin.connect()
  anna = await person('Anna@Example.org')
  ben = await person('joanna@example.org')
})
afterEach(async () => {
  await admin.end()
  await database.end()
  await target.drop()
})

async function person(email: string): Promise<RowOwner> {
  const id = await createUser(target, { email })
  return await readRowOwner(database, { id, email })
}

type Tables = PersonalDataSettings['tables']

async function tablesOf(decided: Tables = {}): Promise<PersonTable[]> {
  const { tables } = await readPersonTables(database, personalDataMap(personalData.parse({ tables: decided })))
  return tables
}
async function tableOf(name: string, decided: Tables = {}): Promise<PersonTable> {
  const found = (await tablesOf(decided)).find(({ table }) => table === name)
  if (found === undefined) throw new Error(`${name} is no table of a person`)
  return found
}
/** All columns of a table, each erased. */
const erased = (columns: string) => Object.fromEntries(columns.split(' ').map((name) => [name, 'erase' as const]))
const keep = { strategy: 'keep', ground: 'accounting law, for one', period: '10 years' } as const
const notPersonal = { strategy: 'not-personal', reason: 'says nothing about anybody' } as const

const contents = async (table: string) => (await admin.query(`select * from ${table} order by 1`)).rows

describe("the app's own tables", () => {
  test('each is treated as the map says, batch by batch; nobody else loses a byte', async () => {
    await fillPerson(admin, anna.id)
    await fillPerson(admin, ben.id)
    const tables = await tablesOf()
    const counts = await countEach(database, tables, anna)
    expect(
      Object.fromEntries(counts.filter(({ rows }) => rows > 0).map(({ table, rows }) => [table.table, rows])),
    ).toEqual({
      'auth.identities': 1,
      'auth.mfa_amr_claims': 2,
      'auth.refresh_tokens': 2,
      'auth.sessions': 2,
      'auth.users': 1,
      'private.rate_limits': 1,
      'public.journal_entries': 40,
      'public.performance_metrics': 3,
      'public.profiles': 1,
      'public.purchases': 1,
      'public.user_addictions': 2,
      'storage.objects': 2,
    })
    const bens = await allRows(admin, (row) => row.includes(ben.id))
    const batches = await treatAll(database, tables, anna, { limit: 7 })
    expect(batches.filter(({ table }) => table === 'public.journal_entries').map(({ rows }) => rows)).toEqual([
      7, 7, 7, 7, 7, 5,
    ])
    const left = (await countEach(database, tables, anna)).filter(
      ({ table, rows }) => rows > 0 && table.what !== 'keep',
    )
    // Only the Storage API takes a file away.
    expect(left.map(({ table }) => table.table)).toEqual(['storage.objects'])
    expect(Object.keys(await allRows(admin, (row) => row.includes(anna.id)))).toEqual(['storage.objects'])
    expect(await allRows(admin, (row) => row.includes(ben.id))).toEqual(bens)

    const { rows: journal } = await admin.query(
      `select reflection, scores, created_at = date::timestamp at time zone 'UTC' as day, count(*)::int as count
       from public.journal_entries where user_id is null group by 1, 2, 3`,
    )
    expect(journal).toEqual([{ reflection: '[ANONYMIZED]', scores: {}, day: true, count: 40 }])
    const { rows: purchases } = await admin.query('select * from public.purchases where user_id is null')
    expect(purchases).toMatchObject([{ amount_cents: 9999, idempotency_key: expect.stringMatching(/^[0-9a-f-]{36}$/) }])
  })

  test('children come before parents, the account last', async () => {
    const order = (await tablesOf()).map(({ table }) => table)
    const isBefore = (a: string, b: string) => order.indexOf(a) < order.indexOf(b)
    expect(isBefore('auth.mfa_amr_claims', 'auth.sessions')).toBe(true)
    expect(isBefore('auth.refresh_tokens', 'auth.sessions')).toBe(true)
    expect(order.slice(-2)).toEqual(['private.processing_restrictions', 'auth.users'])
  })

  test('a month that is on its way out loses the rows of the person, found by its name alone', async () => {
    await database.query(`
      create schema if not exists retired;
      create table retired.journal_entries_2024_01 (like public.journal_entries including defaults);
    `)
    await admin.query(
      `insert into retired.journal_entries_2024_01 (user_id, date, reflection) values ($1, '2024-01-02', 'old'), ($2, '2024-01-02', 'old')`,
      [anna.id, ben.id],
    )
    const table = await tableOf('retired.journal_entries_2024_01')
    expect(table.what).toBe('erase')
    await treatAll(database, [table], anna)
    expect(await contents('retired.journal_entries_2024_01')).toMatchObject([{ user_id: ben.id }])
  })

  test('what is kept is counted and never touched', async () => {
    await database.query(`select private.record_audit('test.line', $1::uuid, '{}', 'somebody')`, [anna.id])
    const table = await tableOf('private.audit_log')
    expect(table).toMatchObject({ what: 'keep', period: '3 years', ground: expect.stringContaining('accountability') })
    expect(await countRows(database, table, anna)).toBe(1)
    expect(await treatRows(database, table, anna, { limit: 10 })).toBe(0)
    expect(await countRows(database, table, anna)).toBe(1)
    expect(await countRows(database, table, ben)).toBe(0)
  })

  test('a legal hold is never erased, and a restriction on somebody else not because its author is', async () => {
    await admin.query(
      `insert into private.legal_holds (user_id, tables, reason, placed_by) values ($1, array['public.purchases'], 'a claim', 'dpo')`,
      [anna.id],
    )
    await admin.query(
      `insert into private.processing_restrictions (user_id, kind, reason, placed_by) values ($1, 'restriction', 'asked', $2)`,
      [ben.id, anna.emails[0]],
    )
    await treatAll(
      database,
      [await tableOf('private.legal_holds'), await tableOf('private.processing_restrictions')],
      anna,
    )
    expect(await contents('private.legal_holds')).toHaveLength(1)
    expect(await contents('private.processing_restrictions')).toMatchObject([{ user_id: ben.id }])
  })
})

describe("Auth's own audit log, as a hosted project has it", () => {
  test('goes by id and by address, whole: the address of Anna is a part of that of Joanna', async () => {
    await createAuthAuditLog(admin)
    const log = (payload: object) =>
      admin.query('insert into auth.audit_log_entries (id, payload) values (gen_random_uuid(), $1)', [
        JSON.stringify(payload),
      ])
    await log({ action: 'login', actor_id: anna.id, actor_username: 'anna@example.org' })
    await log({ action: 'user_invited', actor_id: 'x', traits: { user_email: 'Anna@Example.org' } })
    await log({ action: 'login', actor_id: ben.id, actor_username: 'joanna@example.org' })
    const table = await tableOf('auth.audit_log_entries')
    expect(await countRows(database, table, anna)).toBe(2)
    await treatAll(database, [table], anna, { limit: 1 })
    expect(await contents('auth.audit_log_entries')).toMatchObject([{ payload: { actor_id: ben.id } }])
  })
})

describe('ways to a person', () => {
  beforeEach(() => database.query('create schema app'))

  test('foreign keys over several steps, whatever the columns are called', async () => {
    await database.query(`
      create table app.letters (whose uuid references auth.users (id), part int, primary key (whose, part));
      create table app.pages (n int primary key, a uuid, b int, foreign key (a, b) references app.letters (whose, part));
      create table app.words (page int references app.pages (n), word text);
    `)
    for (const [one, n] of [
      [anna.id, 1],
      [ben.id, 2],
    ] as const) {
      await admin.query('insert into app.letters values ($1, 1)', [one])
      await admin.query('insert into app.pages values ($1, $2, 1)', [n, one])
      await admin.query(`insert into app.words values ($1, 'secret'), ($1, 'words')`, [n])
    }
    const decided = {
      'app.letters': erased('whose part'),
      'app.pages': erased('n a b'),
      'app.words': erased('page word'),
    }
    const tables = (await tablesOf(decided)).filter(({ schema }) => schema === 'app')
    expect(tables.map(({ table }) => table)).toEqual(['app.words', 'app.pages', 'app.letters'])
    expect((await countEach(database, tables, anna)).map(({ rows }) => rows)).toEqual([2, 1, 1])
    await treatAll(database, tables, anna, { limit: 1 })
    expect(await contents('app.words')).toHaveLength(2)
    expect(await contents('app.pages')).toMatchObject([{ n: 2 }])
    expect(await contents('app.letters')).toMatchObject([{ whose: ben.id }])
  })

  test('names of columns alone: uuid, text, a list, json, an address in any case', async () => {
    await database.query(`
      create table app.a (owner uuid, n int);
      create table app.b (author_id text, n int);
      create table app.c (member_ids uuid[], n int);
      create table app.d (customer jsonb, n int);
      create table app.e (contact_email varchar(100), n int);
      create table app.f (user_id uuid, email text, n int);
    `)
    const others = [ben.id, null]
    for (const [n, id] of [anna.id, ...others].entries()) {
      const email = ['ANNA@example.org', 'joanna@example.org', null][n]
      await admin.query('insert into app.a values ($1, $2)', [id, n])
      await admin.query('insert into app.b values ($1, $2)', [id, n])
      await admin.query('insert into app.c values (array[$1::uuid, gen_random_uuid()], $2)', [id, n])
      await admin.query('insert into app.d values ($1, $2)', [JSON.stringify({ who: { id, email } }), n])
      await admin.query('insert into app.e values ($1, $2)', [email, n])
      // Of Ben's row with Anna's address: the id says whose it is.
      await admin.query('insert into app.f values ($1, $2, $3)', [id, 'anna@example.org', n])
    }
    const decided = {
      'app.a': erased('owner n'),
      'app.b': erased('author_id n'),
      'app.c': erased('member_ids n'),
      'app.d': erased('customer n'),
      'app.e': erased('contact_email n'),
      'app.f': erased('user_id email n'),
    }
    const tables = (await tablesOf(decided)).filter(({ schema }) => schema === 'app')
    await treatAll(database, tables, anna)
    for (const name of 'abcde') {
      expect((await contents(`app.${name}`)).map(({ n }) => n).sort(), name).toEqual([1, 2])
    }
    expect((await contents('app.f')).map(({ n }) => n)).toEqual([1])
  })

  test('what hangs on a row of theirs and names nobody else; not what somebody else wrote there, nor what is in a bucket', async () => {
    await database.query(`
      create table app.posts (id int primary key, author uuid references auth.users (id), text text);
      create table app.replies (
        id int primary key, post int references app.posts (id) on delete set null, author uuid references auth.users (id)
      );
    `)
    await admin.query('insert into app.posts values (1, $1), (2, $2)', [anna.id, ben.id])
    await admin.query('insert into app.replies values (1, 1, $2), (2, 1, null), (3, 2, $1), (4, 2, null)', [
      anna.id,
      ben.id,
    ])
    const decided = { 'app.posts': erased('id author text'), 'app.replies': erased('id post author') }
    const tables = (await tablesOf(decided)).filter(({ schema }) => schema === 'app')
    await treatAll(database, tables, anna, { limit: 1 })
    expect(await contents('app.replies')).toEqual([
      { id: 1, post: null, author: ben.id },
      { id: 4, post: 2, author: null },
    ])
    // A bucket that belongs to somebody does not make its files theirs.
    await admin.query('update storage.buckets set owner = $1', [anna.id])
    await fillPerson(admin, ben.id, { files: 3 })
    expect(await countRows(database, await tableOf('storage.objects'), anna)).toBe(0)
    await treatAll(database, [await tableOf('storage.buckets')], anna)
    expect(await contents('storage.buckets')).toMatchObject([{ owner: null, name: 'entry-media' }])
  })

  test('files by owner and by folder', async () => {
    for (const [name, owner] of [
      [`${anna.id}/a.png`, null],
      [`${anna.id.toUpperCase()}/b.png`, null],
      ['shared/c.png', anna.id],
      [`${ben.id}/${anna.id}/d.png`, ben.id],
    ]) {
      await admin.query('insert into storage.objects (bucket_id, name, owner_id) values ($1, $2, $3)', [
        'entry-media',
        name,
        owner,
      ])
    }
    const table = await tableOf('storage.objects')
    expect(await countRows(database, table, anna)).toBe(3)
    expect(await treatRows(database, table, anna, { limit: 10 })).toBe(0)
    expect(await countRows(database, table, anna)).toBe(3)
  })
})

describe('what is written', () => {
  beforeEach(() => database.query('create schema app'))

  test('of two people in one row only the one is forgotten; in a row of somebody else only the name', async () => {
    await database.query(`
      create table app.talks (id int primary key, host_user uuid references auth.users (id), guest_user uuid references auth.users (id), notes text);
      create table app.reviews (id int primary key, user_id uuid not null references auth.users (id), body text, approved_by text);
    `)
    await admin.query(`insert into app.talks values (1, $1, $2, 'notes'), (2, $2, $1, 'notes'), (3, $2, $2, 'notes')`, [
      anna.id,
      ben.id,
    ])
    await admin.query(
      `insert into app.reviews values (1, $1, 'mine', 'cus_123'), (3, $1, 'mine', 'joanna@example.org'), (2, $2, 'his', 'anna@example.org')`,
      [anna.id, ben.id],
    )
    const decided = {
      'app.talks': {
        id: notPersonal,
        host_user: 'unlink',
        guest_user: 'unlink',
        notes: { strategy: 'overwrite', value: '[GONE]' },
      },
      'app.reviews': {
        id: notPersonal,
        user_id: keep,
        body: { strategy: 'overwrite', value: '[GONE]' },
        approved_by: 'unlink',
      },
    } as const
    const tables = (await tablesOf(decided)).filter(({ schema }) => schema === 'app')
    expect((await countEach(database, tables, anna)).map(({ rows }) => rows)).toEqual([3, 2])
    await treatAll(database, tables, anna, { limit: 1 })
    expect(await contents('app.talks')).toEqual([
      { id: 1, host_user: null, guest_user: ben.id, notes: '[GONE]' },
      { id: 2, host_user: ben.id, guest_user: null, notes: '[GONE]' },
      { id: 3, host_user: ben.id, guest_user: ben.id, notes: 'notes' },
    ])
    expect(await contents('app.reviews')).toEqual([
      { id: 1, user_id: anna.id, body: '[GONE]', approved_by: null },
      { id: 2, user_id: ben.id, body: 'his', approved_by: null },
      { id: 3, user_id: anna.id, body: '[GONE]', approved_by: 'joanna@example.org' },
    ])
    expect((await countEach(database, tables, anna)).map(({ rows }) => rows)).toEqual([0, 0])
  })

  test('values of every kind, and a row that moves to another partition', async () => {
    await database.query(`
      create table app.things (
        user_id uuid, day date, made timestamptz, at timestamp, key varchar(40), price numeric(8, 2), tags text[], j json, u uuid
      ) partition by range (day);
      create table app.things_old partition of app.things for values from (minvalue) to ('2000-01-01');
      create table app.things_new partition of app.things for values from ('2000-01-01') to (maxvalue);
    `)
    await admin.query(
      `insert into app.things
       select $1, date '2026-05-06' + n, '2026-05-06 23:30+02', '2026-05-06 10:00', 'k', 9.5, array['a'], '{"a": 1}', $2 from generate_series(1, 3) n`,
      [anna.id, ben.id],
    )
    const decided = {
      'app.things': {
        user_id: 'unlink',
        day: { strategy: 'overwrite', value: '1970-01-01' },
        made: { strategy: 'overwrite', dayOf: 'at' },
        at: { strategy: 'overwrite', dayOf: 'made' },
        key: { strategy: 'overwrite', random: 'uuid' },
        price: { strategy: 'overwrite', value: 0 },
        tags: { strategy: 'overwrite', value: '{}' },
        j: { strategy: 'overwrite', value: {} },
        u: { strategy: 'overwrite', random: 'uuid' },
      },
    } as const
    const table = await tableOf('app.things', decided)
    expect(table.movesPartitions).toBe(true)
    await treatAll(database, [table], anna, { limit: 2 })
    const { rows } = await admin.query(
      `select tableoid::regclass::text as part, user_id, made at time zone 'UTC' = '2026-05-06' as made, at = '2026-05-06' as at,
         length(key) as key, price::text, tags, j::text, u <> $1 as u from app.things`,
      [ben.id],
    )
    const treated = {
      part: 'app.things_old',
      user_id: null,
      made: true,
      at: true,
      key: 36,
      price: '0.00',
      tags: [],
      j: '{}',
      u: true,
    }
    expect(rows).toEqual([treated, treated, treated])
  })

  test('a view that is a copy is made again', async () => {
    await database.query(`
      create table app.notes (user_id uuid, note text);
      create materialized view app.noted as select user_id, count(*) as n from app.notes group by 1;
    `)
    await admin.query(`insert into app.notes values ($1, 'a'), ($1, 'b'), ($2, 'c')`, [anna.id, ben.id])
    await database.query('refresh materialized view app.noted')
    const tables = (await tablesOf({ 'app.notes': erased('user_id note'), 'app.noted': erased('user_id n') })).filter(
      ({ schema }) => schema === 'app',
    )
    expect(tables.map(({ kind }) => kind)).toEqual(['table', 'materialized view'])
    await treatAll(database, tables, anna)
    expect(await contents('app.noted')).toEqual([{ user_id: ben.id, n: '1' }])
  })

  test('a table whose rows a trigger keeps is named, and nothing runs for ever', async () => {
    await database.query(`
      create table app.stubborn (user_id uuid);
      create function app.keep() returns trigger language plpgsql as 'begin return null; end';
      create trigger keep before delete on app.stubborn for each row execute function app.keep();
    `)
    await admin.query('insert into app.stubborn values ($1)', [anna.id])
    const table = await tableOf('app.stubborn', { 'app.stubborn': erased('user_id') })
    await expect(treatAll(database, [table], anna)).rejects.toMatchObject({
      code: 'rows_refused',
      message: '1 row of app.stubborn could not be deleted',
    })
  })

  test('a row that somebody changes at the same moment is not missed', async () => {
    await fillPerson(admin, anna.id, { entries: 1 })
    const table = await tableOf('public.journal_entries')
    await admin.query('begin')
    await admin.query(`update public.journal_entries set reflection = 'changed' where user_id = $1`, [anna.id])
    const running = treatAll(database, [table], anna)
    await expect
      .poll(async () => {
        const { rows } = await database.query(
          "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        )
        return rows.length
      })
      .toBe(1)
    await admin.query('commit')
    expect(await running).toMatchObject([{ rows: 1 }])
    expect(await contents('public.journal_entries')).toMatchObject([{ reflection: '[ANONYMIZED]', user_id: null }])
  })
})
