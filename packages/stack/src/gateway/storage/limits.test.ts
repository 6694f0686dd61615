import { request as httpRequest } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { filesUnder, type Member, picture, signUpMember } from '../../../../../tests/support/media.ts'
import { createTestStack, type TestStack } from '../../../../../tests/support/stack.ts'

let stack: TestStack
let anna: Member

beforeAll(async () => {
  stack = await createTestStack()
  anna = await signUpMember(stack)
})
afterAll(() => stack?.stop())

const media = () => anna.client.storage.from('entry-media')
const headers = () => ({ apikey: stack.anonKey, authorization: `Bearer ${anna.token}`, 'content-type': 'image/png' })

/** A body of unknown length, until the server has enough of it; says how much was sent. */
function pour(path: string, bytes: number): Promise<{ status: number; body: Record<string, string>; sent: number }> {
  return new Promise((resolve, reject) => {
    let sent = 0
    const chunk = Buffer.alloc(64 * 1024)
    const request = httpRequest(`${stack.url}${path}`, { method: 'POST', headers: headers() }, async (response) => {
      let text = ''
      for await (const piece of response) text += piece
      request.destroy()
      resolve({ status: response.statusCode ?? 0, body: JSON.parse(text), sent })
    })
    request.on('error', (error) => {
      if (!request.destroyed) reject(error)
    })
    const more = () => {
      while (sent < bytes && !request.destroyed) {
        sent += chunk.length
        if (!request.write(chunk)) return void request.once('drain', more)
      }
      if (!request.destroyed) request.end()
    }
    more()
  })
}

describe('a file that is too large', () => {
  const tooLarge = { statusCode: '413', error: 'Payload too large', code: 'EntityTooLarge' }

  test('is refused by its announced length, before it is sent', async () => {
    const { error } = await media().upload(`${anna.id}/large.png`, Buffer.alloc(10_000_001), {
      contentType: 'image/png',
    })
    expect(error).toMatchObject({ status: 400, statusCode: '413' })
  })

  test('is refused in the middle, when it did not say how long it is', async () => {
    const { status, body, sent } = await pour(`/storage/v1/object/entry-media/${anna.id}/poured.png`, 60_000_000)
    expect({ status, body }).toMatchObject({ status: 400, body: tooLarge })
    expect(sent).toBeLessThan(50_000_000)
  })

  test('is refused in the middle of a form', async () => {
    const blob = new Blob([new Uint8Array(10_000_001)], { type: 'image/png' })
    const { error } = await media().upload(`${anna.id}/form.png`, blob)
    expect(error).toMatchObject({ statusCode: '413' })
  })

  test('leaves nothing behind, and one of exactly the limit is taken', async () => {
    await sleep(50)
    expect(await filesUnder(stack.storageFolder)).toEqual([])
    expect((await media().list(anna.id)).data).toEqual([])
    const exact = await media().upload(`${anna.id}/exact.png`, Buffer.alloc(10_000_000), { contentType: 'image/png' })
    expect(exact.error).toBeNull()
    await media().remove([`${anna.id}/exact.png`])
  })
})

test.each(['text/html', 'image/svg+xml', 'application/octet-stream', 'png', ''])(
  'a file of type %j is refused',
  async (type) => {
    const direct = await media().upload(`${anna.id}/wrong`, picture(), { contentType: type })
    expect(direct.error).toMatchObject({ status: 400, statusCode: '415' })
    const form = await media().upload(`${anna.id}/wrong`, new Blob([new Uint8Array(9)], { type }))
    expect(form.error).toMatchObject({
      statusCode: '415',
      message: expect.stringMatching(/^mime type .* is not supported$/),
    })
  },
)

test('a client that leaves in the middle leaves nothing behind', async () => {
  for (const type of ['image/png', 'multipart/form-data; boundary=x']) {
    const request = httpRequest(`${stack.url}/storage/v1/object/entry-media/${anna.id}/half.png`, {
      method: 'POST',
      headers: { ...headers(), 'content-type': type },
    })
    request.on('error', () => undefined)
    if (type !== 'image/png') {
      request.write('--x\r\ncontent-disposition: form-data; name=""; filename="a"\r\ncontent-type: image/png\r\n\r\n')
    }
    request.write(Buffer.alloc(300_000))
    // Until it is being written.
    while ((await filesUnder(stack.storageFolder)).length === 0) await sleep(5)
    expect((await media().list(anna.id)).data).toEqual([])
    request.destroy()
    while ((await filesUnder(stack.storageFolder)).length > 0) await sleep(5)
    expect((await media().list(anna.id)).data).toEqual([])
  }
})

test.each([
  [
    'no file',
    'multipart/form-data; boundary=x',
    '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n',
  ],
  ['no boundary', 'multipart/form-data', 'nothing'],
  ['no form', 'multipart/form-data; boundary=x', 'nothing'],
])('a form with %s is refused', async (_what, type, body) => {
  const answer = await fetch(`${stack.url}/storage/v1/object/entry-media/${anna.id}/form.png`, {
    method: 'POST',
    headers: { ...headers(), 'content-type': type },
    body,
  })
  expect(answer.status).toBe(400)
  expect(await answer.json()).toMatchObject({ message: 'No content provided' })
})

describe('a path that leads elsewhere', () => {
  /** The path as it is: fetch would tidy up what leads elsewhere. */
  function send(method: string, path: string): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const options = { method, path: `/storage/v1/object/${path}`, headers: headers() }
      const request = httpRequest(stack.url, options, async (response) => {
        let text = ''
        for await (const piece of response) text += piece
        resolve({ status: response.statusCode ?? 0, text })
      })
      request.on('error', reject).end(method === 'POST' || method === 'PUT' ? 'x' : undefined)
    })
  }

  const traversals = ['../x', 'a/../x', 'a/./x', '..', './x', '/etc/passwd', 'a\\..\\x', 'a\0b', 'é', '']

  test.each(traversals)('%j is no name of an object', async (name) => {
    for (const method of ['POST', 'PUT', 'GET', 'HEAD']) {
      const answer = await send(method, `entry-media/${encodeURIComponent(name)}`)
      expect([400, 404]).toContain(answer.status)
      if (method === 'POST' && name !== '') expect(JSON.parse(answer.text)).toMatchObject({ error: 'InvalidKey' })
    }
    const to = { bucketId: 'entry-media', sourceKey: 'x', destinationKey: name }
    for (const action of ['move', 'copy']) {
      const answer = await fetch(`${stack.url}/storage/v1/object/${action}`, {
        method: 'POST',
        headers: { ...headers(), 'content-type': 'application/json' },
        body: JSON.stringify(to),
      })
      expect(await answer.json()).toMatchObject({ error: 'InvalidKey' })
    }
  })

  test.each(['..', '.', '%2e%2e', 'a%2fb', '%20a', '%'])('bucket %j is none', async (bucket) => {
    expect([400, 404]).toContain((await send('POST', `${bucket}/x.png`)).status)
    expect(await filesUnder(stack.storageFolder)).toEqual([])
  })
})

test('whatever a file is called: it is refused, or comes back under this very name and no other', async () => {
  const character = fc.constantFrom(...'aZ0_!-.*\'() &$=@;:+,?/%#\\"<>éß\u0000\n~'.split(''))
  const name = fc
    .oneof(
      fc.string({ unit: character, minLength: 1, maxLength: 30 }),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
    )
    // Written %2E or not, fetch takes such a segment out of the path: the server never sees it. object-name.test.ts has them.
    .filter((text) => text !== '.' && text !== '..')
  await fc.assert(
    fc.asyncProperty(name, async (text) => {
      const path = `/storage/v1/object/entry-media/${anna.id}/${encodeURIComponent(text)}`
      const content = picture(20)
      const put = await fetch(stack.url + path, { method: 'PUT', headers: headers(), body: new Uint8Array(content) })
      if (put.status !== 200) {
        expect([400, 404]).toContain(put.status)
        expect(await filesUnder(stack.storageFolder)).toEqual([])
        return
      }
      expect(await put.json()).toMatchObject({ Key: `entry-media/${anna.id}/${text}` })
      const got = await fetch(stack.url + path, { headers: headers() })
      expect(Buffer.from(await got.arrayBuffer())).toEqual(content)
      expect(await filesUnder(stack.storageFolder)).toHaveLength(1)
      const removed = await media().remove([`${anna.id}/${text}`])
      expect(removed.data?.map((object) => object.name)).toEqual([`${anna.id}/${text}`])
      expect(await filesUnder(stack.storageFolder)).toEqual([])
    }),
    { numRuns: 60 },
  )
})
