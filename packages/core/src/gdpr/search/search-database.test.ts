import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTestDatabase, createUser, type TestDatabase } from '../../../../../tests/support/database.ts'
import { connect, type Database } from '../../database/connection.ts'
import { searchDatabase } from './search-database.ts'
import type { SearchTerm } from './term.ts'

const id = '4b0e3c1a-5d2f-4e6b-8a7c-9d0e1f2a3b91'
const email = 'Anna.Müller+diary@example.org'
const name = 'Anna Müller'
const phrase = 'today the harbour smelled of tar and oranges'
const quoted = 'she said "never again" \\ and\nleft the café — at once'

const terms: SearchTerm[] = [
  { kind: 'id', text: id },
  { kind: 'email', text: email },
  { kind: 'name', text: name },
  { kind: 'phrase', text: phrase },
  { kind: 'phrase', text: quoted },
  { kind: 'phone', text: '+33 6 12 34 56 78' },
]

let test_: TestDatabase
let admin: Database
let database: Database

beforeAll(async () => {
  test_ = await createTestDatabase()
  admin = await connect(test_.superuserUrl)
  database = await connect(test_.url)
  await database.query('create schema planted')
})
afterAll(async () => {
  await database?.end()
  await admin?.end()
  await test_?.drop()
})
beforeEach(async () => {
  await admin.query('drop schema planted cascade; create schema planted authorization postgres')
})

/** Places, as `table.column term`. */
async function places(searched: readonly SearchTerm[] = terms): Promise<string[]> {
  const { found } = await searchDatabase(database, searched)
  return found.map(({ table, column, term }) => `${table}.${column} ${term}`)
}

test('a database in which nobody of that kind ever was holds none of it, and everything could be read', async () => {
  await createUser(test_)
  const report = await searchDatabase(database, terms)
  expect(report.found).toEqual([])
  expect(report.shared).toEqual([])
  expect(report.notSearched).toEqual([])
  expect(report.terms).toEqual({ id: 1, email: 1, phone: 1, name: 1, phrase: 2 })
  expect(report.tables).toBeGreaterThan(20)
  expect(report.columns).toBeGreaterThan(100)
  expect(report.rows).toBeGreaterThan(0)
  expect(report.setAside).toEqual([
    { table: 'private.erasure_ledger', column: 'user_id', why: expect.stringContaining('until the erasure is done') },
  ])
})

test('searching for nothing proves nothing', async () => {
  await expect(searchDatabase(database, [])).rejects.toMatchObject({ code: 'search_without_terms' })
})

describe('a term in a column of every kind is found, with its place', () => {
  const b64 = (text: string) => Buffer.from(text).toString('base64')
  const hex = (text: string) => Buffer.from(text).toString('hex')
  const cases: [what: string, type: string, value: string, term: number][] = [
    ['text', 'text', `x ${phrase} y`, 3],
    ['varchar', 'varchar(200)', phrase, 3],
    ['char', 'char(80)', phrase, 3],
    ['name', 'name', email, 1],
    ['citext', 'citext', email.toUpperCase(), 1],
    ['json as written', 'json', JSON.stringify({ a: [phrase] }), 3],
    ['json with quotes and newlines', 'json', JSON.stringify({ a: [quoted] }), 4],
    ['json in ASCII', 'json', JSON.stringify({ a: quoted }).replace(/[^ -~]/g, unicodeEscape), 4],
    ['json with every letter escaped', 'json', `{"a":"${[...email].map(unicodeEscape).join('')}"}`, 1],
    ['the first of two equal keys', 'json', `{"a":"${email}","a":"b"}`, 1],
    [
      'json in text in ASCII, in capitals',
      'text',
      `{"a":"${[...email].map(unicodeEscape).join('').toUpperCase().replaceAll('\\U', '\\u')}"}`,
      1,
    ],
    ['jsonb', 'jsonb', JSON.stringify({ deep: [{ er: phrase }] }), 3],
    ['jsonb key', 'jsonb', JSON.stringify({ [email]: 1 }), 1],
    [
      'jsonb with quotes, newlines and escapes',
      'jsonb',
      JSON.stringify({ a: quoted }).replace(/[^ -~]/g, unicodeEscape),
      4,
    ],
    ['json inside jsonb', 'jsonb', JSON.stringify({ a: JSON.stringify({ b: quoted }) }), 4],
    ['json inside json inside json', 'json', JSON.stringify({ a: JSON.stringify({ b: JSON.stringify([quoted]) }) }), 4],
    ['uuid', 'uuid', id, 0],
    ['uuid in text', 'text', `user/${id}/picture.jpg`, 0],
    ['uuid in capitals', 'text', id.toUpperCase(), 0],
    ['uuid without hyphens', 'text', `x${id.replaceAll('-', '')}y`, 0],
    ['uuid in jsonb', 'jsonb', JSON.stringify([id]), 0],
    ['uuid[]', 'uuid[]', `{${randomUUID()},${id}}`, 0],
    ['text[]', 'text[]', `{a,"${phrase}"}`, 3],
    ['text[] with quotes', 'text[]', `{a,"${quoted.replace(/["\\]/g, '\\$&')}"}`, 4],
    ['jsonb[]', 'jsonb[]', `{"${JSON.stringify({ a: phrase }).replace(/["\\]/g, '\\$&')}"}`, 3],
    ['bytea: raw uuid', 'bytea', `\\x00ff${id.replaceAll('-', '')}10`, 0],
    ['bytea: UTF-8', 'bytea', `\\x00${hex(`${email} `)}`, 1],
    ['bytea: UTF-8 in capitals', 'bytea', `\\x${hex(email.toUpperCase())}`, 1],
    ['bytea: quotes and newlines', 'bytea', `\\x${hex(quoted)}00`, 4],
    ['bytea: JSON', 'bytea', `\\x${hex(JSON.stringify({ a: quoted }))}`, 4],
    ['bytea[]', 'bytea[]', `{"\\\\x${hex(phrase)}"}`, 3],
    ['xml', 'xml', `<a>${quoted.replaceAll('"', '&quot;')}</a>`, 4],
    ['tsvector: phrase', 'tsvector', "'smelled':3 'the':1 'harbour':2 'today':0", -1],
    ['e-mail in capitals', 'text', `mailto:${email.toUpperCase()}.`, 1],
    ['e-mail, percent-encoded', 'text', `/?to=${encodeURIComponent(email)}&x`, 1],
    ['e-mail, percent-encoded after an encoded colon', 'text', `mail%3A${encodeURIComponent(email)}%22`, 1],
    ['e-mail with only its at sign encoded', 'text', email.replace('@', '%40'), 1],
    ['e-mail, decomposed', 'text', email.normalize('NFD'), 1],
    ['e-mail after a newline in JSON', 'jsonb', JSON.stringify(`to:\n${email}`), 1],
    ['e-mail inside a token', 'text', `eyJ.${b64(`{"sub":1,"email":"${email}"}`)}.sig`, 1],
    ['id inside a token', 'text', b64(`{"sub":"${id}"}`), 0],
    ['name among words', 'text', `“${name}”, she said`, 2],
    ['name in capitals', 'text', name.toUpperCase(), 2],
    ['name in a URL', 'text', `?q=${name.replace(' ', '+')}`, 2],
    ['phone without its spaces', 'text', 'tel:+33612345678', 5],
    ['phone as a number', 'bigint', '33612345678', 5],
  ]
  // A column of its own for each: the search takes a second, and does not look at one column at a time either.
  test('all of them in one table', async () => {
    await admin.query('create extension if not exists citext with schema extensions')
    const planted = cases.filter(([, , , term]) => term >= 0)
    const columns = planted.map(([, type], index) => `c${index} ${type === 'citext' ? 'extensions.citext' : type}`)
    await admin.query(`create table planted.kinds (${columns.join(', ')}); alter table planted.kinds owner to postgres`)
    const inserted = planted.map((_, index) => `$${index + 1}`)
    await admin.query(
      `insert into planted.kinds values (${inserted.join(', ')})`,
      planted.map(([, , value]) => value),
    )
    const { found } = await searchDatabase(database, terms)
    for (const [index, [what, , , term]] of planted.entries()) {
      expect(
        found.map((one) => [one.column, one.term, one.rows]),
        what,
      ).toContainEqual([`c${index}`, term, 1])
    }
    expect(found.every(({ table }) => table === 'planted.kinds')).toBe(true)
  })

  test('the words of a phrase in a search index', async () => {
    await database.query(`create table planted.index (words tsvector);
      insert into planted.index values (to_tsvector('simple', 'and ${phrase} again')), (to_tsvector('simple', 'oranges and tar'))`)
    expect(await places()).toEqual(['planted.index.words 3'])
  })

  test('in domains, composites and arrays of them', async () => {
    await database.query(`create domain planted.user_id as uuid;
      create domain planted.note as text check (value <> '');
      create type planted.pair as (who planted.user_id, what planted.note, raw bytea);
      create table planted.typed (d1 planted.user_id, d2 planted.note, c planted.pair, a planted.pair[], n planted.note[])`)
    await database.query(
      `insert into planted.typed values
        ($1::uuid, $2::text, row($1::uuid, $2::text, convert_to($2::text, 'utf8')), array[row($1::uuid, null, null)::planted.pair], array[$2::text])`,
      [id, quoted],
    )
    expect(await places()).toEqual([
      'planted.typed.a 0',
      'planted.typed.c 0',
      'planted.typed.c 4',
      'planted.typed.d1 0',
      'planted.typed.d2 4',
      'planted.typed.n 4',
    ])
    await database.query(
      `update planted.typed set c = row(null, null, convert_to($1, 'utf8')), a = null, d2 = null, n = null`,
      [quoted],
    )
    expect(await places()).toEqual(['planted.typed.c 4', 'planted.typed.d1 0'])
  })

  test('in a materialized view, a partition, a child table, a retired month, large values and names that need quotes', async () => {
    await database.query(`create table planted."Some ""Table"" " ("Col umn" text);
      create table planted.parent (at int, note text) partition by range (at);
      create table planted.part partition of planted.parent for values from (0) to (10);
      create table planted.ancestor (note text);
      create table planted.child () inherits (planted.ancestor);
      create table planted.large (note text, data jsonb);
      create schema if not exists retired;
      create table retired.journal_entries_2020_01 (reflection text)`)
    await database.query('insert into planted."Some ""Table"" " values ($1)', [phrase])
    await database.query('insert into planted.parent values (1, $1)', [phrase])
    await database.query('insert into planted.child values ($1)', [phrase])
    await database.query(
      `insert into planted.large select string_agg(md5(i::text), ' ') || $1, jsonb_build_object('a', repeat('b', 100000) || $1)
       from generate_series(1, 20000) i`,
      [phrase],
    )
    await database.query('insert into retired.journal_entries_2020_01 values ($1)', [phrase])
    await database.query('create materialized view planted.copy as select note from planted.parent')
    expect(await places()).toEqual(
      [
        'planted.Some "Table" .Col umn 3',
        'planted.child.note 3',
        'planted.copy.note 3',
        'planted.large.data 3',
        'planted.large.note 3',
        'planted.part.note 3',
        'retired.journal_entries_2020_01.reflection 3',
      ].sort(),
    )
    await database.query('drop table retired.journal_entries_2020_01')
  })

  test('in a large object', async () => {
    const { rows } = await database.query<{ oid: number }>(`select lo_from_bytea(0, convert_to($1, 'utf8')) as oid`, [
      phrase,
    ])
    expect(await places()).toEqual(['pg_catalog.pg_largeobject.data 3'])
    await database.query('select lo_unlink($1)', [rows[0]?.oid])
    expect(await places()).toEqual([])
  })
})

test('each row counts once for each term, wherever it lies in a table of many blocks', async () => {
  await database.query(`create table planted.many (at int, note text, whose uuid);
    insert into planted.many select i, repeat(md5(i::text), 10), gen_random_uuid() from generate_series(1, 20000) i`)
  await database.query(`update planted.many set note = note || $1 || ' and ' || $1 where at in (1, 2, 7777, 20000); `, [
    phrase,
  ])
  await database.query('update planted.many set whose = $1 where at % 5000 = 0', [id])
  const { found, rows } = await searchDatabase(database, terms)
  expect(found.map(({ column, rows: count }) => [column, count])).toEqual([
    ['note', 4],
    ['whose', 4],
  ])
  expect(rows).toBeGreaterThan(20_000)
})

test('what is like it but not it is not found', async () => {
  await database.query('create table planted.others (note text, number bigint)')
  const others = [
    `x${email}`,
    `${email}.uk`,
    'Joanna Müller',
    'Anna Müllerin',
    'anna',
    id.replace('91', '92'),
    phrase.replace('tar', 'tears'),
    '133612345678',
    '3361234567',
  ]
  for (const note of others) await database.query('insert into planted.others values ($1, 133612345678)', [note])
  expect(await places()).toEqual([])
})

test("a name in another living person's own row is shared; in anybody else's or nobody's row it is found, and so is all else", async () => {
  const ben = await createUser(test_)
  const gone = randomUUID()
  await database.query('create table planted.notes (user_id uuid, approved_by text, note text)')
  const add = (who: string | null, note: string, by: string | null = null) =>
    database.query('insert into planted.notes values ($1, $3, $2)', [who, note, by])
  await add(ben, `I met ${name} today`)
  await add(gone, `${name} and me`)
  await add(null, name)
  await add(id, name)
  await add(null, `for ${name}`, ben)
  await add(ben, phrase)
  const { found, shared } = await searchDatabase(database, terms)
  const counted = (list: typeof found) => list.map(({ kind, column, rows }) => `${kind} in ${column}: ${rows}`)
  expect(counted(shared)).toEqual(['name in note: 1'])
  expect(counted(found)).toEqual(['name in note: 4', 'phrase in note: 1', 'id in user_id: 1'])
})

test('a finding keeps its id from search to search, and says nothing of the term', async () => {
  await database.query('create table planted.notes (note text)')
  await database.query('insert into planted.notes values ($1)', [phrase])
  const [first] = (await searchDatabase(database, terms)).found
  await database.query('insert into planted.notes values ($1)', [phrase])
  const [second] = (await searchDatabase(database, terms)).found
  expect(second).toEqual({ ...first, rows: 2 })
  expect(first?.id).toMatch(/^F-[0-9A-F]{8}$/)
  expect(JSON.stringify(first)).not.toContain('harbour')
})

describe('what it may not or cannot read is said', () => {
  test('a table without the right to read it, one whose rows are hidden, and one on another server', async () => {
    await admin.query(`create table planted.secret (note text);
      create role planted_reader login password 'reader' nobypassrls;
      grant usage on schema planted, auth, private to planted_reader;
      create table planted.hidden (note text);
      alter table planted.hidden enable row level security;
      grant select on planted.hidden to planted_reader;
      create extension if not exists postgres_fdw with schema extensions;
      create server elsewhere foreign data wrapper postgres_fdw;
      create foreign table planted.abroad (note text) server elsewhere;
      grant select on planted.abroad to planted_reader`)
    const url = new URL(test_.url)
    url.username = 'planted_reader'
    url.password = 'reader'
    const reader = await connect(url.href)
    try {
      const { notSearched } = await searchDatabase(reader, terms)
      expect(notSearched).toEqual(
        expect.arrayContaining([
          { table: 'planted.secret', why: 'the database role may not read it' },
          { table: 'planted.hidden', why: 'row-level security hides rows from the database role' },
          { table: 'planted.abroad', why: 'a foreign table: its rows are on another server' },
          { table: 'auth.users', why: 'the database role may not read it' },
        ]),
      )
    } finally {
      await reader.end()
      await admin.query(`drop server elsewhere cascade; drop owned by planted_reader; drop role planted_reader`)
    }
  })

  test('a table that somebody keeps locked', async () => {
    await database.query(
      `create table planted.locked as select 'a' as note; create table planted.open as select $$${phrase}$$ as note`,
    )
    await database.session(async (other) => {
      await other.transaction(async (transaction) => {
        await transaction.query('lock table planted.locked in access exclusive mode')
        const { found, notSearched } = await searchDatabase(admin, terms)
        expect(notSearched).toEqual([{ table: 'planted.locked', why: 'somebody held a lock on it' }])
        expect(found.map(({ table }) => table)).toEqual(['planted.open'])
      })
    })
  })
})

test('every statement is read-only', async () => {
  const begins: string[] = []
  const watched: Database = {
    ...database,
    query: () => Promise.reject(new Error('outside a read-only transaction')),
    transaction: () => Promise.reject(new Error('a transaction that may write')),
    session: () => Promise.reject(new Error('a session that may write')),
    readOnly: (work) =>
      database.readOnly(async (transaction) => {
        const { rows } = await transaction.query<{ mode: string }>(`select 'read only' as mode`)
        begins.push(rows[0]?.mode ?? '')
        return await work(transaction)
      }),
  }
  // A query before "set transaction snapshot" is refused by Postgres: so the transactions that import it are not asked.
  await expect(searchDatabase(watched, terms)).rejects.toThrow(
    'SET TRANSACTION SNAPSHOT must be called before any query',
  )
  const { found } = await searchDatabase({ ...watched, readOnly: database.readOnly }, terms)
  expect(found).toEqual([])
})

test('a materialized view that is refreshed meanwhile is searched as it is then', async () => {
  await database.query(`create table planted.source (note text); insert into planted.source values ($$${phrase}$$);
    create materialized view planted.copy as select note from planted.source`)
  let refreshed = false
  const readOnly: Database['readOnly'] = async (work) => {
    // After the coordinator's snapshot, before the first look.
    return await database.readOnly(async (transaction) => {
      const answer = await work({
        query: async (text, values) => {
          const result = await transaction.query(text, values)
          if (!refreshed && text.includes('pg_export_snapshot')) {
            refreshed = true
            await admin.query('refresh materialized view planted.copy; truncate planted.source')
          }
          return result as never
        },
      })
      return answer
    })
  }
  expect((await searchDatabase({ ...database, readOnly }, terms)).found.map(({ table }) => table)).toEqual([
    'planted.copy',
  ])
})

test('progress comes to its end, and Ctrl-C ends the search', async () => {
  await database.query(
    `create table planted.many as select repeat(md5(i::text), 20) as note from generate_series(1, 20000) i`,
  )
  const seen: number[] = []
  let total = 0
  await searchDatabase(database, terms, {
    onProgress: (progress) => {
      seen.push(progress.done)
      total = progress.total
    },
  })
  expect(seen).toEqual([...seen].sort((a, b) => a - b))
  expect(Math.abs((seen.at(-1) ?? 0) - total)).toBeLessThan(8192 * 2)
  const stop = new AbortController()
  const search = searchDatabase(database, terms, { signal: stop.signal, onProgress: () => stop.abort() })
  await expect(search).rejects.toThrow('This operation was aborted')
})

test('any text at all is found in text, jsonb and bytea, whatever stands around it', async () => {
  await database.query(
    'create table planted.any (id int primary key, plain text, document jsonb, raw bytea, list text[])',
  )
  // What Postgres can hold: no NUL, no half of a surrogate pair.
  const text = fc
    .string({ unit: 'grapheme', maxLength: 40 })
    .filter((one) => !one.includes('\0') && Buffer.from(one).toString() === one)
  const wanted = text.filter((one) => one.trim().length >= 8)
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(text, wanted, text), { minLength: 1, maxLength: 12 }), async (rows) => {
      await database.query('truncate planted.any')
      for (const [index, [before, searched, after]] of rows.entries()) {
        const whole = `${before}${searched}${after}`
        await database.query(`insert into planted.any values ($1, $2, $3, convert_to($2, 'utf8'), array[$2])`, [
          index,
          whole,
          JSON.stringify({ a: [whole] }),
        ])
      }
      const phrases = rows.map(([, searched]): SearchTerm => ({ kind: 'phrase', text: searched }))
      const { found } = await searchDatabase(database, phrases)
      for (const term of rows.keys()) {
        const columns = found.filter((one) => one.term === term).map(({ column }) => column)
        expect(columns, JSON.stringify(rows[term])).toEqual(['document', 'list', 'plain', 'raw'])
      }
    }),
    { numRuns: 25 },
  )
})

function unicodeEscape(character: string): string {
  return [...Array(character.length).keys()]
    .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
    .join('')
}
