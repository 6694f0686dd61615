import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTestDatabase, createUser, type TestDatabase } from '../../../../../tests/support/database.ts'
import { defaultConfig } from '../../config/schema.ts'
import { connect, type Database } from '../../database/connection.ts'
import { personalDataMap } from '../map.ts'
import { collectTerms } from './collect-terms.ts'
import { distinctPhrases, phraseOf } from './phrase.ts'
import { searchDatabase } from './search-database.ts'
import type { TermKind } from './term.ts'

let testDatabase: TestDatabase
let admin: Database
let database: Database
let id: string
const email = 'anna.schmidt@example.test'

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  admin = await connect(testDatabase.superuserUrl)
  database = await connect(testDatabase.url)
})
afterAll(async () => {
  await database?.end()
  await admin?.end()
  await testDatabase?.drop()
})
beforeEach(async () => {
  await admin.query('delete from auth.users')
  id = await createUser(testDatabase, { email })
})

const collect = () => database.readOnly((transaction) => collectTerms(transaction, map, { id, email }))
const map = personalDataMap(defaultConfig().personalData)

async function textsOf(kind: TermKind): Promise<string[]> {
  return (await collect()).filter((term) => term.kind === kind).map(({ text }) => text)
}

/** So many entries, one every few days, each with words of its own. */
async function write(
  entries: number,
  text = `'entry number ' || i || ' says ' || md5(i::text) || ' and ' || md5((-i)::text) || ' to the end'`,
) {
  await admin.query(
    `insert into public.journal_entries (user_id, date, reflection)
     select $1, current_date - i * 600 / ${entries}, ${text} from generate_series(1, ${entries}) i`,
    [id],
  )
}

test('of somebody who only signed up: the id first, and the address', async () => {
  expect(await collect()).toEqual([
    { kind: 'id', text: id },
    { kind: 'email', text: email },
  ])
})

test('ids, addresses, numbers and names from wherever the account has them', async () => {
  await admin.query(
    `update auth.users set phone = '33612345678', email_change = 'new@example.test',
       raw_user_meta_data = '{"full_name": "Anna Schmidt", "name": "anna@work.example", "theme": "dark", "first_name": "A"}' where id = $1`,
    [id],
  )
  await admin.query(
    `insert into auth.identities (provider_id, user_id, identity_data, provider)
     values ('106839201746382910475', $1, '{"email": "anna@provider.example", "given_name": "Annika"}', 'google')`,
    [id],
  )
  await admin.query(`insert into public.profiles (user_id, display_name) values ($1, 'Änni')`, [id])
  expect((await textsOf('email')).sort()).toEqual(
    [email, 'anna@provider.example', 'anna@work.example', 'new@example.test'].sort(),
  )
  expect(await textsOf('phone')).toEqual(['33612345678'])
  expect((await textsOf('name')).sort()).toEqual(['Anna Schmidt', 'Annika', 'Änni'].sort())
  expect(await textsOf('id')).toContain('106839201746382910475')
})

test('ids of rows that go, never of those that are kept by law', async () => {
  await write(3)
  await admin.query(
    `insert into public.purchases (user_id, plan, amount_cents, currency, idempotency_key, status, period_start, period_end)
     values ($1, 'monthly', 500, 'EUR', 'a-key-of-the-device', 'paid', now(), now() + interval '1 month')`,
    [id],
  )
  const { rows } = await admin.query<{ entry: string; purchase: string }>(
    `select (select id::text from public.journal_entries where user_id = $1 limit 1) as entry,
       (select id::text from public.purchases where user_id = $1) as purchase`,
    [id],
  )
  const ids = await textsOf('id')
  expect(ids).toContain(rows[0]?.entry)
  expect(ids).not.toContain(rows[0]?.purchase)
})

describe('phrases', () => {
  test('at least fifty from different entries over the whole time, each of five words and 24 characters', async () => {
    await write(500)
    const phrases = await textsOf('phrase')
    expect(phrases.length).toBeGreaterThanOrEqual(50)
    for (const phrase of phrases) {
      expect(phrase.length).toBeGreaterThanOrEqual(24)
      expect(phrase.split(' ').length).toBeGreaterThanOrEqual(5)
    }
    const { rows } = await admin.query<{ entry: string; date: string }>(
      `select distinct on (phrase) j.id::text as entry, j.date::text as date
       from unnest($1::text[]) as phrase join public.journal_entries j on strpos(j.reflection, phrase) > 0`,
      [phrases],
    )
    expect(rows).toHaveLength(phrases.length)
    expect(new Set(rows.map(({ entry }) => entry)).size).toBe(phrases.length)
    const days = rows.map(({ date }) => Date.parse(date)).sort((a, b) => a - b)
    expect(((days.at(-1) ?? 0) - (days[0] ?? 0)) / 86_400_000).toBeGreaterThan(500)
  })

  test('several of each entry when there are few', async () => {
    await write(2, `(select string_agg(md5((i * 1000 + g)::text), ' ') from generate_series(1, 60) g)`)
    expect((await textsOf('phrase')).length).toBeGreaterThanOrEqual(8)
  })

  test('none that the person wrote twice, or that is a template of others', async () => {
    const ben = await createUser(testDatabase)
    await admin.query(
      `insert into public.journal_entries (user_id, date, reflection)
       select who, current_date, 'Three things that I am grateful for today: sun' from unnest($1::uuid[]) as who`,
      [[id, ben]],
    )
    await admin.query(
      `insert into public.journal_entries (user_id, date, reflection)
       select $1, current_date - i, 'I do the same thing every single day, number ' || i from generate_series(1, 3) i`,
      [id],
    )
    expect(await textsOf('phrase')).toEqual([])
  })

  test('of the profile and of goals, too', async () => {
    await admin.query(
      `insert into public.profiles (user_id, display_name, bio) values ($1, 'A.', 'I build wooden boats on the northern shore')`,
      [id],
    )
    await admin.query(
      `insert into public.user_addictions (user_id, kind, quit_on, goal)
       values ($1, 'alcohol', current_date, 'a summer on the water without a single beer')`,
      [id],
    )
    expect((await textsOf('phrase')).sort()).toEqual([
      'I build wooden boats on the northern shore',
      'a summer on the water without a single beer',
    ])
  })
})

test('what was collected finds the person, and finds nothing once they are gone; others with the same name stay theirs', async () => {
  await write(120)
  const ben = await createUser(testDatabase)
  for (const who of [id, ben]) {
    await admin.query(`insert into public.profiles (user_id, display_name) values ($1, 'Anna Schmidt')`, [who])
  }
  const terms = await collect()
  const before = await searchDatabase(database, terms)
  const places = new Set(before.found.map(({ table, column }) => `${table}.${column}`))
  expect([...places]).toEqual(
    expect.arrayContaining([
      'auth.users.id',
      'auth.users.email',
      'public.profiles.user_id',
      'public.profiles.display_name',
    ]),
  )
  expect([...places].filter((place) => place.startsWith('partitions.')).length).toBeGreaterThan(10)
  await admin.query('delete from auth.users where id = $1', [id])
  const after = await searchDatabase(database, terms)
  expect(after.found).toEqual([])
  expect(after.shared).toMatchObject([{ kind: 'name', table: 'public.profiles', column: 'display_name', rows: 1 }])
})

test.each([
  ['too few words here', undefined],
  ['one two three four five', undefined],
  ['one two three four fivesix', 'one two three four fivesix'],
  ['a "quoted part" <b>and some markup</b> but then six plain words of text', 'but then six plain words of text'],
  ['first line\nthe second line of this text is longer', 'the second line of this text is longer'],
  ['spaced    out   words  are   kept as they are', 'spaced    out   words  are   kept as they are'],
  ['今日は海の近くを長い時間歩いてとても気持ちがよかった', 'は海の近くを長い時間歩いてとても'],
])('of %j it takes %j', (text, phrase) => {
  expect(phraseOf(text, 0.2)).toBe(phrase)
})

test('phrases of many texts are unlike each other', () => {
  const texts = Array.from(
    { length: 300 },
    (_, index) => `on day ${index} something ${index * 7} happened to me ${index}`,
  )
  const phrases = distinctPhrases(texts, [])
  expect(phrases).toHaveLength(60)
  expect(new Set(phrases).size).toBe(60)
})
