import { appendFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, createUser, type TestDatabase } from '../../../../../tests/support/database.ts'
import { insertErasure } from '../../../../../tests/support/erasures.ts'
import { defaultConfig } from '../../config/schema.ts'
import { connect, type Database } from '../../database/connection.ts'
import { runHealth } from '../run.ts'

let target: TestDatabase
let database: Database
let workdir: string
let anna: string
beforeAll(async () => {
  target = await createTestDatabase()
  database = await connect(target.url)
  workdir = await mkdtemp(join(tmpdir(), 'journeys-erasures-'))
  anna = await createUser(target)
})
afterEach(async () => {
  await database.query('delete from private.erasure_ledger; delete from private.legal_holds')
  await rm(join(workdir, '.journeys'), { recursive: true, force: true })
})
afterAll(async () => {
  await database?.end()
  await target?.drop()
  await rm(workdir, { recursive: true, force: true })
})

async function check(name = 'staging') {
  const environment = { name, production: false, isLocal: name === 'local', databaseUrl: target.url }
  const { checks } = await runHealth({ environment, config: defaultConfig(), workdir, only: ['erasures'] })
  return checks[0]
}

test('nothing open is well, and so is what is under way in time', async () => {
  expect(await check()).toMatchObject({ state: 'ok', summary: 'none is open, and nothing is left to do by hand' })
  await insertErasure(database, { id: 'E-00000001', state: 'done', byHand: { backups: false } })
  expect(await check()).toMatchObject({ state: 'ok', summary: expect.stringContaining('1 is under way') })
})

test('late is critical, with the article and the command that goes on', async () => {
  await insertErasure(database, { id: 'E-00000001', userId: anna, dueInDays: -1 })
  expect(await check()).toMatchObject({
    state: 'critical',
    summary: expect.stringMatching(/^E-00000001 is open, and was due on \d{4}-\d\d-\d\d$/),
    why: expect.stringContaining('Art. 12(3)'),
    remediation: 'journeys gdpr anonymize E-00000001 --env staging',
    value: 1,
  })
})

test('failed, interrupted, and freed of its hold are warnings', async () => {
  const id = await insertErasure(database, {
    id: 'E-00000001',
    state: 'failed',
    userId: anna,
    steps: { open: 'done', verify: 'failed' },
  })
  expect(await check()).toMatchObject({ state: 'warning', why: 'found in public.notes' })
  await database.query("update private.erasure_ledger set state = 'open' where id = $1", [id])
  await database.query("update private.erasure_steps set finished_at = now() - interval '2 hours'")
  expect(await check()).toMatchObject({ state: 'warning', summary: 'E-00000001 was begun and not finished' })
  await database.query('update private.erasure_steps set finished_at = now()')
  expect(await check()).toMatchObject({ state: 'ok' })
  await database.query("update private.erasure_ledger set state = 'partial' where id = $1", [id])
  expect(await check()).toMatchObject({
    state: 'warning',
    summary: 'E-00000001 is partial, and its legal hold is gone',
  })
  await database.query("insert into private.legal_holds (user_id, reason, placed_by) values ($1, 'a claim', 'ben')", [
    anna,
  ])
  expect(await check()).toMatchObject({ state: 'ok' })
})

test('steps by hand are a warning a week before they are due', async () => {
  await insertErasure(database, {
    id: 'E-00000001',
    state: 'done',
    dueInDays: 3,
    byHand: { backups: false, logs: false },
  })
  expect(await check()).toMatchObject({
    state: 'warning',
    summary: expect.stringContaining('2 steps by hand are open for E-00000001'),
    remediation: 'journeys gdpr status E-00000001 --env staging',
  })
})

test('a database that does not know an erasure of the list beside the receipts was restored: critical until replayed', async () => {
  const folder = join(workdir, '.journeys', 'gdpr', 'staging')
  await mkdir(folder, { recursive: true })
  const line = (erasure: string, digit: string) =>
    `${JSON.stringify({ erasure, subjectHash: digit.repeat(64), keyId: '0123456789abcdef', openedAt: new Date().toISOString(), planId: '7f3ac1000000' })}\n`
  await appendFile(
    join(folder, 'ledger.jsonl'),
    `${line('E-00000001', '1')}${line('E-00000002', '2')}{"erasure": "E-0000`,
  )
  await insertErasure(database, { id: 'E-00000001', state: 'done' })
  expect(await check()).toMatchObject({
    state: 'critical',
    summary: "1 erasure beside the receipts is not in this database's ledger",
    remediation: 'journeys gdpr replay --env staging',
    rows: [{ erasure: 'E-00000002' }],
  })
  expect(await check('local')).toMatchObject({ state: 'ok' })
  await database.query("select private.record_audit('erasures.replay', null::uuid, '{}', 'ben')")
  expect(await check()).toMatchObject({ state: 'ok' })
})
