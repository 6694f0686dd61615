import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, createUser, type TestDatabase } from '../../../../../tests/support/database.ts'
import { allRows, fillPerson } from '../../../../../tests/support/person-data.ts'
import { treatAll } from '../../../../../tests/support/treat-all.ts'
import { personalData } from '../../config/personal-data.ts'
import { connect, type Database } from '../../database/connection.ts'
import { personalDataMap } from '../map.ts'
import { countEach } from './count-rows.ts'
import { readPersonTables } from './read-person-tables.ts'
import { type RowOwner, readRowOwner } from './row-owner.ts'

let target: TestDatabase
let database: Database
let admin: pg.Client
beforeAll(async () => {
  target = await createTestDatabase()
  database = await connect(target.url)
  admin = new pg.Client({ connectionString: target.superuserUrl })
  await admin.connect()
  // Rows of nobody, of one, of two people; by key, by name, by address, and through a row of somebody.
  await database.query(`
    create schema app;
    create table app.posts (id int primary key, author uuid references auth.users (id), text text);
    create table app.replies (
      id int primary key, post int references app.posts (id) on delete set null, author uuid references auth.users (id), text text
    );
    create table app.talks (
      id int primary key, host uuid references auth.users (id), guest_user uuid references auth.users (id), notes text
    );
    create table app.invitations (id int primary key, invited_by uuid, email text, text text);
  `)
})
afterAll(async () => {
  await admin?.end()
  await database?.end()
  await target?.drop()
})

const erase = (columns: string) => Object.fromEntries(columns.split(' ').map((name) => [name, 'erase' as const]))
const map = personalDataMap(
  personalData.parse({
    tables: {
      'app.posts': erase('id author text'),
      'app.replies': erase('id post author text'),
      'app.talks': {
        id: { strategy: 'not-personal', reason: 'a number in a row' },
        host: 'unlink',
        guest_user: 'unlink',
        notes: { strategy: 'overwrite', value: '[GONE]' },
      },
      'app.invitations': erase('id invited_by email text'),
    },
  }),
)

const size = fc.integer({ min: 0, max: 9 })
const life = fc.record({
  entries: fc.integer({ min: 0, max: 60 }),
  addictions: size,
  purchases: size,
  metrics: size,
  sessions: fc.integer({ min: 0, max: 3 }),
  files: size,
})
/** 0 nobody, 1 Anna, 2 Ben. */
const who = fc.integer({ min: 0, max: 2 })
const links = fc.record({
  posts: fc.array(who, { minLength: 1, maxLength: 6 }),
  replies: fc.array(fc.tuple(fc.nat(5), who), { maxLength: 8 }),
  talks: fc.array(fc.tuple(who, who), { maxLength: 6 }),
  invitations: fc.array(fc.tuple(who, who), { maxLength: 6 }),
})

async function person(): Promise<RowOwner> {
  const id = await createUser(target)
  return await readRowOwner(database, { id, email: `${id}@example.test` })
}

async function link(
  people: readonly (RowOwner | null)[],
  { posts, replies, talks, invitations }: typeof links extends fc.Arbitrary<infer Links> ? Links : never,
) {
  const id = (index: number) => people[index]?.id ?? null
  await admin.query('truncate app.posts, app.replies, app.talks, app.invitations')
  for (const [n, author] of posts.entries()) {
    await admin.query('insert into app.posts values ($1, $2, $3)', [n, id(author), 'post'])
  }
  for (const [n, [post, author]] of replies.entries()) {
    const to = post < posts.length ? post : null
    await admin.query('insert into app.replies values ($1, $2, $3, $4)', [n, to, id(author), 'reply'])
  }
  for (const [n, [host, guest]] of talks.entries()) {
    await admin.query('insert into app.talks values ($1, $2, $3, $4)', [n, id(host), id(guest), 'notes'])
  }
  for (const [n, [by, to]] of invitations.entries()) {
    const email = people[to]?.emails[0]?.toUpperCase() ?? null
    await admin.query('insert into app.invitations values ($1, $2, $3, $4)', [n, id(by), email, 'come'])
  }
}

test('whatever two people have: treated to the end nothing of the one is left, and nothing of the other is changed', async () => {
  await fc.assert(
    fc.asyncProperty(life, life, links, fc.integer({ min: 1, max: 40 }), async (annas, bens, linked, limit) => {
      const anna = await person()
      const ben = await person()
      await fillPerson(admin, anna.id, annas)
      await fillPerson(admin, ben.id, bens)
      await link([null, anna, ben], linked)
      const names = (row: string, { id, emails }: RowOwner) =>
        [id, ...emails].some((text) => row.toLowerCase().includes(text))
      // That a post of Anna's is gone shows in Ben's reply, and nothing else does.
      const onlyBens = async () =>
        Object.entries(await allRows(admin, (row) => names(row, ben) && !names(row, anna))).flatMap(([table, rows]) =>
          rows.map((row) => `${table} ${table === 'app.replies' ? row.replace(/"post": \w+/, '') : row}`),
        )
      const before = await onlyBens()
      const { tables, open } = await readPersonTables(database, map)
      expect(open.filter(({ table }) => table.schema === 'app')).toEqual([])

      await treatAll(
        database,
        tables.filter(({ viaAccount }) => !viaAccount),
        anna,
        { limit },
      )
      // As Storage does, row and file together.
      await admin.query('begin')
      await admin.query("set local storage.allow_delete_query = 'true'")
      await admin.query('delete from storage.objects where owner_id = $1', [anna.id])
      await admin.query('commit')
      await treatAll(
        database,
        tables.filter(({ viaAccount }) => viaAccount),
        anna,
        { limit },
      )

      const left = await countEach(database, tables, anna)
      expect(left.filter(({ table, rows }) => table.what !== 'keep' && rows > 0)).toEqual([])
      expect(Object.keys(await allRows(admin, (row) => names(row, anna) && !names(row, ben)))).toEqual([])
      const after = new Set(await onlyBens())
      expect(before.filter((row) => !after.has(row))).toEqual([])
    }),
    { numRuns: 15 },
  )
}, 120_000)
