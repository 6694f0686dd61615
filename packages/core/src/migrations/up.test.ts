import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../../tests/support/database.ts'
import { connect, type Database } from '../database/connection.ts'
import { JourneysError } from '../errors.ts'
import { migrationStatus } from './status.ts'
import { type MigrationProgress, migrateUp } from './up.ts'

let target: TestDatabase
let database: Database
let folder: string
beforeEach(async () => {
  target = await createTestDatabase({ migrated: false })
  database = await connect(target.url)
  folder = await mkdtemp(join(tmpdir(), 'journeys-migrations-'))
})
afterEach(async () => {
  await database.end()
  await target.drop()
  await rm(folder, { recursive: true, force: true })
})

const write = (name: string, sql: string) => writeFile(join(folder, name), sql)
const tables = async () =>
  (
    await database.query<{ name: string }>(
      "select tablename as name from pg_tables where schemaname = 'public' order by 1",
    )
  ).rows.map(({ name }) => name)
const history = async () =>
  (await database.query('select version, name, statements from supabase_migrations.schema_migrations order by 1')).rows
async function failure(promise: Promise<unknown>): Promise<JourneysError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof JourneysError)) throw new Error(`not a JourneysError: ${error}`)
  return error
}

test('pending migrations are applied in order, recorded as the Supabase CLI records them, and not again', async () => {
  await write('20260102000000_second.sql', 'insert into public.a values (1);\n')
  await write('20260101000000_first.sql', '-- a table\ncreate table public.a (x int);\n\ncreate table public.b (x int)')
  await write('README.md', 'not a migration')
  const before = await migrationStatus(database, folder)
  expect(before.pending).toEqual([
    { version: '20260101000000', name: 'first' },
    { version: '20260102000000', name: 'second' },
  ])
  const seen: MigrationProgress[] = []
  const result = await migrateUp(database, folder, { onProgress: (progress) => seen.push(progress) })
  expect(result.applied).toEqual([
    { version: '20260101000000', name: 'first', ms: expect.any(Number) },
    { version: '20260102000000', name: 'second', ms: expect.any(Number) },
  ])
  expect(seen.map(({ kind, version, number, total }) => [kind, version.slice(0, 8), number, total])).toEqual([
    ['start', '20260101', 1, 2],
    ['applied', '20260101', 1, 2],
    ['start', '20260102', 2, 2],
    ['applied', '20260102', 2, 2],
  ])
  expect(await history()).toEqual([
    {
      version: '20260101000000',
      name: 'first',
      statements: ['-- a table\ncreate table public.a (x int)', 'create table public.b (x int)'],
    },
    { version: '20260102000000', name: 'second', statements: ['insert into public.a values (1)'] },
  ])
  expect(await migrateUp(database, folder)).toEqual({ applied: [], pending: [], warnings: [] })
  expect(await migrationStatus(database, folder)).toMatchObject({ pending: [], unknown: [], problems: [] })
})

test('a dry run lists and changes nothing, not even the history table', async () => {
  await write('20260101000000_first.sql', 'create table public.a (x int);')
  const result = await migrateUp(database, folder, { dryRun: true })
  expect(result).toEqual({ applied: [], pending: [{ version: '20260101000000', name: 'first' }], warnings: [] })
  expect(await tables()).toEqual([])
  const { rows } = await database.query("select to_regclass('supabase_migrations.schema_migrations') as history")
  expect(rows).toEqual([{ history: null }])
})

test('the error names file, statement, line and the server’s words; nothing of that file stays, what was before it does', async () => {
  await write('1_good.sql', 'create table public.a (x int);')
  await write(
    '2_bad.sql',
    "create table public.b (x int);\n\n-- é😀\nselect 1,\n  'é😀', nothing_there\nfrom public.b;\n",
  )
  const error = await failure(migrateUp(database, folder))
  expect(error).toMatchObject({ code: 'migration_failed', exitCode: 1 })
  expect(error.message).toBe(
    'Migration 2_bad.sql failed at statement 2 of 2, line 5: column "nothing_there" does not exist',
  )
  expect(error.detail).toContain("5 | 'é😀', nothing_there")
  expect(error.detail).toContain('SQLSTATE 42703')
  expect(error.hint).toContain('journeys migrate up')
  expect(await tables()).toEqual(['a'])
  expect(await history()).toMatchObject([{ version: '1' }])

  await write('2_bad.sql', 'create table public.b (x int);')
  await migrateUp(database, folder)
  expect(await tables()).toEqual(['a', 'b'])
})

test('a mistake at run time, inside a function, has its line and where it happened', async () => {
  await write('1_bad.sql', "select 1;\ndo $$\nbegin\n  raise exception 'no such luck' using detail = 'none';\nend $$;")
  const error = await failure(migrateUp(database, folder))
  expect(error.message).toBe('Migration 1_bad.sql failed at statement 2 of 2, line 2: no such luck')
  expect(error.detail).toMatch(/none[\s\S]*PL\/pgSQL function inline_code_block line 3 at RAISE/)
})

test('text that is no SQL at all is refused by the server, with its line', async () => {
  await write('1_bad.sql', 'create table public.a (x int);\nselec 2;')
  const error = await failure(migrateUp(database, folder))
  expect(error.message).toBe('Migration 1_bad.sql failed at line 2: syntax error at or near "selec"')
  expect(await tables()).toEqual([])
})

test('two runs at once apply every migration once, also on an empty database', async () => {
  for (const number of [1, 2, 3, 4])
    await write(`${number}_t.sql`, `create table public.t${number} (x int); select pg_sleep(0.05);`)
  const second = await connect(target.url)
  try {
    const results = await Promise.all([
      migrateUp(database, folder),
      migrateUp(second, folder),
      migrateUp(second, folder),
    ])
    const applied = results.flatMap((result) => result.applied.map(({ version }) => version))
    expect(applied.sort()).toEqual(['1', '2', '3', '4'])
    expect(await tables()).toEqual(['t1', 't2', 't3', 't4'])
  } finally {
    await second.end()
  }
})

test('a server connection killed in the middle leaves whole migrations only', async () => {
  await write('1_a.sql', 'create table public.a (x int);')
  await write('2_b.sql', 'create table public.b (x int); select pg_sleep(30); create table public.c (x int);')
  const run = failure(migrateUp(database, folder))
  await terminate("query = 'select pg_sleep(30)'")
  expect(await run).toMatchObject({ code: 'database_unreachable', exitCode: 4 })
  expect(await tables()).toEqual(['a'])
  expect(await history()).toMatchObject([{ version: '1' }])
})

test('Ctrl-C cancels the statement that runs, says what is done, and the next run goes on', async () => {
  await write('1_a.sql', 'create table public.a (x int);')
  await write(
    '2_b.sql',
    'create table public.b (x int); select pg_sleep(case when exists (select from public.a) then 0 else 30 end);',
  )
  const controller = new AbortController()
  const run = failure(migrateUp(database, folder, { signal: controller.signal }))
  await waitFor("query like 'select pg_sleep(case%'")
  controller.abort()
  const error = await run
  expect(error).toMatchObject({ code: 'interrupted', exitCode: 130 })
  expect(error.message).toContain('1 of 2 migrations applied')
  expect(await tables()).toEqual(['a'])
  await database.query('insert into public.a values (1)')
  await migrateUp(database, folder)
  expect(await tables()).toEqual(['a', 'b'])
})

test('a lock that somebody holds is waited for shortly, then the migration is tried again', async () => {
  await database.query('create table public.busy (x int)')
  const holder = new pg.Client({ connectionString: target.url })
  await holder.connect()
  await holder.query('begin; lock table public.busy in access exclusive mode')
  await write('1_a.sql', 'alter table public.busy add column y int;')
  const seen: MigrationProgress[] = []
  const run = migrateUp(database, folder, {
    lockTimeoutMs: 50,
    onProgress: (progress) => {
      seen.push(progress)
      if (progress.kind === 'retry') void holder.query('rollback')
    },
  })
  await run
  await holder.end()
  expect(seen.map(({ kind }) => kind)).toContain('retry')
  expect(await history()).toHaveLength(1)
})

test('what a migration sets for its session ends with it', async () => {
  await write('1_a.sql', "set lock_timeout = '7s'; select set_config('search_path', '', false); set role service_role;")
  await write('2_b.sql', 'create table b (x int);')
  await migrateUp(database, folder)
  expect(await tables()).toEqual(['b'])
  const { rows } = await database.query("select current_user, current_setting('lock_timeout') as lock_timeout")
  expect(rows).toEqual([{ current_user: 'postgres', lock_timeout: '0' }])
})

describe('transactions in a file', () => {
  test('begin and commit around the whole are fine', async () => {
    await write('1_a.sql', 'begin;\ncreate table public.a (x int);\ncommit;\n')
    await migrateUp(database, folder)
    expect(await tables()).toEqual(['a'])
    expect(await history()).toMatchObject([{ statements: ['begin', 'create table public.a (x int)', 'commit'] }])
  })

  test('a commit in the middle is refused before anything runs', async () => {
    await write('1_a.sql', 'create table public.a (x int);\ncommit;\ncreate table public.b (x int);')
    const error = await failure(migrateUp(database, folder))
    expect(error).toMatchObject({ code: 'migration_transaction', exitCode: 2 })
    expect(error.detail).toBe('line 2: commit')
    expect(await tables()).toEqual([])
  })

  test('what cannot run in a transaction gets a hint that says so', async () => {
    await write('1_a.sql', 'create table public.a (x int);\ncreate index concurrently i on public.a (x);')
    const error = await failure(migrateUp(database, folder))
    expect(error.message).toContain('statement 2 of 2, line 2')
    expect(error.hint).toContain('a migration runs in one transaction')
    expect(await tables()).toEqual([])
  })
})

describe('a folder and a history that do not fit', () => {
  test('a version twice, one applied but missing, one too old: found by status, refused by up', async () => {
    await write('20260105000000_a.sql', 'select 1')
    await write('20260109000000_gone.sql', 'select 1')
    await migrateUp(database, folder)
    await rm(join(folder, '20260109000000_gone.sql'))
    await write('20260106000000_late.sql', 'select 1')
    await write('20260110000000_one.sql', 'select 1')
    await write('20260110000000_two.sql', 'select 1')
    await write('hotfix.sql', 'select 1')
    const status = await migrationStatus(database, folder)
    expect(status.unknown).toEqual([{ version: '20260109000000', name: 'gone' }])
    expect(status.problems.map(({ kind, blocking }) => [kind, blocking])).toEqual([
      ['misnamed', false],
      ['duplicate', true],
      ['unknown', true],
      ['out-of-order', true],
    ])
    const error = await failure(migrateUp(database, folder))
    expect(error).toMatchObject({ code: 'migrations_inconsistent', exitCode: 2 })
    expect(error.detail).toMatch(
      /20260110000000_one\.sql and 20260110000000_two\.sql[\s\S]*20260109000000 \(gone\)[\s\S]*late\.sql/,
    )
    expect(await history()).toHaveLength(2)
  })

  test('a misnamed file does not stop a run, but is told', async () => {
    await write('hotfix.sql', 'select 1')
    await write('1_a.sql', 'select 1')
    const { applied, warnings } = await migrateUp(database, folder)
    expect(applied).toHaveLength(1)
    expect(warnings).toEqual([expect.stringContaining('hotfix.sql is skipped')])
  })

  test('a missing folder is an error that says where to stand', async () => {
    const error = await failure(migrationStatus(database, join(folder, 'nowhere')))
    expect(error).toMatchObject({ code: 'migrations_missing', exitCode: 2 })
  })

  test('a history of the oldest Supabase CLI, with a version only, is read and brought up to date', async () => {
    await database.query(
      "create schema supabase_migrations; create table supabase_migrations.schema_migrations (version text primary key); insert into supabase_migrations.schema_migrations values ('1')",
    )
    await write('1_a.sql', 'select 1')
    await write('2_b.sql', 'select 1')
    expect((await migrationStatus(database, folder)).applied).toEqual([{ version: '1', name: 'a' }])
    await migrateUp(database, folder)
    expect(await history()).toEqual([
      { version: '1', name: null, statements: null },
      { version: '2', name: 'b', statements: ['select 1'] },
    ])
  })
})

async function waitFor(condition: string): Promise<number> {
  for (;;) {
    const { rows } = await database.query<{ pid: number }>(
      `select pid from pg_stat_activity where datname = current_database() and state = 'active' and pid <> pg_backend_pid() and ${condition}`,
    )
    if (rows[0]) return rows[0].pid
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

async function terminate(condition: string): Promise<void> {
  const pid = await waitFor(condition)
  await database.query('select pg_terminate_backend($1)', [pid])
}
