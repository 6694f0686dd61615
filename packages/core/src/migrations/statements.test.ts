import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../../tests/support/database.ts'
import { splitStatements } from './statements.ts'

const texts = async (sql: string) => (await splitStatements(sql))?.statements.map(({ text }) => text)

describe('where a splitter by hand goes wrong', () => {
  test.each([
    ['dollar quotes', 'do $$ begin; null; end $$', 'select $x$ ; $$ ; $x$'],
    ['a backslash in an E string', "select E'a\\';b'", 'select 2'],
    ['doubled quotes', "select 'it''s; me'", 'select ";""" as ";"'],
    ['a nested comment', '/* a /* b; */ c; */ select 1', 'select 2'],
    [
      'a body of begin atomic',
      'create function f() returns int begin atomic select 1; select case when true then 1 end; end',
      'select 3',
    ],
    ['a dollar sign in a name', 'select 1 as a$b$', 'select 2 as b$b$'],
    [
      'a rule in parentheses',
      'create rule r as on insert to t do also (insert into a values (1); insert into b values (2))',
      'select 2',
    ],
    ['the word end in a name', 'select 1 as "end"', 'select 2'],
    ['letters of many bytes', "select 'é😀;'", "select 'ü'"],
  ])('%s', async (_, first, second) => {
    const bare = first.replace(/^\/\*.*\*\/ /, '')
    expect(await texts(`${first};\n${second};`)).toEqual([bare, second])
    expect(await texts(`${first} ; ${second}`)).toEqual([bare, second])
  })
})

test('each statement knows its line, and the history gets the comments before it', async () => {
  const sql = '-- why; é\n\nselect 1; -- after\n\n/* two\n lines */ select 2\n;;\n-- last words;\n'
  expect(await splitStatements(sql)).toEqual({
    statements: [
      { text: 'select 1', line: 3, transactionControl: undefined },
      { text: 'select 2', line: 6, transactionControl: undefined },
    ],
    recorded: ['-- why; é\n\nselect 1', '-- after\n\n/* two\n lines */ select 2', '-- last words;'],
  })
})

test('a file with nothing but comments has no statement; text that is no SQL is left to the server', async () => {
  expect(await splitStatements('-- nothing;\n')).toEqual({ statements: [], recorded: ['-- nothing;'] })
  expect(await splitStatements('')).toEqual({ statements: [], recorded: [] })
  expect(await splitStatements('selec 1;')).toBeUndefined()
})

test('statements that end a transaction are marked, savepoints are not', async () => {
  const kinds = async (sql: string) => (await splitStatements(sql))?.statements.map((one) => one.transactionControl)
  expect(await kinds('begin; commit; end; start transaction; begin read only; rollback; abort')).toEqual([
    'begin',
    'commit',
    'commit',
    'begin',
    'other',
    'other',
    'other',
  ])
  expect(await kinds('savepoint a; rollback to a; release a; select 1')).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ])
})

describe('against the server', () => {
  let database: TestDatabase
  let client: pg.Client
  beforeAll(async () => {
    database = await createTestDatabase({ migrated: false })
    client = new pg.Client({ connectionString: database.url })
    await client.connect()
  })
  afterAll(async () => {
    await client?.end()
    await database?.drop()
  })

  const literal = fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => text.replaceAll('\0', ''))
  const part = fc.oneof(
    literal.map((text) => `select ${pg.escapeLiteral(text)}`),
    literal.filter((text) => !text.includes('$')).map((text) => `select $q$${text}$q$`),
    literal.map((text) => `select 1 as ${pg.escapeIdentifier(Array.from(text).slice(0, 9).join('') || 'a')}`),
    literal.map(
      (text) =>
        `/* ${text
          .replaceAll('*/', '')
          .replaceAll('/*', '')
          .replace(/[*/]+$/, '')} */ select 2`,
    ),
    literal.map((text) => `-- ${text.replace(/[\r\n]/g, '')}\nselect 3`),
    fc.constant("do $do$ begin perform ';'; end $do$"),
    fc.constant('create or replace function pg_temp.f() returns int begin atomic select 1; select 2; end'),
    fc.constant(''),
  )

  test('it counts as many statements as the server runs, and none of them loses a character', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 6 }), async (parts) => {
        const sql = parts.join(' ;\n')
        const script = await splitStatements(sql)
        const answer = (await client.query(sql)) as unknown as pg.QueryResult | pg.QueryResult[]
        const ran = (Array.isArray(answer) ? answer : [answer]).filter(({ command }) => command !== null)
        expect(script?.statements).toHaveLength(ran.length)
        expect(script?.recorded.join(';').replace(/[\s;]/g, '')).toBe(sql.replace(/[\s;]/g, ''))
      }),
      { numRuns: 150 },
    )
  })
})
