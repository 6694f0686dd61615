import type { SupabaseClient } from '@supabase/supabase-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestClient } from '../../../../../tests/support/client.ts'
import { createTestStack, type TestStack } from '../../../../../tests/support/stack.ts'

let stack: TestStack
let admin: SupabaseClient

beforeAll(async () => {
  stack = await createTestStack()
  admin = createTestClient(stack, stack.serviceRoleKey)
})
afterAll(() => stack?.stop())

describe('buckets', () => {
  test('are made, changed, listed, emptied and deleted by the service', async () => {
    const made = await admin.storage.createBucket('reports', { public: false, fileSizeLimit: '1MB' })
    expect(made).toEqual({ data: { name: 'reports' }, error: null })
    expect((await admin.storage.createBucket('reports')).error).toMatchObject({ statusCode: '409' })
    expect((await admin.storage.createBucket('a/b')).error).toMatchObject({ message: 'Bucket name invalid' })
    expect((await admin.storage.getBucket('reports')).data).toMatchObject({
      id: 'reports',
      public: false,
      file_size_limit: 1_000_000,
      allowed_mime_types: null,
    })
    const changed = await admin.storage.updateBucket('reports', { public: true, allowedMimeTypes: ['text/*'] })
    expect(changed.data).toEqual({ message: 'Successfully updated' })
    expect((await admin.storage.updateBucket('none', { public: true })).error).toMatchObject({ statusCode: '404' })
    expect((await admin.storage.listBuckets()).data?.map(({ name }) => name)).toEqual(['entry-media', 'reports'])

    const files = admin.storage.from('reports')
    for (const name of ['a.txt', 'b/c.txt']) await files.upload(name, 'text', { contentType: 'text/plain' })
    expect((await admin.storage.deleteBucket('reports')).error).toMatchObject({ statusCode: '409' })
    expect((await admin.storage.emptyBucket('reports')).error).toBeNull()
    expect((await files.list()).data).toEqual([])
    expect((await admin.storage.deleteBucket('reports')).data).toEqual({ message: 'Successfully deleted' })
    expect((await admin.storage.getBucket('reports')).error).toMatchObject({ message: 'Bucket not found' })
  })

  test('that are public are read by anybody, without a key, and a page in one does not run', async () => {
    await admin.storage.createBucket('public-files', { public: true })
    const files = admin.storage.from('public-files')
    await files.upload('page.html', '<script>1</script>', { contentType: 'text/html' })
    const url = files.getPublicUrl('page.html').data.publicUrl
    const answer = await fetch(url)
    expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([
      200,
      'text/plain',
      '<script>1</script>',
    ])
    expect((await fetch(url, { method: 'HEAD' })).headers.get('content-length')).toBe('18')
    const hidden = await fetch(`${stack.url}/storage/v1/object/public/entry-media/any/secret.png`)
    expect(hidden.status).toBe(400)
    expect(await hidden.json()).toMatchObject({ statusCode: '404', message: 'Bucket not found' })
  })
})
