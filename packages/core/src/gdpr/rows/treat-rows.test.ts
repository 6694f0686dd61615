import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { allRows, fillPerson } from '../../../../../tests/support/person-data.ts'
import { treatAll } from '../../../../../tests/support/treat-all.ts'
import { createTwoPeople, erased, type TwoPeople } from '../../../../../tests/support/two-people.ts'
import { countEach, countRows } from './count-rows.ts'
import { treatRows } from './treat-rows.ts'

let world: TwoPeople
beforeEach(async () => {
  world = await createTwoPeople()
})
afterEach(() => world.end())

const keep = { strategy: 'keep', ground: 'accounting law, for one', period: '10 years' } as const
const notPersonal = { strategy: 'not-personal', reason: 'says nothing about anybody' } as const

describe("the app's own tables", () => {
  test('each is treated as the map says, batch by batch; nobody else loses a byte', async () => {
    await fillPerson(world.admin, world.anna.id)
    await fillPerson(world.admin, world.ben.id)
    const tables = await world.tablesOf()
    const counts = await countEach(world.database, tables, world.anna)
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
    const bens = await allRows(world.admin, (row) => row.includes(world.ben.id))
    const batches = await treatAll(world.database, tables, world.anna, { limit: 7 })
    expect(batches.filter(({ table }) => table === 'public.journal_entries').map(({ rows }) => rows)).toEqual([
      7, 7, 7, 7, 7, 5,
    ])
    const left = (await countEach(world.database, tables, world.anna)).filter(
      ({ table, rows }) => rows > 0 && table.what !== 'keep',
    )
    // Only the Storage API takes a file away.
    expect(left.map(({ table }) => table.table)).toEqual(['storage.objects'])
    expect(Object.keys(await allRows(world.admin, (row) => row.includes(world.anna.id)))).toEqual(['storage.objects'])
    expect(await allRows(world.admin, (row) => row.includes(world.ben.id))).toEqual(bens)

    const { rows: journal } = await world.admin.query(
      `select reflection, scores, created_at = date::timestamp at time zone 'UTC' as day, count(*)::int as count
       from public.journal_entries where user_id is null group by 1, 2, 3`,
    )
    expect(journal).toEqual([{ reflection: '[ANONYMIZED]', scores: {}, day: true, count: 40 }])
    const { rows: purchases } = await world.admin.query('select * from public.purchases where user_id is null')
    expect(purchases).toMatchObject([{ amount_cents: 9999, idempotency_key: expect.stringMatching(/^[0-9a-f-]{36}$/) }])
  })

  test('children come before parents, the account last', async () => {
    const order = (await world.tablesOf()).map(({ table }) => table)
    const isBefore = (a: string, b: string) => order.indexOf(a) < order.indexOf(b)
    expect(isBefore('auth.mfa_amr_claims', 'auth.sessions')).toBe(true)
    expect(isBefore('auth.refresh_tokens', 'auth.sessions')).toBe(true)
    expect(order.slice(-2)).toEqual(['private.processing_restrictions', 'auth.users'])
  })

  test('a month that is on its way out loses the rows of the person, found by its name alone', async () => {
    await world.database.query(`
      create schema if not exists retired;
      create table retired.journal_entries_2024_01 (like public.journal_entries including defaults);
    `)
    await world.admin.query(
      `insert into retired.journal_entries_2024_01 (user_id, date, reflection) values ($1, '2024-01-02', 'old'), ($2, '2024-01-02', 'old')`,
      [world.anna.id, world.ben.id],
    )
    const table = await world.tableOf('retired.journal_entries_2024_01')
    expect(table.what).toBe('erase')
    await treatAll(world.database, [table], world.anna)
    expect(await world.contents('retired.journal_entries_2024_01')).toMatchObject([{ user_id: world.ben.id }])
  })

  test('what is kept is counted and never touched', async () => {
    await world.database.query(`select private.record_audit('test.line', $1::uuid, '{}', 'somebody')`, [world.anna.id])
    const table = await world.tableOf('private.audit_log')
    expect(table).toMatchObject({ what: 'keep', period: '3 years', ground: expect.stringContaining('accountability') })
    expect(await countRows(world.database, table, world.anna)).toBe(1)
    expect(await treatRows(world.database, table, world.anna, { limit: 10 })).toBe(0)
    expect(await countRows(world.database, table, world.anna)).toBe(1)
    expect(await countRows(world.database, table, world.ben)).toBe(0)
  })

  test('a legal hold is never erased, and a restriction on somebody else not because its author is', async () => {
    await world.admin.query(
      `insert into private.legal_holds (user_id, tables, reason, placed_by) values ($1, array['public.purchases'], 'a claim', 'dpo')`,
      [world.anna.id],
    )
    await world.admin.query(
      `insert into private.processing_restrictions (user_id, kind, reason, placed_by) values ($1, 'restriction', 'asked', $2)`,
      [world.ben.id, world.anna.emails[0]],
    )
    await treatAll(
      world.database,
      [await world.tableOf('private.legal_holds'), await world.tableOf('private.processing_restrictions')],
      world.anna,
    )
    expect(await world.contents('private.legal_holds')).toHaveLength(1)
    expect(await world.contents('private.processing_restrictions')).toMatchObject([{ user_id: world.ben.id }])
  })
})

describe('what is written', () => {
  beforeEach(() => world.database.query('create schema app'))

  test('of two people in one row only the one is forgotten; in a row of somebody else only the name', async () => {
    await world.database.query(`
      create table app.talks (id int primary key, host_user uuid references auth.users (id), guest_user uuid references auth.users (id), notes text);
      create table app.reviews (id int primary key, user_id uuid not null references auth.users (id), body text, approved_by text);
    `)
    await world.admin.query(
      `insert into app.talks values (1, $1, $2, 'notes'), (2, $2, $1, 'notes'), (3, $2, $2, 'notes')`,
      [world.anna.id, world.ben.id],
    )
    await world.admin.query(
      `insert into app.reviews values (1, $1, 'mine', 'cus_123'), (3, $1, 'mine', 'joanna@example.org'), (2, $2, 'his', 'anna@example.org')`,
      [world.anna.id, world.ben.id],
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
    const tables = (await world.tablesOf(decided)).filter(({ schema }) => schema === 'app')
    expect((await countEach(world.database, tables, world.anna)).map(({ rows }) => rows)).toEqual([3, 2])
    await treatAll(world.database, tables, world.anna, { limit: 1 })
    expect(await world.contents('app.talks')).toEqual([
      { id: 1, host_user: null, guest_user: world.ben.id, notes: '[GONE]' },
      { id: 2, host_user: world.ben.id, guest_user: null, notes: '[GONE]' },
      { id: 3, host_user: world.ben.id, guest_user: world.ben.id, notes: 'notes' },
    ])
    expect(await world.contents('app.reviews')).toEqual([
      { id: 1, user_id: world.anna.id, body: '[GONE]', approved_by: null },
      { id: 2, user_id: world.ben.id, body: 'his', approved_by: null },
      { id: 3, user_id: world.anna.id, body: '[GONE]', approved_by: 'joanna@example.org' },
    ])
    expect((await countEach(world.database, tables, world.anna)).map(({ rows }) => rows)).toEqual([0, 0])
  })

  test('values of every kind, and a row that moves to another partition', async () => {
    await world.database.query(`
      create table app.things (
        user_id uuid, day date, made timestamptz, at timestamp, key varchar(40), price numeric(8, 2), tags text[], j json, u uuid
      ) partition by range (day);
      create table app.things_old partition of app.things for values from (minvalue) to ('2000-01-01');
      create table app.things_new partition of app.things for values from ('2000-01-01') to (maxvalue);
    `)
    await world.admin.query(
      `insert into app.things
       select $1, date '2026-05-06' + n, '2026-05-06 23:30+02', '2026-05-06 10:00', 'k', 9.5, array['a'], '{"a": 1}', $2 from generate_series(1, 3) n`,
      [world.anna.id, world.ben.id],
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
    const table = await world.tableOf('app.things', decided)
    expect(table.movesPartitions).toBe(true)
    await treatAll(world.database, [table], world.anna, { limit: 2 })
    const { rows } = await world.admin.query(
      `select tableoid::regclass::text as part, user_id, made at time zone 'UTC' = '2026-05-06' as made, at = '2026-05-06' as at,
         length(key) as key, price::text, tags, j::text, u <> $1 as u from app.things`,
      [world.ben.id],
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
    await world.database.query(`
      create table app.notes (user_id uuid, note text);
      create materialized view app.noted as select user_id, count(*) as n from app.notes group by 1;
    `)
    await world.admin.query(`insert into app.notes values ($1, 'a'), ($1, 'b'), ($2, 'c')`, [
      world.anna.id,
      world.ben.id,
    ])
    await world.database.query('refresh materialized view app.noted')
    const tables = (
      await world.tablesOf({ 'app.notes': erased('user_id note'), 'app.noted': erased('user_id n') })
    ).filter(({ schema }) => schema === 'app')
    expect(tables.map(({ kind }) => kind)).toEqual(['table', 'materialized view'])
    await treatAll(world.database, tables, world.anna)
    expect(await world.contents('app.noted')).toEqual([{ user_id: world.ben.id, n: '1' }])
  })

  test('a table whose rows a trigger keeps is named, and nothing runs for ever', async () => {
    await world.database.query(`
      create table app.stubborn (user_id uuid);
      create function app.keep() returns trigger language plpgsql as 'begin return null; end';
      create trigger keep before delete on app.stubborn for each row execute function app.keep();
    `)
    await world.admin.query('insert into app.stubborn values ($1)', [world.anna.id])
    const table = await world.tableOf('app.stubborn', { 'app.stubborn': erased('user_id') })
    await expect(treatAll(world.database, [table], world.anna)).rejects.toMatchObject({
      code: 'rows_refused',
      message: '1 row of app.stubborn could not be deleted',
    })
  })

  test('a row that somebody changes at the same moment is not missed', async () => {
    await fillPerson(world.admin, world.anna.id, { entries: 1 })
    const table = await world.tableOf('public.journal_entries')
    await world.admin.query('begin')
    await world.admin.query(`update public.journal_entries set reflection = 'changed' where user_id = $1`, [
      world.anna.id,
    ])
    const running = treatAll(world.database, [table], world.anna)
    await expect
      .poll(async () => {
        const { rows } = await world.database.query(
          "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        )
        return rows.length
      })
      .toBe(1)
    await world.admin.query('commit')
    expect(await running).toMatchObject([{ rows: 1 }])
    expect(await world.contents('public.journal_entries')).toMatchObject([
      { reflection: '[ANONYMIZED]', user_id: null },
    ])
  })
})
