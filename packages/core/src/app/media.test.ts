import { randomBytes, randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp, createPerson } from '../../../../tests/app/person.ts'
import { createTestStack, type TestStack } from '../../../../tests/support/stack.ts'
import { limits } from './limits.ts'

let stack: TestStack
beforeAll(async () => {
  stack = await createTestStack()
})
afterAll(() => stack?.stop())

async function bytes(blob: Blob): Promise<Buffer> {
  return Buffer.from(await blob.arrayBuffer())
}

describe('media of an entry', () => {
  it('is added, listed, shown by a URL, downloaded and removed', async () => {
    const { id, journeys } = await createPerson(stack)
    const entry = await journeys.journal.add({ reflection: 'With a picture' })
    const [picture, recording] = [randomBytes(3000), randomBytes(5000)]
    expect(await journeys.media.list(entry.id)).toEqual([])

    const first = await journeys.media.add(entry.id, picture, { contentType: 'image/jpeg' })
    expect(first).toMatchObject({ entryId: entry.id, contentType: 'image/jpeg', size: 3000 })
    expect(first.path).toBe(`${id}/${entry.id}/${first.id}.jpg`)
    // What a browser's recorder gives.
    const blob = new Blob([new Uint8Array(recording)], { type: 'audio/webm;codecs=opus' })
    const second = await journeys.media.add(entry.id, blob)
    expect(second).toMatchObject({ contentType: 'audio/webm', size: 5000 })

    const listed = await journeys.media.list(entry.id)
    expect(listed).toEqual([
      { ...first, createdAt: expect.any(String) },
      { ...second, createdAt: expect.any(String) },
    ])
    const shown = await fetch(await journeys.media.url(first))
    expect([shown.status, shown.headers.get('content-type')]).toEqual([200, 'image/jpeg'])
    expect(await bytes(await shown.blob())).toEqual(picture)
    expect(await bytes(await journeys.media.download(second))).toEqual(recording)

    expect(await journeys.media.remove(first, second, first)).toBe(2)
    expect(await journeys.media.list(entry.id)).toEqual([])
    await expect(journeys.media.download(first)).rejects.toMatchObject({ code: 'not_found' })
    await expect(journeys.media.url(first)).rejects.toMatchObject({ code: 'not_found' })
    expect(await journeys.media.remove()).toBe(0)
  })

  it('is nobody else’s', async () => {
    const [anna, eve] = [await createPerson(stack), await createPerson(stack)]
    const entryId = randomUUID()
    const file = await anna.journeys.media.add(entryId, randomBytes(10), { contentType: 'image/png' })
    await expect(eve.journeys.media.download(file)).rejects.toMatchObject({ code: 'not_found' })
    expect(await eve.journeys.media.remove(file)).toBe(0)
    expect(await eve.journeys.media.list(entryId)).toEqual([])
    const nobody = createApp(stack)
    await expect(nobody.media.download(file)).rejects.toMatchObject({ code: 'not_signed_in' })
    expect(await anna.journeys.media.list(entryId)).toHaveLength(1)
  })

  it('that storage would refuse is not sent', async () => {
    const { journeys } = await createPerson(stack, { fetch: noNetworkAfterSignUp() })
    const refused = { code: 'invalid_input' }
    const entryId = randomUUID()
    for (const contentType of ['image/svg+xml', 'text/html', '', 'video/mp4']) {
      await expect(journeys.media.add(entryId, randomBytes(1), { contentType })).rejects.toMatchObject(refused)
    }
    const large = new Uint8Array(limits.media.maxBytes + 1)
    await expect(journeys.media.add(entryId, large, { contentType: 'image/png' })).rejects.toMatchObject(refused)
    await expect(journeys.media.add('../x', randomBytes(1), { contentType: 'image/png' })).rejects.toMatchObject(
      refused,
    )
    await expect(journeys.media.add(entryId, randomBytes(1), { contentType: 'image/png' })).rejects.toMatchObject({
      code: 'unreachable',
    })
  })

  it('is limited in the app as it is in the bucket', async () => {
    const client = new pg.Client({ connectionString: stack.database.url })
    await client.connect()
    const { rows } = await client.query(
      `select file_size_limit::int, allowed_mime_types, public from storage.buckets where id = 'entry-media'`,
    )
    await client.end()
    expect(rows).toEqual([
      {
        file_size_limit: limits.media.maxBytes,
        allowed_mime_types: [...limits.media.imageTypes, 'audio/*'],
        public: false,
      },
    ])
  })
})

function noNetworkAfterSignUp(): typeof fetch {
  return async (input, init) => {
    if (String(input).includes('/storage/')) throw new TypeError('fetch failed')
    return await fetch(input, init)
  }
}
