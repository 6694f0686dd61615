import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase, createUser, type TestDatabase } from '../../../../tests/support/database.ts'
import { insertErasure } from '../../../../tests/support/erasures.ts'
import { connect, type Database } from '../database/connection.ts'
import { tickByHand } from './by-hand.ts'
import { gdprKeysOf, newGdprSecret } from './key.ts'
import { countErasures, readErasure, readErasures } from './status.ts'

const keys = gdprKeysOf([newGdprSecret()])
let target: TestDatabase
let database: Database
let anna: string
beforeAll(async () => {
  target = await createTestDatabase()
  database = await connect(target.url)
  anna = await createUser(target, { email: 'anna@example.test' })
})
afterEach(() => database.query('delete from private.erasure_ledger; delete from private.legal_holds'))
afterAll(async () => {
  await database?.end()
  await target?.drop()
})

const ids = async (...options: Parameters<typeof readErasures> extends [unknown, ...infer O] ? O : never) =>
  (await readErasures(database, ...options)).map(({ erasure }) => erasure)

describe('which erasures', () => {
  test('what is open comes in the order in which it is due; what is done only while something is left by hand', async () => {
    const open = await insertErasure(database, { id: 'E-00000001', userId: anna, dueInDays: 9 })
    const late = await insertErasure(database, { id: 'E-00000002', state: 'failed', userId: anna, dueInDays: -3 })
    const ticked = await insertErasure(database, { id: 'E-00000003', state: 'done', byHand: { backups: true } })
    const done = await insertErasure(database, {
      id: 'E-00000004',
      state: 'done',
      byHand: { backups: false, logs: true },
    })
    expect(await ids()).toEqual([late, open, done])
    expect(await ids({ all: true })).toEqual([late, open, done, ticked])
    expect(await ids({ states: ['done'] })).toEqual([done, ticked])
    expect(await ids({ states: ['failed', 'partial'] })).toEqual([late])
    expect(await countErasures(database)).toEqual({ open: 1, failed: 1, partial: 0, done: 2 })
    const [first, second] = await readErasures(database)
    expect(first).toMatchObject({ overdue: true, daysLeft: -3 })
    expect(second).toMatchObject({ overdue: false, daysLeft: 9 })
  })

  test('a person is found by address and uuid; once done only by the hash of the uuid, under any key', async () => {
    const old = gdprKeysOf([newGdprSecret()])
    const both = { current: keys.current, all: [...keys.all, ...old.all] }
    const first = await insertErasure(database, {
      id: 'E-00000001',
      state: 'done',
      subjectHash: old.current.subjectHash(anna),
    })
    const second = await insertErasure(database, {
      id: 'E-00000002',
      userId: anna,
      subjectHash: keys.current.subjectHash(anna),
    })
    expect(await ids({ which: 'ANNA@example.test' })).toEqual([second])
    expect(await ids({ which: anna.toUpperCase(), keys: both })).toEqual([second, first])
    expect(await ids({ which: 'e-00000001' })).toEqual([first])
    expect(await ids({ which: '7f3ac1000000' })).toEqual([second, first])
    expect(await readErasure(database, 'E-00000001')).toMatchObject({ userId: null, state: 'done' })
  })

  test.each([
    ['E-DEADBEEF', 'erasure_not_found', 1],
    ['ben@example.test', 'erasure_not_found', 1],
    ['11111111-1111-4111-8111-111111111111', 'erasure_not_found', 1],
    ['E-12', 'erasure_malformed', 2],
    ['7f3ac1', 'erasure_malformed', 2],
  ])('%s is an error that says where to look', async (which, code, exitCode) => {
    const error = await readErasures(database, { which, keys }).catch((reason) => reason)
    expect(error).toMatchObject({ code, exitCode })
    expect(error.hint).toContain('journeys gdpr status --all')
  })
})

test('one that waits for a legal hold is not late; with the hold gone it is', async () => {
  await insertErasure(database, { id: 'E-00000001', state: 'partial', userId: anna, dueInDays: -9 })
  expect(await readErasure(database, 'E-00000001')).toMatchObject({ held: false, overdue: true })
  await database.query(
    "insert into private.legal_holds (user_id, tables, reason, placed_by) values ($1, '{public.purchases}', 'a claim', 'ben')",
    [anna],
  )
  expect(await readErasure(database, 'E-00000001')).toMatchObject({ held: true, overdue: false })
})

describe('by hand', () => {
  test('ticking writes who and when, once; the first name stands, and both changes are in the audit log', async () => {
    await insertErasure(database, {
      id: 'E-00000001',
      state: 'done',
      dueInDays: -2,
      byHand: { backups: false, logs: false },
    })
    expect(await readErasure(database, 'E-00000001')).toMatchObject({
      openByHand: 2,
      byHandOverdue: true,
      overdue: false,
    })
    const first = await tickByHand(database, 'e-00000001', 'Backups', { actor: 'ben', note: 'expire on 2026-12-31' })
    expect(first).toMatchObject({
      changed: true,
      step: { step: 'backups', doneBy: 'ben', note: 'expire on 2026-12-31' },
    })
    expect(first.erasure).toMatchObject({ openByHand: 1 })
    const second = await tickByHand(database, 'E-00000001', 'backups', { actor: 'carla' })
    expect(second).toMatchObject({ changed: false, step: { doneBy: 'ben' } })
    const undone = await tickByHand(database, 'E-00000001', 'backups', { actor: 'carla', undo: true })
    expect(undone).toMatchObject({ changed: true, step: { doneAt: null, doneBy: null, note: null } })
    expect(await tickByHand(database, 'E-00000001', 'logs', { actor: 'ben', undo: true })).toMatchObject({
      changed: false,
    })
    const { rows } = await database.query('select actor, action, detail from private.audit_log order by id')
    expect(rows).toEqual([
      { actor: 'ben', action: 'erasure.tick', detail: { erasure: 'E-00000001', step: 'backups' } },
      { actor: 'carla', action: 'erasure.untick', detail: { erasure: 'E-00000001', step: 'backups' } },
    ])
  })

  test.each([
    ['backup', undefined, 'step_not_found', 'did you mean backups?'],
    ['backups', 'told anna@example.test so', 'note_personal', 'file 2026-114'],
    ['backups', 'asked about 11111111-1111-4111-8111-111111111111', 'note_personal', 'file 2026-114'],
  ])('%s with the note %s is refused and changes nothing', async (step, note, code, hint) => {
    await insertErasure(database, { id: 'E-00000001', state: 'done', byHand: { backups: false } })
    const error = await tickByHand(database, 'E-00000001', step, { actor: 'ben', note }).catch((reason) => reason)
    expect(error).toMatchObject({ code, exitCode: 2, hint: expect.stringContaining(hint) })
    expect(await readErasure(database, 'E-00000001')).toMatchObject({ openByHand: 1 })
  })

  test('a note longer than the ledger takes is refused', async () => {
    await insertErasure(database, { id: 'E-00000001', state: 'done', byHand: { backups: false } })
    await expect(
      tickByHand(database, 'E-00000001', 'backups', { actor: 'ben', note: 'x'.repeat(501) }),
    ).rejects.toMatchObject({ code: 'note_too_long', exitCode: 2 })
  })
})
