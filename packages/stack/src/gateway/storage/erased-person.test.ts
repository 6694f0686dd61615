import { request as httpRequest } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { filesUnder, type Member, picture, signUpMember } from '../../../../../tests/support/media.ts'
import { createTestStack, type TestStack } from '../../../../../tests/support/stack.ts'

// A token outlives its person by up to an hour, and no foreign key ties a file to them: nothing may bring a folder back.

let stack: TestStack
let postgres: pg.Pool

beforeAll(async () => {
  stack = await createTestStack()
  postgres = new pg.Pool({ connectionString: stack.database.url })
})
afterAll(async () => {
  await postgres?.end()
  await stack?.stop()
})

const erase = (person: Member) => postgres.query('delete from auth.users where id = $1', [person.id])

async function expectNothingOf(person: Member) {
  const { rows } = await postgres.query('select name from storage.objects where name like $1', [`${person.id}/%`])
  expect(rows).toEqual([])
  expect(await filesUnder(stack.storageFolder)).toEqual([])
}

test('after an erasure the person’s token uploads nothing', async () => {
  const person = await signUpMember(stack)
  await erase(person)
  for (const upsert of [false, true]) {
    const media = person.client.storage.from('entry-media')
    const { error } = await media.upload(`${person.id}/x.png`, picture(), { contentType: 'image/png', upsert })
    expect(error).toMatchObject({ statusCode: '403' })
  }
  await expectNothingOf(person)
})

test('an upload that was under way when its person was erased ends with nothing', async () => {
  const person = await signUpMember(stack)
  const request = httpRequest(`${stack.url}/storage/v1/object/entry-media/${person.id}/slow.png`, {
    method: 'POST',
    headers: { apikey: stack.anonKey, authorization: `Bearer ${person.token}`, 'content-type': 'image/png' },
  })
  const answer = new Promise<string>((resolve, reject) => {
    request.on('error', reject)
    request.on('response', async (response) => {
      let text = ''
      for await (const piece of response) text += piece
      resolve(text)
    })
  })
  request.write(picture(100_000))
  while ((await filesUnder(stack.storageFolder)).length === 0) await sleep(5)
  await erase(person)
  request.end(picture(100_000))
  expect(JSON.parse(await answer)).toMatchObject({ statusCode: '403', error: 'Unauthorized' })
  await expectNothingOf(person)
})

test('an upload that comes while the erasure is running waits for its end, and is refused', async () => {
  const person = await signUpMember(stack)
  const erasure = await postgres.connect()
  try {
    await erasure.query('begin')
    await erasure.query('select from auth.users where id = $1 for update', [person.id])
    let answered = false
    const upload = person.client.storage
      .from('entry-media')
      .upload(`${person.id}/x.png`, picture(), { contentType: 'image/png' })
      .finally(() => {
        answered = true
      })
    await sleep(200)
    expect(answered).toBe(false)
    await erasure.query('delete from auth.users where id = $1', [person.id])
    await erasure.query('commit')
    expect((await upload).error).toMatchObject({ statusCode: '403' })
  } finally {
    erasure.release()
  }
  await expectNothingOf(person)
})
