import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, createUser, type TestDatabase } from '../../../../tests/support/database.ts'
import { connect, type Database } from '../database/connection.ts'
import { findPerson, namesSomebody } from './person.ts'

let target: TestDatabase
let database: Database
let anna: string
beforeAll(async () => {
  target = await createTestDatabase()
  database = await connect(target.url)
  anna = await createUser(target, { email: 'Anna@Example.test' })
})
afterAll(async () => {
  await database.end()
  await target.drop()
})

test('somebody is found by uuid or e-mail address, in any case', async () => {
  const person = { id: anna, email: 'Anna@Example.test', createdAt: expect.any(Date) }
  for (const user of [anna, anna.toUpperCase(), 'anna@example.TEST', ' Anna@Example.test ']) {
    expect(await findPerson(database, user)).toEqual(person)
  }
})

test('someone unknown, someone misspelt and two people with one address are told apart', async () => {
  for (const user of ['nobody@example.test', '4b0e0000-0000-4000-8000-000000000000']) {
    await expect(findPerson(database, user)).rejects.toMatchObject({
      code: 'user_not_found',
      exitCode: 1,
      hint: expect.stringContaining('journeys gdpr anonymize'),
    })
  }
  for (const wrong of ['anna', '4b0e0000-0000-4000-8000', '', "x' or true --"]) {
    await expect(findPerson(database, wrong)).rejects.toMatchObject({ code: 'user_malformed', exitCode: 2 })
  }
  const other = await createUser(target)
  const admin = new pg.Client({ connectionString: target.superuserUrl })
  await admin.connect()
  await admin.query("update auth.users set email = 'anna@example.test', is_sso_user = true where id = $1", [other])
  await admin.end()
  await expect(findPerson(database, 'anna@example.test')).rejects.toMatchObject({
    code: 'user_ambiguous',
    exitCode: 2,
    detail: expect.stringMatching(new RegExp(`${anna}|${other}`)),
  })
})

test('a note with an address or an id in it is told from one without', () => {
  for (const text of ['letter of anna@example.org', `see ${anna}`, `SEE ${anna.toUpperCase()}!`]) {
    expect(namesSomebody(text), text).toBe(true)
  }
  for (const text of ['file 2026-114, letter of 3 December', 'seen @ the office', '']) {
    expect(namesSomebody(text), text).toBe(false)
  }
})
