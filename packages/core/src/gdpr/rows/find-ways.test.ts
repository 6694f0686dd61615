import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createAuthAuditLog } from '../../../../../tests/support/auth-audit-log.ts'
import { fillPerson } from '../../../../../tests/support/person-data.ts'
import { treatAll } from '../../../../../tests/support/treat-all.ts'
import { createTwoPeople, erased, type TwoPeople } from '../../../../../tests/support/two-people.ts'
import { countEach, countRows } from './count-rows.ts'
import { readRowOwner } from './row-owner.ts'
import { treatRows } from './treat-rows.ts'

let world: TwoPeople
beforeEach(async () => {
  world = await createTwoPeople()
})
afterEach(() => world.end())

describe("Auth's own audit log, as a hosted project has it", () => {
  test('goes by id and by address, whole: the address of Anna is a part of that of Joanna', async () => {
    await createAuthAuditLog(world.admin)
    const log = (payload: object) =>
      world.admin.query('insert into auth.audit_log_entries (id, payload) values (gen_random_uuid(), $1)', [
        JSON.stringify(payload),
      ])
    await log({ action: 'login', actor_id: world.anna.id, actor_username: 'anna@example.org' })
    await log({ action: 'user_invited', actor_id: 'x', traits: { user_email: 'Anna@Example.org' } })
    await log({ action: 'login', actor_id: world.ben.id, actor_username: 'joanna@example.org' })
    const table = await world.tableOf('auth.audit_log_entries')
    expect(await countRows(world.database, table, world.anna)).toBe(2)
    await treatAll(world.database, [table], world.anna, { limit: 1 })
    expect(await world.contents('auth.audit_log_entries')).toMatchObject([{ payload: { actor_id: world.ben.id } }])
  })
})

describe('ways to a person', () => {
  beforeEach(() => world.database.query('create schema app'))

  test('foreign keys over several steps, whatever the columns are called', async () => {
    await world.database.query(`
      create table app.letters (whose uuid references auth.users (id), part int, primary key (whose, part));
      create table app.pages (n int primary key, a uuid, b int, foreign key (a, b) references app.letters (whose, part));
      create table app.words (page int references app.pages (n), word text);
    `)
    for (const [one, n] of [
      [world.anna.id, 1],
      [world.ben.id, 2],
    ] as const) {
      await world.admin.query('insert into app.letters values ($1, 1)', [one])
      await world.admin.query('insert into app.pages values ($1, $2, 1)', [n, one])
      await world.admin.query(`insert into app.words values ($1, 'secret'), ($1, 'words')`, [n])
    }
    const decided = {
      'app.letters': erased('whose part'),
      'app.pages': erased('n a b'),
      'app.words': erased('page word'),
    }
    const tables = (await world.tablesOf(decided)).filter(({ schema }) => schema === 'app')
    expect(tables.map(({ table }) => table)).toEqual(['app.words', 'app.pages', 'app.letters'])
    expect((await countEach(world.database, tables, world.anna)).map(({ rows }) => rows)).toEqual([2, 1, 1])
    await treatAll(world.database, tables, world.anna, { limit: 1 })
    expect(await world.contents('app.words')).toHaveLength(2)
    expect(await world.contents('app.pages')).toMatchObject([{ n: 2 }])
    expect(await world.contents('app.letters')).toMatchObject([{ whose: world.ben.id }])
  })

  test('names of columns alone: uuid, text, a list, json, an address in any case', async () => {
    await world.database.query(`
      create table app.a (owner uuid, n int);
      create table app.b (author_id text, n int);
      create table app.c (member_ids uuid[], n int);
      create table app.d (customer jsonb, n int);
      create table app.e (contact_email varchar(100), n int);
      create table app.f (user_id uuid, email text, n int);
    `)
    const others = [world.ben.id, null]
    for (const [n, id] of [world.anna.id, ...others].entries()) {
      const email = ['ANNA@example.org', 'joanna@example.org', null][n]
      await world.admin.query('insert into app.a values ($1, $2)', [id, n])
      await world.admin.query('insert into app.b values ($1, $2)', [id, n])
      await world.admin.query('insert into app.c values (array[$1::uuid, gen_random_uuid()], $2)', [id, n])
      await world.admin.query('insert into app.d values ($1, $2)', [JSON.stringify({ who: { id, email } }), n])
      await world.admin.query('insert into app.e values ($1, $2)', [email, n])
      // Of Ben's row with Anna's address: the id says whose it is.
      await world.admin.query('insert into app.f values ($1, $2, $3)', [id, 'anna@example.org', n])
    }
    const decided = {
      'app.a': erased('owner n'),
      'app.b': erased('author_id n'),
      'app.c': erased('member_ids n'),
      'app.d': erased('customer n'),
      'app.e': erased('contact_email n'),
      'app.f': erased('user_id email n'),
    }
    const tables = (await world.tablesOf(decided)).filter(({ schema }) => schema === 'app')
    await treatAll(world.database, tables, world.anna)
    for (const name of 'abcde') {
      expect((await world.contents(`app.${name}`)).map(({ n }) => n).sort(), name).toEqual([1, 2])
    }
    expect((await world.contents('app.f')).map(({ n }) => n)).toEqual([1])
  })

  test('what hangs on a row of theirs and names nobody else; not what somebody else wrote there, nor what is in a bucket', async () => {
    await world.database.query(`
      create table app.posts (id int primary key, author uuid references auth.users (id), text text);
      create table app.replies (
        id int primary key, post int references app.posts (id) on delete set null, author uuid references auth.users (id)
      );
    `)
    await world.admin.query('insert into app.posts values (1, $1), (2, $2)', [world.anna.id, world.ben.id])
    await world.admin.query('insert into app.replies values (1, 1, $2), (2, 1, null), (3, 2, $1), (4, 2, null)', [
      world.anna.id,
      world.ben.id,
    ])
    const decided = { 'app.posts': erased('id author text'), 'app.replies': erased('id post author') }
    const tables = (await world.tablesOf(decided)).filter(({ schema }) => schema === 'app')
    await treatAll(world.database, tables, world.anna, { limit: 1 })
    expect(await world.contents('app.replies')).toEqual([
      { id: 1, post: null, author: world.ben.id },
      { id: 4, post: 2, author: null },
    ])
    // A bucket that belongs to somebody does not make its files theirs.
    await world.admin.query('update storage.buckets set owner = $1', [world.anna.id])
    await fillPerson(world.admin, world.ben.id, { files: 3 })
    expect(await countRows(world.database, await world.tableOf('storage.objects'), world.anna)).toBe(0)
    await treatAll(world.database, [await world.tableOf('storage.buckets')], world.anna)
    expect(await world.contents('storage.buckets')).toMatchObject([{ owner: null, name: 'entry-media' }])
  })

  test('an address of an identity counts; one that another account has, too, says nothing about whose a row is', async () => {
    await world.database.query('create table app.letters (contact_email text)')
    await world.admin.query(
      `insert into app.letters values ('anna@example.org'), ('Anna@elsewhere.example'), ('joanna@example.org')`,
    )
    await world.admin.query(
      `insert into auth.identities (provider_id, user_id, identity_data, provider) values ('1', $1, '{"email": "anna@Elsewhere.example"}', 'other')`,
      [world.anna.id],
    )
    const letters = await world.tableOf('app.letters', { 'app.letters': erased('contact_email') })
    const { id } = world.anna
    const anna = await readRowOwner(world.database, { id, email: 'Anna@Example.org' })
    expect(anna.emails).toEqual(['anna@elsewhere.example', 'anna@example.org'])
    expect(await countRows(world.database, letters, anna)).toBe(2)
    // Somebody with the same address who signs in through their company.
    await world.admin.query(`update auth.users set email = 'anna@example.org', is_sso_user = true where id = $1`, [
      world.ben.id,
    ])
    const shared = await readRowOwner(world.database, { id, email: 'Anna@Example.org' })
    expect(shared.emails).toEqual(['anna@elsewhere.example'])
    expect(await countRows(world.database, letters, shared)).toBe(1)
  })

  test('files by owner and by folder', async () => {
    for (const [name, owner] of [
      [`${world.anna.id}/a.png`, null],
      [`${world.anna.id.toUpperCase()}/b.png`, null],
      ['shared/c.png', world.anna.id],
      [`${world.ben.id}/${world.anna.id}/d.png`, world.ben.id],
    ]) {
      await world.admin.query('insert into storage.objects (bucket_id, name, owner_id) values ($1, $2, $3)', [
        'entry-media',
        name,
        owner,
      ])
    }
    const table = await world.tableOf('storage.objects')
    expect(await countRows(world.database, table, world.anna)).toBe(3)
    expect(await treatRows(world.database, table, world.anna, { limit: 10 })).toBe(0)
    expect(await countRows(world.database, table, world.anna)).toBe(3)
  })
})
