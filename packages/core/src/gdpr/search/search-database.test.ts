import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createUser } from '../../../../../tests/support/database.ts'
import {
  createPlantedDatabase,
  email,
  id,
  name,
  type PlantedDatabase,
  phrase,
  plantedTerms as terms,
} from '../../../../../tests/support/planted.ts'
import { connect, type Database } from '../../database/connection.ts'
import { searchDatabase } from './search-database.ts'

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

test('a database in which nobody of that kind ever was holds none of it, and everything could be read', async () => {
  await createUser(planted.target)
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
  const ben = await createUser(planted.target)
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
    const url = new URL(planted.target.url)
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

test('every statement is in a read-only transaction, and the database says so', async () => {
  const modes: string[] = []
  const never = () => Promise.reject(new Error('outside a read-only transaction'))
  const watched: Database = {
    ...database,
    ...{ query: never, transaction: never, session: never },
    readOnly: (work) =>
      database.readOnly(async (transaction) => {
        const result = await work(transaction)
        const { rows } = await transaction.query<{ mode: string }>(
          `select current_setting('transaction_read_only') as mode`,
        )
        modes.push(rows[0]?.mode ?? '')
        return result
      }),
  }
  expect((await searchDatabase(watched, terms)).found).toEqual([])
  expect(modes.length).toBeGreaterThan(5)
  expect(new Set(modes)).toEqual(new Set(['on']))
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
