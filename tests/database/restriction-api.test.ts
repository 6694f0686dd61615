import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTestClient } from '../support/client.ts'
import { createFilledMember, createStackAndPool, type StackAndPool } from '../support/filled-member.ts'
import { bytesOf, type Member, picture, signUpMember } from '../support/media.ts'
import { restrict, rowsOf } from '../support/person-rows.ts'
import type { TestStack } from '../support/stack.ts'
import { exposedTables } from './exposed.ts'

// What a restricted person, and one who is being erased, meets through PostgREST and Storage; and so does the service key.

let bench: StackAndPool
let stack: TestStack
let postgres: pg.Pool
let anna: Member
let path: string

beforeAll(async () => {
  bench = await createStackAndPool()
  stack = bench.stack
  postgres = bench.postgres
})
afterAll(() => bench?.remove())
beforeEach(async () => {
  const filled = await createFilledMember(bench)
  anna = filled.anna
  path = filled.path
})

const service = () => createTestClient(stack, stack.serviceRoleKey)
const tables = Object.keys(exposedTables)
const bare = (table: string) => table.replace('public.', '')

describe('through the API', () => {
  const entry = () => anna.client.from('journal_entries').insert({ reflection: 'Later' })
  const writes = () => ({
    insert: entry(),
    upsert: anna.client.from('profiles').upsert({ user_id: anna.id, display_name: 'Anna' }),
    update: anna.client.from('profiles').update({ bio: 'x' }).eq('user_id', anna.id),
    delete: anna.client.from('user_addictions').delete().eq('user_id', anna.id),
    purchase: anna.client.rpc('purchase_premium', { plan: 'monthly', idempotency_key: 'a-new-purchase' }),
  })

  it('a restricted person is told 403 processing_restricted when they write, and reads as before', async () => {
    await restrict(postgres, anna.id)
    const before = await rowsOf(postgres, anna.id)
    for (const [verb, write] of Object.entries(writes())) {
      const { status, error } = await write
      expect({ verb, status, error }).toMatchObject({
        status: 403,
        error: {
          code: 'processing_restricted',
          message: 'the data of this person may be read, but not changed: its processing is restricted',
          details: null,
          hint: expect.stringContaining('Reading stays possible'),
        },
      })
    }
    expect(await rowsOf(postgres, anna.id)).toEqual(before)
    for (const table of tables) expect((await anna.client.from(bare(table)).select()).data, table).toHaveLength(1)
    const span = { from_date: '2026-01-01', to_date: '2027-01-01' }
    expect((await anna.client.rpc('progress_summary', span)).status).toBe(200)
    expect((await anna.client.rpc('progress_summary', span, { get: true })).status).toBe(200)
    // A refused write is not counted.
    const { rows } = await postgres.query('select from private.rate_limits where user_id = $1', [anna.id])
    expect(rows).toEqual([])
  })

  it('a restricted person signs in, stays signed in and gets at their files', async () => {
    await restrict(postgres, anna.id)
    const { data } = await anna.client.auth.refreshSession()
    expect(data.user?.id).toBe(anna.id)
    const again = createTestClient(stack, stack.anonKey)
    const signedIn = await again.auth.signInWithPassword({
      email: data.user?.email ?? '',
      password: 'a long password',
    })
    expect(signedIn.error).toBeNull()
    const media = again.storage.from('entry-media')
    expect((await bytesOf((await media.download(path)).data)).length).toBe(2000)
    expect((await media.list(`${anna.id}/entry`)).data).toHaveLength(1)
    expect((await media.createSignedUrl(path, 60)).error).toBeNull()
  })

  it('a person who is being erased is gone: 401, also when they read', async () => {
    await restrict(postgres, anna.id, 'erasure')
    for (const [verb, write] of Object.entries(writes())) {
      const { status, error } = await write
      expect({ verb, status, code: error?.code }).toEqual({ verb, status: 401, code: 'user_not_found' })
    }
    for (const table of tables) {
      const { status, error } = await anna.client.from(bare(table)).select()
      expect({ table, status, code: error?.code }).toEqual({ table, status: 401, code: 'user_not_found' })
    }
    const span = { from_date: '2026-01-01', to_date: '2027-01-01' }
    expect((await anna.client.rpc('progress_summary', span, { get: true })).status).toBe(401)
  })

  it.each([
    ['restriction', 403, 'processing_restricted'],
    ['erasure', 410, 'user_not_found'],
  ] as const)('the service key does not get past a %s: %d %s', async (kind, status, code) => {
    await restrict(postgres, anna.id, kind)
    const before = await rowsOf(postgres, anna.id)
    for (const table of tables) {
      const { row, change } = exposedTables[table] as (typeof exposedTables)[string]
      const from = () => service().from(bare(table))
      const answers = {
        insert: await from().insert(row(anna.id, 'later')),
        update: await from().update(change).eq('user_id', anna.id),
        delete: await from().delete().eq('user_id', anna.id),
      }
      for (const [verb, answer] of Object.entries(answers)) {
        expect({ table, verb, status: answer.status, code: answer.error?.code }).toEqual({ table, verb, status, code })
      }
      expect((await from().select().eq('user_id', anna.id)).data).toHaveLength(1)
    }
    expect(await rowsOf(postgres, anna.id)).toEqual(before)
  })

  it('nobody else notices', async () => {
    const ben = await signUpMember(stack)
    await restrict(postgres, anna.id)
    expect((await ben.client.from('journal_entries').insert({ reflection: 'Mine' })).error).toBeNull()
    expect((await service().from('journal_entries').delete().eq('user_id', ben.id)).error).toBeNull()
    expect((await createTestClient(stack, stack.anonKey).from('profiles').select()).status).toBe(401)
  })
})

describe('of files', () => {
  const media = (key?: 'service') => (key ? service() : anna.client).storage.from('entry-media')
  const image = { contentType: 'image/png' }

  it.each([
    ['they themselves', undefined],
    ['the service key', 'service'],
  ] as const)('%s: no upload, change or removal under restriction, and it says why', async (_, key) => {
    await restrict(postgres, anna.id)
    const before = await rowsOf(postgres, anna.id)
    const answers = [
      await media(key).upload(`${anna.id}/entry/new.png`, picture(), image),
      await media(key).upload(path, picture(), { ...image, upsert: true }),
      await media(key).update(path, picture(), image),
      await media(key).move(path, `${anna.id}/entry/moved.png`),
      await media(key).copy(path, `${anna.id}/entry/copied.png`),
      await media(key).remove([path]),
    ]
    for (const { error } of answers) {
      expect(error).toMatchObject({
        statusCode: '403',
        message: 'the data of this person may be read, but not changed: its processing is restricted',
      })
    }
    expect(await rowsOf(postgres, anna.id)).toEqual(before)
    expect((await bytesOf((await media(key).download(path)).data)).length).toBe(2000)
  })

  it('under erasure the service key removes, and adds nothing; they themselves see nothing', async () => {
    await restrict(postgres, anna.id, 'erasure')
    for (const key of [undefined, 'service'] as const) {
      const { error } = await media(key).upload(`${anna.id}/entry/new.png`, picture(), image)
      expect(error).toMatchObject({ statusCode: '403', message: 'this person is being erased' })
    }
    expect((await media().list(`${anna.id}/entry`)).data).toEqual([])
    expect((await media().download(path)).error).not.toBeNull()
    expect((await media('service').remove([path])).data).toHaveLength(1)
    const { rows } = await postgres.query('select from storage.objects where owner_id = $1', [anna.id])
    expect(rows).toEqual([])
  })
})
