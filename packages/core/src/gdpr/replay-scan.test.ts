import { randomUUID } from 'node:crypto'
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, createUser, type TestDatabase } from '../../../../tests/support/database.ts'
import { insertErasure } from '../../../../tests/support/erasures.ts'
import { connect, type Database } from '../database/connection.ts'
import { type GdprKeys, gdprKeysOf, newGdprSecret } from './key.ts'
import { rememberErasures } from './replay-memory.ts'
import { idSources, scanForPeople } from './replay-scan.ts'

const old = gdprKeysOf([newGdprSecret()])
const today = gdprKeysOf([newGdprSecret()])
const both = { current: today.current, all: [...today.all, ...old.all] }
let target: TestDatabase
let database: Database
let admin: pg.Client
beforeAll(async () => {
  target = await createTestDatabase()
  database = await connect(target.url)
  admin = new pg.Client({ connectionString: target.superuserUrl })
  await admin.connect()
})
afterAll(async () => {
  await admin?.end()
  await database?.end()
  await target?.drop()
})

const scan = (hashes: ReadonlySet<string>, keys: GdprKeys = both) =>
  database.readOnly((transaction) => scanForPeople(transaction, keys, hashes))

test('a person is found by account, folder and any column of ids, under the key of that time', async () => {
  const [anna, ben, carla] = [await createUser(target), randomUUID(), randomUUID()]
  await admin.query(`
    create schema app;
    create table app.shared (id int, member_ids uuid[]);
    create table app.imported (owner text);
    insert into storage.buckets (id, name) values ('photos', 'photos')`)
  await admin.query('insert into app.shared values (1, array[$1::uuid, $2::uuid])', [randomUUID(), carla])
  await admin.query("insert into app.imported values (upper($1)), ('nobody'), (null)", [carla])
  await admin.query(
    "insert into storage.objects (bucket_id, name) values ('photos', $1 || '/a.jpg'), ('photos', 'x/y')",
    [ben],
  )
  const hashes = new Set([
    today.current.subjectHash(anna),
    old.current.subjectHash(ben),
    old.current.subjectHash(carla),
  ])
  const { found, compared } = await scan(hashes)
  expect(found.map(({ userId, where, hasAccount }) => ({ userId, where, hasAccount }))).toEqual([
    { userId: anna, where: ['accounts'], hasAccount: true },
    { userId: ben, where: ['folders in storage.objects'], hasAccount: false },
    { userId: carla, where: ['app.imported.owner', 'app.shared.member_ids'], hasAccount: false },
  ])
  expect(compared).toMatchObject({ accounts: 1, folders: 1 })
  expect((await scan(hashes, today)).found.map(({ userId }) => userId)).toEqual([anna])
  await admin.query('drop schema app cascade')
})

test('every column of the app that refers to an account is among the places', async () => {
  const names = (await database.readOnly(idSources)).map(({ name }) => name)
  for (const name of [
    'accounts',
    'public.profiles.user_id',
    'public.journal_entries.user_id',
    'public.purchases.user_id',
  ]) {
    expect(names).toContain(name)
  }
})

test('the ledger, the list beside it and the receipts are put together; a changed receipt is no proof, and said', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'journeys-memory-'))
  try {
    const line = (erasure: string, keyId: string, hash: string, openedAt: string) =>
      `${JSON.stringify({ erasure, subjectHash: hash, keyId, openedAt, planId: '7f3ac1000000' })}\n`
    const anna = old.current.subjectHash(randomUUID())
    await insertErasure(database, { id: 'E-00000001', state: 'done', subjectHash: anna, keyId: old.current.id })
    await appendFile(join(folder, 'ledger.jsonl'), line('E-00000001', old.current.id, anna, '2026-01-01T00:00:00Z'))
    await appendFile(join(folder, 'ledger.jsonl'), line('E-00000002', old.current.id, anna, '2027-01-01T00:00:00Z'))
    await appendFile(join(folder, 'ledger.jsonl'), 'scribble\n{"erasure":"E-0000')
    await writeFile(join(folder, '0003-E-00000003.json'), '{"schema":"journeys/erasure-receipt/1"}')
    const { people, sources, problems } = await rememberErasures(database, both, [folder])
    expect([...people.keys()]).toEqual([anna])
    expect(people.get(anna)?.map(({ erasure }) => erasure)).toEqual(['E-00000002', 'E-00000001'])
    expect(sources).toEqual({ ledger: 1, list: 2, receipts: 0 })
    expect(problems.map(({ problem }) => problem)).toEqual([
      'line 3 is no line of this list',
      'is no receipt, or not all of one',
    ])
    await expect(rememberErasures(database, today, [folder])).rejects.toMatchObject({
      code: 'gdpr_key_missing',
      exitCode: 2,
      message: expect.stringContaining(old.current.id),
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('ten thousand accounts are compared in pages, within bounded memory', async () => {
  const { rows } = await admin.query<{ id: string }>(
    `insert into auth.users (instance_id, id, aud, role, email)
     select '00000000-0000-0000-0000-000000000000', gen_random_uuid(), 'authenticated', 'authenticated', 'many-' || n || '@example.test'
     from generate_series(1, 10000) n returning id`,
  )
  const wanted = rows[7777]?.id ?? ''
  const steps: string[] = []
  const { found, compared } = await database.readOnly((transaction) =>
    scanForPeople(transaction, both, new Set([today.current.subjectHash(wanted)]), {
      onProgress: ({ step, done }) => steps.push(`${step} ${done}`),
    }),
  )
  expect(found.map(({ userId }) => userId)).toEqual([wanted])
  expect(compared.accounts).toBeGreaterThanOrEqual(10_000)
  expect(steps.slice(0, 2)).toEqual(['comparing accounts 5000', 'comparing accounts 10000'])
})
