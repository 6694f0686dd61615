import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTestDatabase, createUser, type TestDatabase } from '../../../../tests/support/database.ts'
import { connect, type Database } from '../database/connection.ts'
import { ExitCode, JourneysError } from '../errors.ts'
import { findRestriction, readRestrictions, restrictPerson, unrestrictPerson } from './restriction.ts'

let target: TestDatabase
let database: Database
let anna: string
let email: string
beforeAll(async () => {
  target = await createTestDatabase()
  database = await connect(target.url, { maxConnections: 5 })
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
  await database.query('delete from private.processing_restrictions')
})

const request = { reason: 'accuracy contested, file 2026-114', actor: 'dpo' }
const today = () => new Date().toISOString().slice(0, 10)

async function failure(promise: Promise<unknown>): Promise<JourneysError> {
  const error = await promise.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  )
  if (error instanceof JourneysError) return error
  throw error
}

async function audit(id: number | undefined) {
  const { rows } = await database.query(
    'select actor, action, subject_hash = private.subject_hash($2::uuid) as about, detail from private.audit_log where id = $1',
    [id, anna],
  )
  return rows[0]
}

const write = () =>
  database.query('insert into public.journal_entries (user_id, reflection) values ($1, $2)', [anna, 'x'])

describe('a restriction', () => {
  test('is placed by e-mail in any case, with who, when and why, and an audit record without the why', async () => {
    const { restriction, placed, auditId } = await restrictPerson(database, email.toUpperCase(), request)
    expect({ restriction, placed }).toEqual({
      placed: true,
      restriction: { user: { id: anna, email }, reason: request.reason, placedBy: 'dpo', placedAt: expect.any(Date) },
    })
    expect(await audit(auditId)).toEqual({ actor: 'dpo', action: 'user.restrict', about: true, detail: {} })
    expect(await findRestriction(database, anna)).toEqual(restriction)
    expect(await readRestrictions(database)).toEqual([restriction])
    expect(await failure(write())).toMatchObject({
      code: 'processing_restricted',
      message: expect.stringContaining('its processing is restricted'),
      hint: expect.stringContaining('journeys gdpr unrestrict'),
    })
  })

  test('placed again changes nothing: the first reason stands, and there is no second record', async () => {
    const first = await restrictPerson(database, anna, request)
    const { rows: before } = await database.query('select count(*) from private.audit_log')
    const again = await restrictPerson(database, anna, { reason: 'another', actor: 'somebody else' })
    expect(again).toEqual({ restriction: first.restriction, placed: false })
    expect((await database.query('select count(*) from private.audit_log')).rows).toEqual(before)
  })

  test('ends with the day on which they were told', async () => {
    const { restriction } = await restrictPerson(database, anna, request)
    const ended = await unrestrictPerson(database, anna, { informedOn: today(), actor: 'dpo' })
    expect(ended.restriction).toEqual(restriction)
    expect(await audit(ended.auditId)).toEqual({
      actor: 'dpo',
      action: 'user.unrestrict',
      about: true,
      detail: { placed_at: restriction.placedAt.toISOString(), informed_on: today() },
    })
    await write()
    expect(await failure(unrestrictPerson(database, anna, { informedOn: today(), actor: 'dpo' }))).toMatchObject({
      code: 'not_restricted',
      exitCode: ExitCode.failed,
    })
  })

  test.each([
    ['2026-02-30', 'not a day'],
    ['yesterday', 'not a day'],
    ['2020-01-01', 'the restriction was placed on'],
    ['2999-01-01', 'yet to come'],
  ])('does not end when they cannot have been told on %s', async (informedOn, why) => {
    await restrictPerson(database, anna, request)
    const error = await failure(unrestrictPerson(database, anna, { informedOn, actor: 'dpo' }))
    expect(error).toMatchObject({ code: 'informed_on_invalid', exitCode: ExitCode.usage })
    expect(error.message).toContain(why)
    expect(await findRestriction(database, anna)).toMatchObject({ reason: request.reason })
  })

  test.each(['', '   ', 'x'.repeat(501)])('needs a reason that fits (%#)', async (reason) => {
    const error = await failure(restrictPerson(database, anna, { reason, actor: 'dpo' }))
    expect(error).toMatchObject({ code: 'reason_invalid', exitCode: ExitCode.usage })
    expect(await readRestrictions(database)).toEqual([])
  })

  test('takes 500 characters, however many bytes they are', async () => {
    await restrictPerson(database, anna, { reason: '🙂'.repeat(500), actor: 'dpo' })
  })

  test('of nobody: what is wrong with what was typed', async () => {
    const nobody = '4b0e0000-0000-4000-8000-000000000000'
    expect(await failure(restrictPerson(database, nobody, request))).toMatchObject({
      code: 'user_not_found',
      exitCode: ExitCode.failed,
      hint: expect.stringContaining('journeys gdpr restrict'),
    })
    expect(await failure(restrictPerson(database, 'anna', request))).toMatchObject({
      code: 'user_malformed',
      exitCode: ExitCode.usage,
      hint: expect.stringContaining('journeys gdpr restrict'),
    })
  })

  test('of somebody who is being erased is refused, and so is ending what is none', async () => {
    await database.query(
      `with entry as (
         insert into private.erasure_ledger (id, subject_hash, key_id, user_id, due_at, actor, plan_id, plan)
         values ('E-0000ABCD', 'x', 'k', $1, now(), 'dpo', 'p', '{}') returning user_id
       )
       insert into private.processing_restrictions (user_id, kind, reason, placed_by)
       select user_id, 'erasure', 'erasure E-0000ABCD', 'dpo' from entry`,
      [anna],
    )
    const refused = { code: 'erasure_under_way', hint: 'journeys gdpr status E-0000ABCD' }
    expect(await failure(restrictPerson(database, anna, request))).toMatchObject(refused)
    expect(await failure(findRestriction(database, anna))).toMatchObject(refused)
    expect(await failure(unrestrictPerson(database, anna, { informedOn: today(), actor: 'dpo' }))).toMatchObject(
      refused,
    )
    expect(await readRestrictions(database)).toEqual([])
    await database.query("delete from private.erasure_ledger where id = 'E-0000ABCD'")
  })

  test('placed by two at once is placed once', async () => {
    const both = await Promise.all([restrictPerson(database, anna, request), restrictPerson(database, email, request)])
    expect(both.map(({ placed }) => placed).sort()).toEqual([false, true])
  })

  test('waits for who writes, tries again, and in the end says that one does not end', async () => {
    let wrote: () => void = () => undefined
    let end: () => void = () => undefined
    const written = new Promise<void>((resolve) => {
      wrote = resolve
    })
    const ended = new Promise<void>((resolve) => {
      end = resolve
    })
    const writing = database.transaction(async (transaction) => {
      await transaction.query('insert into public.journal_entries (user_id, reflection) values ($1, $2)', [anna, 'x'])
      wrote()
      await ended
    })
    await written
    const error = await failure(restrictPerson(database, anna, request))
    expect(error).toMatchObject({ code: 'person_busy', hint: expect.stringContaining('journeys health') })
    end()
    await writing
    expect((await restrictPerson(database, anna, request)).placed).toBe(true)
  }, 30_000)
})
