import { randomUUID } from 'node:crypto'
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createTestDatabase, createUser, type TestDatabase } from '../../../../tests/support/database.ts'
import { createTestStack } from '../../../../tests/support/stack.ts'
import { defaultConfig } from '../config/schema.ts'
import { connect, type Database } from '../database/connection.ts'
import type { GdprContext } from './erasure/context.ts'
import { eraseUser } from './erasure.ts'
import { type GdprKeys, gdprKeysOf, newGdprSecret } from './key.ts'
import { planErasure } from './plan-erasure.ts'
import { planReplay, type ReplayedPerson, runReplay } from './replay.ts'
import { readErasures } from './status.ts'

const secret = newGdprSecret()
const keys = gdprKeysOf([secret])
let target: TestDatabase
let folder: string
const closers: (() => Promise<unknown>)[] = []
beforeEach(async () => {
  target = await createTestDatabase()
  folder = await mkdtemp(join(tmpdir(), 'journeys-replay-'))
  closers.push(
    () => target.drop(),
    () => rm(folder, { recursive: true, force: true }),
  )
})
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function open(url: string): Promise<Database> {
  const database = await connect(url)
  closers.push(() => database.end())
  return database
}

function contextOf(database: Database, own: GdprKeys = keys): GdprContext {
  return { database, keys: own, config: defaultConfig(), environment: { name: 'staging' }, actor: 'ben', folder }
}

async function person(database: Database, name: string): Promise<string> {
  const id = await createUser(target, { email: `${name}@example.test` })
  await database.query('insert into public.profiles (user_id, display_name) values ($1, $2)', [
    id,
    `The ${name} herself`,
  ])
  await database.query(
    `insert into public.journal_entries (user_id, date, reflection)
     select $1::uuid, current_date - n, 'what only ' || $2 || ' would ever write on day number ' || n from generate_series(1, 5) n`,
    [id, name],
  )
  return id
}

async function erase(context: GdprContext, user: string) {
  const { id } = await planErasure(context, user)
  const outcome = await eraseUser(context, user, { plan: id, keepStatistics: false })
  expect(outcome.outcome).toBe('done')
  return outcome.erasure
}

/** The database as it is at this moment, under another name: what restoring a backup of now would bring. */
async function backup(): Promise<TestDatabase & { restored: string }> {
  const admin = new pg.Client({ connectionString: new URL('/postgres', target.superuserUrl).href })
  await admin.connect()
  const restored = `${target.name}_restored`
  await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [target.name])
  await admin.query(`create database ${restored} template ${target.name} owner postgres`)
  closers.push(async () => {
    await admin.query(`drop database if exists ${restored} with (force)`)
    await admin.end()
  })
  return { ...target, restored: target.url.replace(target.name, restored) }
}

const outcomes = (results: readonly ReplayedPerson[]) =>
  results.map(({ userId, of, how, outcome }) => ({ userId, of, how, outcome }))

test('who was erased after the backup is back with it, found by the list beside the receipts, and erased again', async () => {
  const database = await open(target.url)
  const [anna, ben] = [await person(database, 'anna'), await person(database, 'ben')]
  const { restored } = await backup()
  const later = await open(target.url)
  const erasure = await erase(contextOf(later), anna)
  expect(await planReplay(contextOf(later))).toMatchObject({
    back: [],
    unknown: [],
    remembered: { people: 1, ledger: 1, list: 1 },
  })

  const old = contextOf(await open(restored))
  const plan = await planReplay(old)
  expect(plan).toMatchObject({
    remembered: { people: 1, ledger: 0, list: 1, receipts: 1 },
    compared: { accounts: 2 },
    unknown: [erasure],
    problems: [],
  })
  expect(plan.back).toEqual([
    {
      userId: anna,
      erasures: [erasure],
      hasAccount: true,
      where: expect.arrayContaining(['accounts', 'public.profiles.user_id']),
    },
  ])
  const { results, counts } = await runReplay(old)
  expect(counts).toEqual({ done: 1, partial: 0, failed: 0 })
  expect(outcomes(results)).toEqual([{ userId: anna, of: erasure, how: 'again', outcome: 'done' }])
  // The first one as well: its receipt was filed, and put back.
  const listed = await readErasures(old.database, { which: anna, keys })
  expect(listed.map(({ state, userId }) => [state, userId])).toEqual([
    ['done', null],
    ['done', null],
  ])
  const again = listed.find(({ replays }) => replays === erasure)
  const receipt = JSON.parse(await readFile(results[0]?.receiptFile ?? '', 'utf8'))
  expect(receipt).toMatchObject({ erasure: again?.erasure, replays: erasure, outcome: 'done' })
  const { rows } = await old.database.query('select id from auth.users')
  expect(rows).toEqual([{ id: ben }])
  expect(await planReplay(old)).toMatchObject({ back: [], unknown: [], remembered: { people: 1 } })
})

test('with the ledger lost and the key changed, receipts alone are enough; a changed one is said and not believed', async () => {
  const database = await open(target.url)
  const [anna, ben] = [await person(database, 'anna'), await person(database, 'ben')]
  const { restored } = await backup()
  const later = await open(target.url)
  const [first, second] = [await erase(contextOf(later), anna), await erase(contextOf(later), ben)]
  await rm(join(folder, 'ledger.jsonl'))
  const file = join(folder, (await readdir(folder)).find((name) => name.endsWith(`${second}.json`)) ?? '')
  await writeFile(file, (await readFile(file, 'utf8')).replace('"outcome":"done"', '"outcome":"partial"'))

  const changed = gdprKeysOf([newGdprSecret(), secret])
  const old = contextOf(await open(restored), changed)
  expect(await planReplay(old)).toMatchObject({
    back: [{ userId: anna, erasures: [first] }],
    problems: [{ file, problem: 'its signature does not fit: somebody changed it' }],
  })
  await expect(planReplay(contextOf(old.database, gdprKeysOf([newGdprSecret()])))).rejects.toMatchObject({
    code: 'gdpr_key_missing',
    exitCode: 2,
  })
  const { counts, problems } = await runReplay(old)
  expect({ counts, problems: problems.length }).toEqual({ counts: { done: 1, partial: 0, failed: 0 }, problems: 1 })
  // Somebody may have been overlooked: it is not written down that the database was looked through.
  const { rows } = await old.database.query("select from private.audit_log where action = 'erasures.replay'")
  expect(rows).toHaveLength(0)
})

test('a folder elsewhere is read as well, and nobody back is an answer that says how many were compared', async () => {
  const database = await open(target.url)
  const anna = await person(database, 'anna')
  const { restored } = await backup()
  const later = await open(target.url)
  await erase(contextOf(later), anna)
  const elsewhere = `${folder}-safe`
  await rename(folder, elsewhere)
  closers.push(() => rm(elsewhere, { recursive: true, force: true }))
  const old = contextOf(await open(restored))
  expect(await planReplay(old)).toMatchObject({ back: [], remembered: { people: 0 }, compared: { accounts: 1 } })
  expect(await planReplay(old, { receipts: [elsewhere] })).toMatchObject({ back: [{ userId: anna }] })
})

test('what was under way when the backup was made is finished, and one that fails keeps nobody else from it', async () => {
  const database = await open(target.url)
  const [anna, ben, carla] = [
    await person(database, 'anna'),
    await person(database, 'ben'),
    await person(database, 'carla'),
  ]
  const context = contextOf(database)
  // Stopped in its first steps, as by Ctrl-C.
  const stop = new AbortController()
  const { id } = await planErasure(context, anna)
  const stopped = { ...context, signal: stop.signal, onProgress: () => stop.abort() }
  await expect(eraseUser(stopped, anna, { plan: id, keepStatistics: false })).rejects.toMatchObject({ exitCode: 130 })
  const [begun] = await readErasures(database)
  const { restored } = await backup()
  const later = await open(target.url)
  await erase(contextOf(later), ben)
  await erase(contextOf(later), carla)

  const old = contextOf(await open(restored))
  await old.database.query(
    "insert into private.legal_holds (user_id, reason, placed_by) values ($1, 'a claim', 'ben')",
    [ben],
  )
  expect(await planReplay(old)).toMatchObject({
    unfinished: [{ erasure: begun?.erasure, state: 'open', held: false }],
    back: expect.arrayContaining([
      expect.objectContaining({ userId: ben }),
      expect.objectContaining({ userId: carla }),
    ]),
  })
  const { results, counts } = await runReplay(old)
  expect(counts).toEqual({ done: 2, partial: 0, failed: 1 })
  expect(results[0]).toMatchObject({ how: 'resume', of: begun?.erasure, outcome: 'done' })
  expect(results.find(({ userId }) => userId === ben)).toMatchObject({
    outcome: 'failed',
    erasure: null,
    refusal: { code: 'under_legal_hold' },
  })
  const { rows } = await old.database.query('select id from auth.users')
  expect(rows).toEqual([{ id: ben }])
})

test('rows and files that came back without their account are removed, and others are left alone', async () => {
  const stack = await createTestStack()
  closers.push(stack.stop)
  const database = await open(stack.database.url)
  const context: GdprContext = {
    ...contextOf(database),
    storage: { url: stack.url, serviceRoleKey: stack.serviceRoleKey },
  }
  const anna = await createUser(stack.database)
  await erase(context, anna)
  const headers = { apikey: stack.serviceRoleKey, authorization: `Bearer ${stack.serviceRoleKey}` }
  for (const owner of [anna, randomUUID()]) {
    const answer = await fetch(`${stack.url}/storage/v1/object/entry-media/${owner}/${randomUUID()}/picture.png`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'image/png' },
      body: new Uint8Array(100),
    })
    expect(answer.status, await answer.text()).toBe(200)
  }
  // As pg_restore --data-only --disable-triggers does it with a single table.
  const admin = new pg.Client({ connectionString: stack.database.superuserUrl })
  await admin.connect()
  await admin.query("set session_replication_role = 'replica'")
  await admin.query('insert into private.rate_limits (user_id, window_start, writes) values ($1, now(), 3)', [anna])
  await admin.end()
  const { back } = await planReplay(context)
  expect(back).toEqual([
    {
      userId: anna,
      erasures: [expect.stringMatching(/^E-/)],
      hasAccount: false,
      where: expect.arrayContaining(['folders in storage.objects', 'private.rate_limits.user_id']),
    },
  ])
  const { results } = await runReplay(context)
  expect(outcomes(results)).toMatchObject([{ userId: anna, how: 'remains', outcome: 'done' }])
  const { rows } = await database.query<{ count: number }>('select count(*) as count from storage.objects')
  expect(rows).toEqual([{ count: 1 }])
  expect(await planReplay(context)).toMatchObject({ back: [] })
})
