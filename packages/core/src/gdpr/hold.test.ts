import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTestDatabase, createUser, type TestDatabase } from '../../../../tests/support/database.ts'
import { connect, type Database } from '../database/connection.ts'
import { ExitCode, JourneysError } from '../errors.ts'
import { addHold, findHold, listHolds, removeHold } from './hold.ts'

let target: TestDatabase
let database: Database
let anna: string
let email: string
beforeAll(async () => {
  target = await createTestDatabase()
  database = await connect(target.url)
})
afterAll(async () => {
  await database?.end()
  await target?.drop()
})
beforeEach(async () => {
  anna = await createUser(target)
  email = `${anna}@example.test`
})
afterEach(async () => {
  await database.query('delete from private.legal_holds')
})

const claim = { reason: 'claim of the insurer, file 2026-114', actor: 'dpo' }

async function failure(promise: Promise<unknown>): Promise<JourneysError> {
  const error = await promise.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  )
  if (error instanceof JourneysError) return error
  throw error
}

async function audit(id: number) {
  const { rows } = await database.query(
    'select actor, action, subject_hash = private.subject_hash($2::uuid) as about, detail from private.audit_log where id = $1',
    [id, anna],
  )
  return rows[0]
}

describe('a legal hold', () => {
  test('on everything, with an audit record; and it ends with one', async () => {
    const { hold, auditId, erasure, retired } = await addHold(database, email, claim)
    expect({ hold, erasure, retired }).toEqual({
      erasure: null,
      retired: [],
      hold: {
        id: expect.any(Number),
        user: { id: anna, email },
        tables: null,
        reason: claim.reason,
        reviewOn: null,
        reviewDue: false,
        placedBy: 'dpo',
        placedAt: expect.any(Date),
      },
    })
    expect(await audit(auditId)).toEqual({
      actor: 'dpo',
      action: 'hold.add',
      about: true,
      detail: { hold: hold.id, tables: null, review_on: null },
    })
    expect(await findHold(database, hold.id)).toEqual(hold)
    const removed = await removeHold(database, hold.id, { actor: 'judge' })
    expect(removed.hold).toEqual(hold)
    expect(await audit(removed.auditId)).toEqual({
      actor: 'judge',
      action: 'hold.remove',
      about: true,
      detail: { hold: hold.id, tables: null, placed_at: hold.placedAt.toISOString() },
    })
    expect(await listHolds(database)).toEqual([])
  })

  test('on tables, named as one types them, each once', async () => {
    const tables = ['purchases', 'storage.objects', ' public.journal_entries', 'public.purchases']
    const { hold } = await addHold(database, anna, { ...claim, tables })
    expect(hold.tables).toEqual(['public.journal_entries', 'public.purchases', 'storage.objects'])
  })

  test.each([
    ['purchase', 'did you mean purchases?'],
    ['public.journal_entires', 'did you mean public.journal_entries?'],
    ['storage.object', 'did you mean storage.objects?'],
    ['partitions.journal_entries_2026_01', 'leave --tables out'],
    ['auth.sessions', 'leave --tables out'],
    ['private.plans', 'leave --tables out'],
    ['private.legal_holds', 'leave --tables out'],
    ['auth.users', 'leave --tables out'],
    ['', 'leave --tables out'],
  ])('on %s, which is no table of a person: what was meant, and nothing is placed', async (table, hint) => {
    const error = await failure(addHold(database, anna, { ...claim, tables: ['purchases', table] }))
    expect(error).toMatchObject({ code: 'hold_table_unknown', exitCode: ExitCode.usage })
    expect(error.detail).toContain('public.purchases')
    expect(`${error.hint}`).toContain(hint)
    expect(await listHolds(database)).toEqual([])
  })

  test('several on one person: each for itself, and the list is by age', async () => {
    const first = await addHold(database, anna, { ...claim, tables: ['purchases'] })
    const second = await addHold(database, anna, { ...claim, reviewOn: '2999-01-01' })
    const ben = await createUser(target)
    const other = await addHold(database, ben, claim)
    expect(await listHolds(database)).toEqual([first.hold, second.hold, other.hold])
    expect(await listHolds(database, email)).toEqual([first.hold, second.hold])
    await removeHold(database, second.hold.id, { actor: 'dpo' })
    expect(await listHolds(database, anna)).toEqual([first.hold])
  })

  test('has to be looked at from the day that was named', async () => {
    const today = new Date().toISOString().slice(0, 10)
    const { hold } = await addHold(database, anna, { ...claim, reviewOn: today })
    expect(hold).toMatchObject({ reviewOn: today, reviewDue: true })
    const later = await addHold(database, anna, { ...claim, reviewOn: '2999-12-31' })
    expect(later.hold).toMatchObject({ reviewOn: '2999-12-31', reviewDue: false })
  })

  test.each([
    ['2026-02-30', 'not a day'],
    ['soon', 'not a day'],
    ['2020-01-01', 'that day is over'],
  ])('is not looked at again on %s', async (reviewOn, why) => {
    const error = await failure(addHold(database, anna, { ...claim, reviewOn }))
    expect(error).toMatchObject({ code: 'review_on_invalid', exitCode: ExitCode.usage })
    expect(error.message).toContain(why)
  })

  test('that is not there, and a person who is not there', async () => {
    const missing = { code: 'hold_not_found', exitCode: ExitCode.failed, hint: 'journeys gdpr hold list' }
    expect(await failure(findHold(database, 999_999))).toMatchObject(missing)
    expect(await failure(removeHold(database, 999_999, { actor: 'dpo' }))).toMatchObject(missing)
    expect(await failure(addHold(database, 'nobody@example.test', claim))).toMatchObject({ code: 'user_not_found' })
    expect(await failure(addHold(database, anna, { ...claim, reason: ' ' }))).toMatchObject({ code: 'reason_invalid' })
  })

  test('placed while an erasure is under way names it', async () => {
    await database.query(
      `insert into private.erasure_ledger (id, subject_hash, key_id, user_id, due_at, actor, plan_id, plan)
       values ('E-0000ABCD', 'x', 'k', $1, now(), 'dpo', 'p', '{}')`,
      [anna],
    )
    expect(await addHold(database, anna, { ...claim, tables: ['purchases'] })).toMatchObject({ erasure: 'E-0000ABCD' })
    await database.query("delete from private.erasure_ledger where id = 'E-0000ABCD'")
  })

  test('placed when months are already on their way out says how many entries of theirs wait in them', async () => {
    await database.query(`
      create schema if not exists retired;
      create table retired.journal_entries_2020_01 (like public.journal_entries);
      create table retired.journal_entries_2020_02 (like public.journal_entries)`)
    try {
      await database.query(
        `insert into retired.journal_entries_2020_01 (id, user_id, date, reflection, scores, created_at, updated_at)
         select gen_random_uuid(), $1::uuid, '2020-01-05', 'A good day', '{}', now(), now() from generate_series(1, 3)`,
        [anna],
      )
      const retired = [{ table: 'journal_entries_2020_01', rows: 3 }]
      expect(await addHold(database, anna, claim)).toMatchObject({ retired })
      expect(await addHold(database, anna, { ...claim, tables: ['journal_entries'] })).toMatchObject({ retired })
      expect(await addHold(database, anna, { ...claim, tables: ['purchases'] })).toMatchObject({ retired: [] })
    } finally {
      await database.query('drop table retired.journal_entries_2020_01, retired.journal_entries_2020_02')
    }
  })
})
