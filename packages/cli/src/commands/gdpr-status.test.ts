import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type Database } from '@journeys/core/ops'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, createUser, type TestDatabase } from '../../../../tests/support/database.ts'
import { insertErasure } from '../../../../tests/support/erasures.ts'
import { parseDocument } from '../testing/json-schema.ts'
import { type Ran, runMain } from '../testing/run-main.ts'

let target: TestDatabase
let database: Database
let workdir: string
let anna: string
beforeAll(async () => {
  target = await createTestDatabase()
  database = await connect(target.url)
  anna = await createUser(target, { email: 'anna@example.test' })
  workdir = await mkdtemp(join(tmpdir(), 'journeys-status-'))
  await mkdir(join(workdir, 'supabase'))
  await writeFile(
    join(workdir, 'journeys.config.json'),
    JSON.stringify({ environments: { staging: { url: 'http://127.0.0.1:1' } } }),
  )
})
afterEach(() => database.query('delete from private.erasure_ledger'))
afterAll(async () => {
  await database?.end()
  await target?.drop()
  await rm(workdir, { recursive: true, force: true })
})

/** Every line has to fit a screen, but for a command that is there to be copied. */
async function journeys(...words: string[]): Promise<Ran> {
  const env = { DATABASE_URL: target.url, USER: 'ben' }
  const ran = await runMain([...words, '--env', 'staging'], { cwd: workdir, env })
  if (!words.includes('--json')) {
    const wide = `${ran.stdout}${ran.stderr}`
      .split('\n')
      .filter((line) => line.length > 80 && !/journeys |^hint/.test(line))
    expect(wide).toEqual([])
  }
  return ran
}

test('an empty ledger, and one in which everything is done, say so', async () => {
  expect((await journeys('gdpr', 'status')).stdout).toBe(
    [
      'Journeys erasures · staging · 0 done                                   none open',
      '',
      'The ledger is empty: nobody was erased yet.',
      '',
    ].join('\n'),
  )
  await insertErasure(database, { id: 'E-00000001', state: 'done', byHand: { backups: true } })
  expect((await journeys('gdpr', 'status')).stdout).toContain('All of them: journeys gdpr status --all --env staging\n')
  expect(await journeys('gdpr', 'status', '--overdue')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Nothing is overdue.'),
  })
})

test('the list says what is late and what to type; --overdue exits with 3', async () => {
  await insertErasure(database, { id: 'E-00000001', state: 'failed', userId: anna, dueInDays: -3 })
  await insertErasure(database, {
    id: 'E-00000002',
    state: 'done',
    dueInDays: 5,
    byHand: { backups: false, logs: true },
  })
  const { code, stdout } = await journeys('gdpr', 'status')
  expect(code).toBe(0)
  expect(stdout).toMatch(/^Journeys erasures · staging · 1 done +1 OVERDUE\n/)
  expect(stdout).toMatch(/ {2}E-00000001 {2}failed {2}[\d-]{10} {2}[\d-]{10} +−3 {2}–\n/)
  expect(stdout).toMatch(/ {2}E-00000002 {2}done {4}[\d-]{10} {2}[\d-]{10} +5 {2}1 of 2 open\n/)
  expect(stdout).toMatch(
    /next {3}journeys gdpr anonymize E-00000001 --env staging\n {7}journeys gdpr status E-00000002 --env staging\n$/,
  )
  const late = await journeys('gdpr', 'status', '--overdue')
  expect(late.code).toBe(3)
  expect(late.stdout).not.toContain('E-00000002')
  const json = await journeys('gdpr', 'status', '--overdue', '--json')
  expect(await parseDocument(json.stdout)).toMatchObject({
    ok: false,
    erasures: [{ erasure: 'E-00000001', userId: anna }],
  })
})

test('one of them is shown with its steps, what failed, and what is left to do by hand', async () => {
  await insertErasure(database, {
    id: 'E-00000001',
    state: 'failed',
    userId: anna,
    steps: { open: 'done', 'rows public.journal_entries': 'done', verify: 'failed', receipt: 'pending' },
    byHand: { backups: false, logs: true },
  })
  for (const which of ['e-00000001', 'anna@example.test']) {
    const { code, stdout } = await journeys('gdpr', 'status', which)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Journeys erasure · staging · E-00000001 +FAILED\n/)
    expect(stdout).toMatch(/ {2}due +[\d-]{10}, in 20 days\n/)
    expect(stdout).toMatch(/ {2}verify +failed +1 {2}–\n/)
    expect(stdout).toMatch(/\n {2}verify +found in public\.notes\n/)
    expect(stdout).toContain('  [ ] backups  The backups\n')
    expect(stdout).toMatch(/ {2}\[x\] logs {5}[\d-]{10} by ben\n/)
    expect(stdout).toContain('next   journeys gdpr anonymize E-00000001 --env staging\n')
    expect(stdout).toContain('journeys gdpr tick E-00000001 backups --env staging')
  }
})

test('tick writes who did it, and says what is still open; twice changes nothing', async () => {
  await insertErasure(database, { id: 'E-00000001', state: 'done', byHand: { backups: false, logs: false } })
  const first = await journeys('gdpr', 'tick', 'E-00000001', 'backups', '--note', 'expire on 2026-12-31')
  expect(first).toMatchObject({ code: 0, stderr: '' })
  expect(first.stdout).toMatch(/^Journeys erasure · staging · E-00000001 · backups +ticked\n/)
  expect(first.stdout).toMatch(/ {2}ledger +[\d-]{10} by ben: expire on 2026-12-31\n {2}still open +logs\n/)
  const again = await journeys('gdpr', 'tick', 'E-00000001', 'backups', '--json')
  expect(await parseDocument(again.stdout)).toMatchObject({ ok: true, changed: false, erasure: { openByHand: 1 } })
  expect((await journeys('gdpr', 'tick', 'E-00000001', 'backups', '--undo')).stdout).toMatch(/taken back\n/)
})

test.each([
  [['gdpr', 'tick', 'E-00000001', 'backup'], 2, 'did you mean backups?'],
  [['gdpr', 'tick', 'E-0000000F', 'backups'], 1, 'journeys gdpr status --all'],
  [['gdpr', 'tick', 'anna@example.test', 'backups'], 2, 'E-7F3AC1B2'],
  [['gdpr', 'tick', 'E-00000001', 'backups', '--note', 'told anna@example.test'], 2, 'must not name the person'],
  [['gdpr', 'status', 'nobody@example.test'], 1, 'journeys gdpr status --all'],
  [['gdpr', 'status', '11111111-1111-4111-8111-111111111111'], 2, 'JOURNEYS_GDPR_KEY'],
  [['gdpr', 'status', '--state', 'finished'], 2, 'One of: open, failed, partial, done'],
])('%j: exit code %i, and what to do', async (words, code, says) => {
  await insertErasure(database, { id: 'E-00000001', state: 'done', byHand: { backups: false } })
  const ran = await journeys(...words)
  expect(ran.code).toBe(code)
  expect(ran.stdout).toBe('')
  expect(ran.stderr).toContain(says)
  expect(ran.stderr).not.toContain('    at ')
})
