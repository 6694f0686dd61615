import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  createPlantedDatabase,
  email,
  id,
  name,
  type PlantedDatabase,
  phrase,
  quoted,
  plantedTerms as terms,
} from '../../../../../tests/support/planted.ts'
import type { Database } from '../../database/connection.ts'
import { searchDatabase } from './search-database.ts'
import type { SearchTerm } from './term.ts'

let planted: PlantedDatabase
let admin: Database
let database: Database

beforeAll(async () => {
  planted = await createPlantedDatabase()
  admin = planted.admin
  database = planted.database
})
afterAll(() => planted?.drop())
beforeEach(() => planted.clear())

/** Places, as `table.column term`. */
async function places(): Promise<string[]> {
  const { found } = await searchDatabase(database, terms)
  return found.map(({ table, column, term }) => `${table}.${column} ${term}`)
}

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
    const columns = cases.map(([, type], index) => `c${index} ${type === 'citext' ? 'extensions.citext' : type}`)
    await admin.query(`create table planted.kinds (${columns.join(', ')}); alter table planted.kinds owner to postgres`)
    const inserted = cases.map((_, index) => `$${index + 1}`)
    await admin.query(
      `insert into planted.kinds values (${inserted.join(', ')})`,
      cases.map(([, , value]) => value),
    )
    const { found } = await searchDatabase(database, terms)
    for (const [index, [what, , , term]] of cases.entries()) {
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
