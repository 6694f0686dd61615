import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { bytesOf, filesUnder, type Member, picture, signUpMember } from '../../../../../tests/support/media.ts'
import { createTestStack, type TestStack } from '../../../../../tests/support/stack.ts'
import { createStorage } from './app.ts'
import { openFileStore } from './file-store.ts'

let stack: TestStack
let anna: Member
let postgres: pg.Pool

beforeAll(async () => {
  stack = await createTestStack()
  anna = await signUpMember(stack)
  postgres = new pg.Pool({ connectionString: stack.database.url })
})
afterAll(async () => {
  await postgres?.end()
  await stack?.stop()
})

const media = () => anna.client.storage.from('entry-media')

/** As the next start does it. */
async function nextStart(): Promise<number> {
  const storage = createStorage({
    folder: stack.storageFolder,
    databaseUrl: stack.database.storageAdminUrl,
    jwtSecret: stack.jwtSecret,
  })
  onTestFinished(() => storage.close())
  return await storage.swept
}

async function fileOf(name: string): Promise<string> {
  const { rows } = await postgres.query<{ version: string }>('select version from storage.objects where name = $1', [
    name,
  ])
  const version = rows[0]?.version ?? ''
  return join(stack.storageFolder, version.slice(0, 2), version)
}

test('a file whose row was never committed, or was deleted, goes at the next start, and no other', async () => {
  const kept = `${anna.id}/kept.png`
  const content = picture()
  await media().upload(kept, content, { contentType: 'image/png' })
  // Killed between the file and its row.
  await openFileStore(stack.storageFolder).write(randomUUID(), [content] as never, 1e6)
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(await filesUnder(stack.storageFolder)).toHaveLength(2)
  expect(await nextStart()).toBe(1)
  expect(await filesUnder(stack.storageFolder)).toEqual([await fileOf(kept)])
  expect(await nextStart()).toBe(0)
  expect((await media().download(kept)).error).toBeNull()
})

test('a row that has lost its file says not found, is replaced by an upload, and can be removed', async () => {
  for (const name of ['lost.png', 'lost too.png']) {
    await media().upload(`${anna.id}/${name}`, picture(), { contentType: 'image/png' })
    await rm(await fileOf(`${anna.id}/${name}`))
  }
  const path = `${anna.id}/lost.png`
  expect((await media().download(path)).error).toMatchObject({
    statusCode: '404',
    message: 'The resource was not found',
  })
  expect((await media().copy(path, `${anna.id}/copy.png`)).error).toMatchObject({ statusCode: '404' })
  expect((await media().upload(path, picture(), { contentType: 'image/png', upsert: true })).error).toBeNull()
  expect((await media().download(path)).error).toBeNull()
  expect((await media().remove([`${anna.id}/lost too.png`])).data).toHaveLength(1)
})

test('SQL cannot delete a row and leave its file behind', async () => {
  await expect(postgres.query('delete from storage.objects')).rejects.toThrow(/Use the Storage API instead/)
})

test('a name that two write at once belongs to one of them, whole, and the other’s file is gone', async () => {
  const path = `${anna.id}/race.png`
  const before = (await filesUnder(stack.storageFolder)).length
  const contents = Array.from({ length: 8 }, () => picture(50_000))
  const answers = await Promise.all(
    contents.map((content) => media().upload(path, content, { contentType: 'image/png', upsert: true })),
  )
  for (const { error } of answers) expect(error).toBeNull()
  const { data } = await media().download(path)
  const got = await bytesOf(data)
  expect(contents.some((content) => content.equals(got))).toBe(true)
  expect(await filesUnder(stack.storageFolder)).toHaveLength(before + 1)
})

test('who reads while another writes gets the one or the other, never a mixture and never nothing', async () => {
  const path = `${anna.id}/readers.png`
  const contents = [Buffer.alloc(200_000, 'a'), Buffer.alloc(200_000, 'b')]
  const write = (at: number) =>
    media().upload(path, contents[at % 2] as Buffer, { contentType: 'image/png', upsert: true })
  await write(0)
  let writing = true
  const writer = (async () => {
    for (let at = 1; at <= 20; at++) expect((await write(at)).error).toBeNull()
    writing = false
  })()
  const reader = async () => {
    while (writing) {
      const { data, error } = await media().download(path)
      expect(error).toBeNull()
      const got = await bytesOf(data)
      expect(contents.some((content) => content.equals(got))).toBe(true)
    }
  }
  await Promise.all([writer, reader(), reader()])
})
