import { randomBytes } from 'node:crypto'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPerson } from '../../../../tests/app/person.ts'
import { createStackAndPool, type StackAndPool } from '../../../../tests/support/filled-member.ts'
import { hold, restrict } from '../../../../tests/support/person-rows.ts'
import type { TestStack } from '../../../../tests/support/stack.ts'

let bench: StackAndPool
let stack: TestStack
let postgres: pg.Pool
beforeAll(async () => {
  bench = await createStackAndPool()
  stack = bench.stack
  postgres = bench.postgres
})
afterAll(() => bench?.remove())

async function personWithEntry() {
  const { id, journeys } = await createPerson(stack)
  await journeys.profiles.save({ displayName: 'Anna' })
  const entry = await journeys.journal.add({ reflection: 'A good day' })
  const file = await journeys.media.add(entry.id, randomBytes(10), { contentType: 'image/png' })
  return { id, journeys, entry, file }
}

describe('somebody whose processing is restricted', () => {
  it('reads on, and every change says processing_restricted, for the app to show', async () => {
    const { id, journeys, entry, file } = await personWithEntry()
    await restrict(postgres, id)
    const changes = [
      () => journeys.journal.add({ reflection: 'Later' }),
      () => journeys.journal.edit(entry, { reflection: 'Changed' }),
      () => journeys.journal.remove(entry),
      () => journeys.profiles.save({ displayName: 'Ann' }),
      () => journeys.purchases.buy({ plan: 'monthly', idempotencyKey: 'a-new-purchase' }),
      () => journeys.media.add(entry.id, randomBytes(10), { contentType: 'image/png' }),
      () => journeys.media.remove(file),
    ]
    for (const change of changes) {
      await expect(change(), String(change)).rejects.toMatchObject({
        code: 'processing_restricted',
        message: 'The data of this account can be read, but not changed: its processing is restricted',
      })
    }
    expect((await journeys.journal.list({ fresh: true })).entries).toHaveLength(1)
    expect(await journeys.media.list(entry.id, { fresh: true })).toHaveLength(1)
    expect((await journeys.media.download(file)).size).toBe(10)
  })
})

describe('somebody under a legal hold', () => {
  it('adds, and neither changes nor removes what is held: legal_hold', async () => {
    const { id, journeys, entry, file } = await personWithEntry()
    await hold(postgres, id, ['public.journal_entries', 'storage.objects'])
    await journeys.journal.add({ reflection: 'Later' })
    await journeys.profiles.save({ displayName: 'Ann' })
    for (const change of [
      () => journeys.journal.edit(entry, { reflection: 'Changed' }),
      () => journeys.journal.remove(entry),
      () => journeys.media.remove(file),
    ]) {
      await expect(change(), String(change)).rejects.toMatchObject({ code: 'legal_hold' })
    }
  })
})

describe('somebody who is being erased', () => {
  it('is signed out, whatever they ask', async () => {
    const { id, journeys } = await personWithEntry()
    await restrict(postgres, id, 'erasure')
    await expect(journeys.journal.list({ fresh: true })).rejects.toMatchObject({ code: 'not_signed_in' })
    await expect(journeys.journal.add({ reflection: 'Later' })).rejects.toMatchObject({ code: 'not_signed_in' })
  })
})
