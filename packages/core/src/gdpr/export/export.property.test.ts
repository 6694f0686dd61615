import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type Database, defaultConfig } from '@journeys/core/ops'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { createTestDatabase, createUser, type TestDatabase } from '../../../../../tests/support/database.ts'
import { openExport } from '../../../../../tests/support/export.ts'
import { exportPerson } from './export.ts'

let testDatabase: TestDatabase
let database: Database
let user: string
beforeAll(async () => {
  testDatabase = await createTestDatabase()
  database = await connect(testDatabase.url)
  user = await createUser(testDatabase)
  await database.query(`create table public.things (
    user_id uuid not null references auth.users (id), place int primary key, words text, short varchar(40), yes boolean, big bigint,
    exact numeric, rough double precision, day date, instant timestamptz, there timestamp, long interval, doc jsonb, plain json,
    list text[], raw bytea, "Odd ""name"", with = and
break" text
  )`)
})
afterAll(async () => {
  await database?.end()
  await testDatabase?.drop()
})

// Postgres has no text with a NUL in it, and UTF-8 no lone surrogates.
const text = fc.string({ unit: 'binary', maxLength: 40 }).map((one) => one.replaceAll('\u0000', ''))
const tricky = fc.oneof(
  text,
  text.map((one) => `=${one}`),
  fc.constantFrom(
    '',
    "'",
    '"',
    '""',
    "'=",
    '-5',
    '+1',
    '@x',
    '\t',
    '\r\n',
    '\n',
    ',',
    ';',
    'null',
    '\\',
    '\ufeff',
    '＝',
    '[another person]',
  ),
  fc.string({ unit: fc.constantFrom('"', "'", ',', '\n', '\r', '=', ' ', 'ä', '🌿', '\\', '-') }),
)
const json = fc.jsonValue({ maxDepth: 2 }).filter((one) => !JSON.stringify(one).includes('\\u0000'))
const maybe = <T>(some: fc.Arbitrary<T>) => fc.option(some, { freq: 5 })
const moment = fc.date({
  min: new Date('0001-01-01T00:00:00Z'),
  max: new Date('9999-12-31T00:00:00Z'),
  noInvalidDate: true,
})

const row = fc.record({
  words: maybe(tricky),
  // Characters, not the units of UTF-16 that are counted here.
  short: maybe(tricky.map((one) => [...one].slice(0, 40).join(''))),
  yes: maybe(fc.boolean()),
  big: maybe(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)),
  exact: maybe(fc.tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.nat(999)).map(([a, b]) => `${a}.${b}`)),
  rough: maybe(fc.oneof(fc.double({ noNaN: true }), fc.constant('NaN')).map(String)),
  day: maybe(
    fc.oneof(
      moment.map((one) => one.toISOString().slice(0, 10)),
      fc.constantFrom('infinity', '-infinity', '0044-03-15 BC'),
    ),
  ),
  instant: maybe(
    fc.oneof(
      moment.map((one) => one.toISOString()),
      fc.constant('infinity'),
    ),
  ),
  there: maybe(moment.map((one) => one.toISOString().slice(0, 23))),
  long: maybe(
    fc.tuple(fc.nat(99), fc.integer({ min: -99, max: 99 })).map(([days, hours]) => `${days} days ${hours} hours`),
  ),
  doc: maybe(json.map((one) => JSON.stringify(one))),
  plain: maybe(json.map((one) => JSON.stringify(one, null, 1))),
  list: maybe(fc.array(maybe(tricky), { maxLength: 3 })),
  raw: maybe(fc.uint8Array({ maxLength: 20 }).map((one) => Buffer.from(one))),
  odd: maybe(tricky),
})

test('whatever is in the rows, CSV and JSON read by somebody else give exactly them, and fit the schema', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'journeys-export-'))
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 30 }), async (rows) => {
        await database.query('truncate public.things')
        for (const [place, one] of rows.entries()) {
          await database.query(
            `insert into public.things values ($1, $2, ${Array.from({ length: 15 }, (_, n) => `$${n + 3}`).join(', ')})`,
            [user, place, ...Object.values(one)],
          )
        }
        const file = join(folder, 'things.zip')
        const context = {
          database,
          config: defaultConfig(),
          environment: { name: 'test' },
          storage: () => ({ url: 'http://127.0.0.1:9', serviceRoleKey: '' }),
          actor: 'dpo',
        }
        await exportPerson(context, user, { file, force: true })
        const unpacked = await mkdtemp(join(folder, 'unpacked-'))
        const opened = await openExport(file, unpacked)
        const objects = await opened.rows('public.things')
        const cells = await opened.csv('public.things')
        const described = JSON.parse(await opened.text('schema/public.things.schema.json'))
        await rm(unpacked, { recursive: true })

        expect(objects).toHaveLength(rows.length)
        expect(cells).toHaveLength(rows.length)
        // JSON has integers of any size; zod, being JavaScript, takes only those that are exact there.
        const exact = ({ big, ...one }: Record<string, unknown>) => ({
          ...one,
          big: Number.isSafeInteger(big) ? big : null,
        })
        z.fromJSONSchema(described).parse(objects.map(exact))
        const odd = 'Odd "name", with = and\nbreak'
        for (const [place, wrote] of rows.entries()) {
          const object = objects[place] ?? {}
          const cell = cells[place] ?? {}
          // Against what was written.
          expect(object).toMatchObject({ user_id: user, place, words: wrote.words, short: wrote.short, yes: wrote.yes })
          expect(object).toMatchObject({ list: wrote.list, [odd]: wrote.odd })
          expect(object.doc).toEqual(wrote.doc === null ? null : asStored(JSON.parse(wrote.doc)))
          expect(object.plain).toEqual(wrote.plain === null ? null : JSON.parse(wrote.plain))
          expect(object.raw).toEqual(wrote.raw === null ? null : `\\x${wrote.raw.toString('hex')}`)
          expect(cell).toMatchObject({ words: wrote.words, short: wrote.short, big: wrote.big, [odd]: wrote.odd })
          // Against each other: a cell is the JSON value as text.
          for (const [name, value] of Object.entries(object)) {
            const found = cell[name] ?? null
            if (name === 'doc' || name === 'plain')
              expect(found === null ? null : JSON.parse(found), name).toEqual(value)
            else if (typeof value === 'string' || value === null) expect(found, name).toBe(value)
            else if (typeof value === 'number') expect(Number(found), name).toBe(value)
            else expect(JSON.parse(found ?? 'null'), name).toEqual(value)
          }
        }
      }),
      { numRuns: 25 },
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

/** jsonb keeps no negative zero. */
function asStored(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_key, one) => (Object.is(one, -0) ? 0 : one))
}
