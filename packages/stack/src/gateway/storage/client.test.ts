import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import type { SupabaseClient } from '@supabase/supabase-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestClient } from '../../../../../tests/support/client.ts'
import {
  bytesOf as bytesOfBlob,
  filesUnder,
  type Member,
  picture,
  signUpMember,
} from '../../../../../tests/support/media.ts'
import { createTestStack, type TestStack } from '../../../../../tests/support/stack.ts'

let stack: TestStack
let anna: Member
let admin: SupabaseClient

beforeAll(async () => {
  stack = await createTestStack()
  anna = await signUpMember(stack)
  admin = createTestClient(stack, stack.serviceRoleKey)
})
afterAll(() => stack?.stop())

const media = (member: Member = anna) => member.client.storage.from('entry-media')

async function bytesOf(answer: PromiseLike<{ data: Blob | null; error: unknown }>): Promise<Buffer> {
  const { data, error } = await answer
  if (data === null) throw error
  return await bytesOfBlob(data)
}

describe('a person', () => {
  test.each([
    ['a buffer', (content: Buffer) => content],
    ['a blob, which goes as a form', (content: Buffer) => new Blob([new Uint8Array(content)], { type: 'image/png' })],
    ['a stream', (content: Buffer) => Readable.from([content.subarray(0, 700), content.subarray(700)])],
  ])('uploads %s into their folder and gets the same bytes back', async (what, body) => {
    const content = picture()
    const path = `${anna.id}/2026/${what.replaceAll(' ', '-')}.png`
    const uploaded = await media().upload(path, body(content), {
      contentType: 'image/png',
      cacheControl: '60',
      metadata: { entry: 'the first' },
    })
    expect(uploaded).toEqual({ data: { id: expect.any(String), path, fullPath: `entry-media/${path}` }, error: null })

    expect(await bytesOf(media().download(path))).toEqual(content)
    const info = await media().info(path)
    expect(info.data).toMatchObject({
      id: uploaded.data?.id,
      name: path,
      bucketId: 'entry-media',
      size: content.length,
      contentType: 'image/png',
      cacheControl: 'max-age=60',
      etag: `"${createHash('md5').update(content).digest('hex')}"`,
      metadata: { entry: 'the first' },
    })
    expect((await media().exists(path)).data).toBe(true)
    expect((await media().exists(`${path}.not`)).data).toBe(false)
  })

  test('lists folders and files of a folder, in order and by page', async () => {
    const folder = `${anna.id}/list`
    for (const name of ['b.png', 'A.png', 'c/one.png', 'c/two.png']) {
      await media().upload(`${folder}/${name}`, picture(10), { contentType: 'image/png' })
    }
    const names = async (path: string, options = {}) =>
      (await media().list(path, options)).data?.map(({ name, id }) => (id === null ? `${name}/` : name))
    expect(await names(folder)).toEqual(['A.png', 'b.png', 'c/'])
    expect(await names(`${folder}/`)).toEqual(['A.png', 'b.png', 'c/'])
    expect(await names(`${folder}/c`)).toEqual(['one.png', 'two.png'])
    expect(await names(folder, { sortBy: { column: 'name', order: 'desc' } })).toEqual(['c/', 'b.png', 'A.png'])
    expect(await names(folder, { limit: 1, offset: 1 })).toEqual(['b.png'])
    expect(await names(folder, { search: 'B' })).toEqual(['b.png'])
    expect(await names(folder, { sortBy: { column: 'created_at', order: 'desc' } })).toEqual(['c/', 'A.png', 'b.png'])
    expect((await media().list(folder)).data?.[0]).toMatchObject({ metadata: { size: 10, mimetype: 'image/png' } })
  })

  test('moves, copies, replaces and removes', async () => {
    const path = (name: string) => `${anna.id}/change/${name}`
    const [first, second] = [picture(), picture()]
    await media().upload(path('a.png'), first, { contentType: 'image/png' })
    const before = await filesUnder(stack.storageFolder)

    expect((await media().move(path('a.png'), path('b.png'))).data).toMatchObject({ message: 'Successfully moved' })
    expect((await media().download(path('a.png'))).error).toMatchObject({ status: 400, statusCode: '404' })
    expect(await bytesOf(media().download(path('b.png')))).toEqual(first)

    expect((await media().copy(path('b.png'), path('c.png'))).data).toEqual({ path: `entry-media/${path('c.png')}` })
    const twice = await media().upload(path('c.png'), second, { contentType: 'image/png' })
    expect(twice.error).toMatchObject({ status: 400, statusCode: '409', message: 'The resource already exists' })
    expect((await media().move(path('b.png'), path('c.png'))).error).toMatchObject({ statusCode: '409' })

    const replaced = await media().upload(path('c.png'), second, { contentType: 'image/png', upsert: true })
    expect(replaced.error).toBeNull()
    expect(await bytesOf(media().download(path('c.png')))).toEqual(second)
    expect(await bytesOf(media().download(path('b.png')))).toEqual(first)
    expect((await media().update(path('c.png'), first, { contentType: 'image/gif' })).error).toBeNull()
    expect((await media().info(path('c.png'))).data).toMatchObject({ contentType: 'image/gif', size: first.length })

    const removed = await media().remove([path('b.png'), path('c.png'), path('nothing.png')])
    expect(removed.data?.map(({ name }) => name).sort()).toEqual([path('b.png'), path('c.png')])
    expect((await media().download(path('c.png'))).error).toMatchObject({ statusCode: '404' })
    // Of all that, no file is left.
    expect((await filesUnder(stack.storageFolder)).length).toBe(before.length - 1)
  })

  test('hands out a URL that works for whoever has it, until it ends', async () => {
    const path = `${anna.id}/signed photo.png`
    const content = picture()
    await media().upload(path, content, { contentType: 'image/png' })
    const signed = await media().createSignedUrl(path, 60, { download: 'a b.png' })
    const url = signed.data?.signedUrl ?? ''
    const answer = await fetch(url)
    expect(answer.status).toBe(200)
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(content)
    expect(answer.headers.get('content-disposition')).toContain('filename=a%20b.png')
    expect(answer.headers.get('expires')).not.toBeNull()

    const several = await media().createSignedUrls([path, `${anna.id}/none.png`], 60)
    expect(several.data?.map(({ error }) => error)).toEqual([
      null,
      'Either the object does not exist or you do not have access to it',
    ])
    expect((await fetch(several.data?.[0]?.signedUrl ?? '')).status).toBe(200)

    // For this object, this purpose and this time alone.
    const token = new URL(url).searchParams.get('token') ?? ''
    const other = await fetch(`${stack.url}/storage/v1/object/sign/entry-media/${anna.id}/other.png?token=${token}`)
    expect(await other.json()).toMatchObject({ statusCode: '400', error: 'InvalidSignature' })
    expect((await media().uploadToSignedUrl(path, token, content)).error?.message).toContain('not scoped for upload')
    const asUser = await fetch(`${stack.url}/rest/v1/profiles`, {
      headers: { apikey: stack.anonKey, authorization: `Bearer ${token}` },
    })
    expect(asUser.status).toBe(401)
    const brief = await media().createSignedUrl(path, 1)
    await new Promise((resolve) => setTimeout(resolve, 2100))
    expect(await (await fetch(brief.data?.signedUrl ?? '')).json()).toMatchObject({ error: 'InvalidJWT' })
  })

  test('hands out a URL for one upload, which the policies judge again', async () => {
    const ben = await signUpMember(stack)
    const path = `${ben.id}/upload.png`
    const signed = await media(ben).createSignedUploadUrl(path)
    const content = picture()
    const stranger = createTestClient(stack, stack.anonKey).storage.from('entry-media')
    const { data, error } = await stranger.uploadToSignedUrl(path, signed.data?.token ?? '', content, {
      contentType: 'image/png',
    })
    expect({ data, error }).toEqual({ data: { path, fullPath: `entry-media/${path}` }, error: null })
    expect(await bytesOf(media(ben).download(path))).toEqual(content)
    expect((await media(ben).createSignedUploadUrl(`${anna.id}/x.png`)).error).toMatchObject({ statusCode: '403' })

    const late = await media(ben).createSignedUploadUrl(`${ben.id}/late.png`)
    await admin.auth.admin.deleteUser(ben.id)
    const after = await stranger.uploadToSignedUrl(`${ben.id}/late.png`, late.data?.token ?? '', content, {
      contentType: 'image/png',
    })
    expect(after.error).toMatchObject({ statusCode: '403' })
  })
})

describe('another person', () => {
  test('gets nothing of the owner by any action, and changes nothing', async () => {
    const eve = await signUpMember(stack)
    const path = `${anna.id}/secret.png`
    const content = picture()
    await media().upload(path, content, { contentType: 'image/png' })
    const visitor = createTestClient(stack, stack.anonKey)
    for (const client of [eve.client, visitor]) {
      const theirs = client.storage.from('entry-media')
      for (const answer of [
        await theirs.download(path),
        await theirs.info(path),
        await theirs.createSignedUrl(path, 60),
      ]) {
        expect(answer.error).toMatchObject({ statusCode: '404', message: 'Object not found' })
      }
      expect((await theirs.list(anna.id)).data).toEqual([])
      expect((await theirs.list()).data).toEqual([])
      expect((await theirs.remove([path])).data).toEqual([])
      expect((await theirs.move(path, `${eve.id}/mine.png`)).error).toMatchObject({ statusCode: '404' })
      expect((await theirs.copy(path, `${eve.id}/mine.png`)).error).toMatchObject({ statusCode: '404' })
      for (const upsert of [false, true]) {
        const planted = await theirs.upload(`${anna.id}/planted.png`, content, { contentType: 'image/png', upsert })
        expect(planted.error).toMatchObject({ status: 400, statusCode: '403' })
        const over = await theirs.upload(path, picture(), { contentType: 'image/png', upsert })
        expect(['403', '409']).toContain((over.error as { statusCode?: string } | null)?.statusCode)
      }
      expect((await theirs.createSignedUploadUrl(path, { upsert: true })).error).toMatchObject({ statusCode: '403' })
      expect((await client.storage.listBuckets()).data).toEqual([])
      expect((await client.storage.getBucket('entry-media')).error).toMatchObject({ statusCode: '404' })
      expect((await client.storage.emptyBucket('entry-media')).error).toMatchObject({ statusCode: '404' })
      expect((await client.storage.deleteBucket('entry-media')).error).not.toBeNull()
      expect((await client.storage.createBucket('theirs')).error).toMatchObject({ statusCode: '403' })
    }
    // Out of their own folder into another's, neither.
    await media(eve).upload(`${eve.id}/own.png`, content, { contentType: 'image/png' })
    expect((await media(eve).move(`${eve.id}/own.png`, `${anna.id}/own.png`)).error).toMatchObject({
      statusCode: '403',
    })
    expect((await media(eve).copy(`${eve.id}/own.png`, `${anna.id}/own.png`)).error).toMatchObject({
      statusCode: '403',
    })
    expect(await bytesOf(media().download(path))).toEqual(content)
  })

  test('with a token that is not ours is told so', async () => {
    const headers = { apikey: stack.anonKey, authorization: 'Bearer nonsense' }
    const answer = await fetch(`${stack.url}/storage/v1/bucket`, { headers })
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ statusCode: '403', error: 'Unauthorized', code: 'AccessDenied' })
  })
})

test('a part of a file is sent when asked for, and nothing when the copy is still good', async () => {
  const path = `${anna.id}/range.png`
  const content = picture(1000)
  await media().upload(path, content, { contentType: 'image/png' })
  const get = (headers: Record<string, string>) =>
    fetch(`${stack.url}/storage/v1/object/authenticated/entry-media/${path}`, {
      headers: { apikey: stack.anonKey, authorization: `Bearer ${anna.token}`, ...headers },
    })
  for (const [range, start, end] of [
    ['bytes=0-99', 0, 100],
    ['bytes=900-', 900, 1000],
    ['bytes=-10', 990, 1000],
  ] as const) {
    const part = await get({ range })
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes ${start}-${end - 1}/1000`])
    expect(Buffer.from(await part.arrayBuffer())).toEqual(content.subarray(start, end))
  }
  for (const range of ['bytes=1000-', 'bytes=5-4', 'bytes=0-1,3-4', 'lines=1-2']) {
    const none = await get({ range })
    expect([none.status, (await none.json()).error]).toEqual([416, 'invalid_range'])
  }
  const whole = await get({})
  const tag = whole.headers.get('etag') ?? ''
  expect((await get({ 'if-none-match': `W/${tag}` })).status).toBe(304)
  expect((await get({ 'if-none-match': '"another"' })).status).toBe(200)
  expect((await get({ 'if-modified-since': whole.headers.get('last-modified') ?? '' })).status).toBe(304)
})

test('files and folders are their owner’s alone', async () => {
  await media().upload(`${anna.id}/mode.png`, picture(), { contentType: 'image/png' })
  const files = await filesUnder(stack.storageFolder)
  expect(files.length).toBeGreaterThan(0)
  for (const file of files) {
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect((await stat(dirname(file))).mode & 0o777).toBe(0o700)
    // Nothing that a person chose is in a name on disk.
    expect(file.slice(stack.storageFolder.length)).toMatch(/^\/[0-9a-f]{2}\/[0-9a-f-]{36}$/)
  }
})
