import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createTestDatabase, createUser, type TestDatabase } from '../../../../tests/support/database.ts'
import { allRows, fillPerson } from '../../../../tests/support/person-data.ts'
import { gdpr } from '../config/gdpr.ts'
import { type PersonalDataSettings, personalData } from '../config/personal-data.ts'
import { connect, type Database } from '../database/connection.ts'
import type { ErasurePlan, TablePlan } from './plan.ts'
import { planErasure } from './plan-erasure.ts'

let target: TestDatabase
let database: Database
let admin: pg.Client
let anna: string
let ben: string
beforeEach(async () => {
  target = await createTestDatabase()
  database = await connect(target.url)
  admin = new pg.Client({ connectionString: target.superuserUrl })
  await admin.connect()
  anna = await createUser(target, { email: 'Anna@Example.org' })
  ben = await createUser(target, { email: 'ben@example.org' })
  for (const id of [anna, ben]) await fillPerson(admin, id)
})
afterEach(async () => {
  await admin.end()
  await database.end()
  await target.drop()
})

const storage = { url: 'x', serviceRoleKey: 'y' }

async function plan(
  user = anna,
  options: { tables?: PersonalDataSettings['tables']; storage?: object | undefined; keepStatistics?: boolean } = {},
): Promise<ErasurePlan> {
  const config = {
    gdpr: gdpr.parse({ kAnonymity: 2 }),
    personalData: personalData.parse({ tables: options.tables ?? {} }),
  }
  const access = 'storage' in options ? options.storage : storage
  return await planErasure({ database, config, ...(access === undefined ? {} : { storage: access }) }, user, {
    keepStatistics: options.keepStatistics,
  })
}
const counts = (tables: TablePlan[]) =>
  Object.fromEntries(tables.filter(({ rows }) => rows > 0).map(({ table, rows }) => [table, rows]))

describe('the plan', () => {
  test('says what is erased, overwritten, kept for how long, and which files go; and changes nothing', async () => {
    const before = await allRows(admin)
    const found = await plan('ANNA@example.ORG')
    expect(found.user).toEqual({ id: anna, email: 'Anna@Example.org', createdAt: expect.any(Date) })
    expect(Object.keys(counts(found.erase))[0]).toBe('auth.users')
    expect(counts(found.erase)).toEqual({
      'auth.users': 1,
      'auth.identities': 1,
      'auth.mfa_amr_claims': 2,
      'auth.refresh_tokens': 2,
      'auth.sessions': 2,
      'private.rate_limits': 1,
      'public.performance_metrics': 3,
      'public.profiles': 1,
      'public.user_addictions': 2,
    })
    expect(found.overwrite.find(({ table }) => table === 'public.journal_entries')).toMatchObject({
      rows: 40,
      columns: { overwritten: expect.arrayContaining(['reflection', 'scores']), unlinked: ['user_id'] },
    })
    expect(found.keep.find(({ table }) => table === 'public.purchases')).toMatchObject({
      rows: 1,
      columns: { unlinked: ['user_id'] },
      ground: expect.stringContaining('accounting law'),
      period: '10 years',
      until: '2036-03-01',
    })
    expect(found.storage).toEqual([{ bucket: 'entry-media', objects: 2, bytes: 2000 }])
    expect(found.byHand.map(({ id }) => id)).toContain('backups')
    expect(found.obstacles).toEqual([])
    expect(await allRows(admin)).toEqual(before)
  })

  test('its id is the same however often and however it is asked, and another with one row more or less', async () => {
    const { id } = await plan()
    expect(id).toMatch(/^[0-9a-f]{12}$/)
    expect((await plan('anna@example.org')).id).toBe(id)
    expect((await plan(anna.toUpperCase())).id).toBe(id)
    expect((await plan(ben)).id).not.toBe(id)
    expect((await plan(anna, { keepStatistics: true })).id).not.toBe(id)
    // Of somebody else: nothing to do with it.
    await admin.query(`insert into public.user_addictions (user_id, kind, quit_on) values ($1, 'food', current_date)`, [
      ben,
    ])
    expect((await plan()).id).toBe(id)
    const { rows } = await admin.query(
      `insert into public.user_addictions (user_id, kind, quit_on) values ($1, 'food', current_date) returning id`,
      [anna],
    )
    expect((await plan()).id).not.toBe(id)
    await admin.query('delete from public.user_addictions where id = $1', [rows[0].id])
    expect((await plan()).id).toBe(id)
    await admin.query(`insert into storage.objects (bucket_id, name) values ('entry-media', $1)`, [`${anna}/one-more`])
    expect((await plan()).id).not.toBe(id)
  })

  test('with statistics it counts which scores stay, and which too few others wrote', async () => {
    const carl = await createUser(target)
    await admin.query(
      `insert into public.journal_entries (user_id, date, reflection, scores)
       select $1, date, 'x', '{"mood": 1}' from public.journal_entries where user_id = $2`,
      [carl, anna],
    )
    const { statistics } = await plan(anna, { keepStatistics: true })
    // k = 2: Ben and Carl wrote moods, cravings only Ben.
    expect(statistics).toEqual({ k: 2, kept: { rows: 40, scores: 40 }, lost: { rows: 0, scores: 40 } })
    expect(await plan()).not.toHaveProperty('statistics')
  })

  test('nobody of that name: an error as everywhere', async () => {
    await expect(plan('nobody@example.org')).rejects.toMatchObject({ code: 'user_not_found' })
    await expect(plan('anna')).rejects.toMatchObject({ code: 'user_malformed', exitCode: 2 })
  })
})

describe('what stands in the way', () => {
  test('a hold on everything blocks; on some tables it leaves them and what they need', async () => {
    const hold = (tables: string[] | null) =>
      admin.query(
        `insert into private.legal_holds (user_id, tables, reason, placed_by) values ($1, $2, 'a claim', 'dpo')`,
        [anna, tables],
      )
    await hold(['public.purchases'])
    const partial = await plan()
    expect(partial.obstacles).toMatchObject([
      { kind: 'hold', blocks: false, tables: expect.arrayContaining(['public.purchases']) },
    ])
    expect(partial.keep.find(({ table }) => table === 'public.purchases')).toMatchObject({ held: true })
    expect(partial.overwrite.find(({ table }) => table === 'public.journal_entries')).not.toHaveProperty('held')
    await hold(null)
    expect((await plan()).obstacles).toMatchObject([
      { kind: 'hold', blocks: true, do: expect.stringContaining('journeys gdpr hold list') },
    ])
    expect(JSON.stringify((await plan()).obstacles)).not.toContain('a claim')
  })

  test('a restriction, and an erasure that has begun', async () => {
    await admin.query(
      `insert into private.processing_restrictions (user_id, kind, reason, placed_by) values ($1, 'restriction', 'asked', 'dpo')`,
      [anna],
    )
    expect((await plan()).obstacles).toMatchObject([{ kind: 'restriction', blocks: true }])
    await admin.query('delete from private.processing_restrictions')
    await admin.query(
      `insert into private.erasure_ledger (id, subject_hash, key_id, user_id, due_at, actor, plan_id, plan)
       values ('E-0000000A', 'h', 'k', $1, now(), 'dpo', 'p', '{}')`,
      [anna],
    )
    expect((await plan()).obstacles).toMatchObject([
      { kind: 'erasure', blocks: true, do: 'go on with it: journeys gdpr anonymize E-0000000A' },
    ])
  })

  test('files without a key for the Storage API', async () => {
    expect((await plan(anna, { storage: undefined })).obstacles).toMatchObject([
      { kind: 'storage', blocks: true, summary: expect.stringContaining('2 files have') },
    ])
    const nobody = await createUser(target)
    expect((await plan(nobody, { storage: undefined })).obstacles).toEqual([])
  })

  test('a table that nobody has decided on blocks as soon as the person is in it, and not before', async () => {
    await database.query('create table public.notes (user_id uuid, text text)')
    await admin.query(`insert into public.notes values ($1, 'hm')`, [ben])
    expect((await plan()).obstacles).toEqual([])
    await admin.query(`insert into public.notes values ($1, 'hm')`, [anna])
    expect((await plan()).obstacles).toMatchObject([
      {
        kind: 'undecided',
        blocks: true,
        summary: 'public.notes: nobody has decided what becomes of user_id, text, in 1 row',
        tables: ['public.notes'],
      },
    ])
    // A row that goes as a whole takes a column along that nobody has decided about.
    expect((await plan(anna, { tables: { 'public.notes': { user_id: 'erase' } } })).obstacles).toEqual([])
  })

  test('rows to be treated that nothing ties to anybody, or that would look the same afterwards', async () => {
    await database.query('create table public.loose (a text)')
    await database.query('create table public.endless (user_id uuid, code uuid)')
    const tables = {
      'public.loose': { a: 'erase' },
      'public.endless': {
        user_id: { strategy: 'not-personal', reason: 'says nothing about anybody' },
        code: { strategy: 'overwrite', random: 'uuid' },
      },
    } as const
    expect((await plan(anna, { tables })).obstacles).toEqual([])
    await admin.query(`insert into public.loose values ('a')`)
    await admin.query('insert into public.endless values ($1, gen_random_uuid())', [anna])
    expect((await plan(anna, { tables })).obstacles).toMatchObject([
      { kind: 'undecided', summary: 'public.endless: nothing in a row would tell that it was treated, in 1 row' },
      { kind: 'undecided', summary: expect.stringContaining('public.loose: the map wants something done') },
    ])
  })

  test('rows of others that refer to rows that go: those that go with them, and those that keep them', async () => {
    await database.query(`
      create table public.posts (id int primary key, author uuid references auth.users (id));
      create table public.likes (post int references public.posts (id) on delete cascade, author uuid references auth.users (id));
      create table public.quotes (post int references public.posts (id), author uuid references auth.users (id));
    `)
    await admin.query('insert into public.posts values (1, $1), (2, $2)', [anna, ben])
    await admin.query('insert into public.likes values (1, $1), (1, $2), (2, $2)', [anna, ben])
    await admin.query('insert into public.quotes values (1, $1), (2, $2)', [anna, ben])
    const tables = {
      'public.posts': { id: 'erase', author: 'erase' },
      'public.likes': { post: 'erase', author: 'erase' },
      'public.quotes': { post: 'erase', author: 'erase' },
    } as const
    const goes = {
      kind: 'others',
      blocks: false,
      tables: ['public.likes'],
      summary: expect.stringContaining('1 row of somebody else'),
    }
    expect((await plan(anna, { tables })).obstacles).toMatchObject([goes])
    await admin.query('insert into public.quotes values (1, $1)', [ben])
    expect((await plan(anna, { tables })).obstacles).toMatchObject([
      goes,
      {
        kind: 'others',
        blocks: true,
        tables: ['public.quotes'],
        summary: expect.stringContaining('the database refuses'),
      },
    ])
  })

  test('tables that the database role may not change', async () => {
    await admin.query('create table public.shown (user_id uuid)')
    await admin.query('revoke all on public.shown from postgres, anon, authenticated, service_role')
    await admin.query('insert into public.shown values ($1)', [anna])
    const tables = { 'public.shown': { user_id: 'erase' } } as const
    expect((await plan(anna, { tables })).obstacles).toMatchObject([
      { kind: 'permission', blocks: true, summary: 'This database role may not change the rows of public.shown' },
    ])
    expect((await plan(ben, { tables })).obstacles).toEqual([])
  })
})
