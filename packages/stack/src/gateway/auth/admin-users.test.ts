import type { SupabaseClient } from '@supabase/supabase-js'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestClient } from '../../../../../tests/support/client.ts'
import { call } from '../../../../../tests/support/http.ts'
import { createTestStack, type TestStack } from '../../../../../tests/support/stack.ts'
import { hashPassword } from './password.ts'

const unlimited = '[auth.rate_limit]\nsign_in_sign_ups = 100000\ntoken_refresh = 100000\n'
const password = 'correct horse'
let stack: TestStack
let database: pg.Client
let client: SupabaseClient
let count = 0
beforeAll(async () => {
  stack = await createTestStack({ configToml: unlimited })
  database = new pg.Client(stack.database.superuserUrl)
  await database.connect()
  client = createTestClient(stack, stack.serviceRoleKey)
})
afterAll(async () => {
  await database?.end()
  await stack?.stop()
})

const newEmail = () => `person${++count}@example.test`
const signIn = (email: string, secret = password) =>
  call(stack, '/auth/v1/token?grant_type=password', { body: { email, password: secret } })
const asAdmin = (path: string, options = {}) =>
  call(stack, `/auth/v1/admin${path}`, { token: stack.serviceRoleKey, ...options })

async function created(attributes = {}) {
  const { data, error } = await client.auth.admin.createUser({
    email: newEmail(),
    password,
    email_confirm: true,
    ...attributes,
  })
  if (error) throw error
  return data.user
}

describe('only an administrator', () => {
  test.each([
    ['GET', '/users'],
    ['POST', '/users'],
    ['GET', '/users/11111111-1111-4111-8111-111111111111'],
    ['PUT', '/users/11111111-1111-4111-8111-111111111111'],
    ['DELETE', '/users/11111111-1111-4111-8111-111111111111'],
    ['GET', '/nothing'],
  ])('may %s %s', async (method, path) => {
    const person = (await signIn((await created()).email ?? '')).body.access_token
    const ask = (headers: Record<string, string>) => call(stack, `/auth/v1/admin${path}`, { method, headers })
    expect(await ask({})).toMatchObject({ status: 403, body: { error_code: 'not_admin' } })
    expect(await ask({ authorization: `Bearer ${person}` })).toMatchObject({
      status: 403,
      body: { error_code: 'not_admin' },
    })
    // The key opens the door; the token says who came in.
    const both = { apikey: stack.serviceRoleKey, authorization: `Bearer ${person}` }
    expect((await ask(both)).status).toBe(403)
    expect(await ask({ authorization: 'Bearer' })).toMatchObject({
      status: 401,
      body: { error_code: 'no_authorization' },
    })
    expect(await ask({ authorization: 'Bearer x.y.z' })).toMatchObject({ status: 403, body: { error_code: 'bad_jwt' } })
  })
})

describe('creating', () => {
  test('a user who can sign in', async () => {
    const user = await created({ email: 'Made@Example.test', user_metadata: { a: 1 }, app_metadata: { plan: 'x' } })
    expect(user).toMatchObject({
      email: 'made@example.test',
      role: 'authenticated',
      user_metadata: { a: 1, email_verified: true },
      app_metadata: { provider: 'email', providers: ['email'], plan: 'x' },
      identities: [{ provider: 'email' }],
    })
    expect((await signIn('made@example.test')).status).toBe(200)
  })

  test('an unconfirmed one, who cannot; a stranger cannot take the address by signing up', async () => {
    const { email } = await created({ email_confirm: false })
    expect((await signIn(email ?? '')).body.error_code).toBe('email_not_confirmed')
    const answer = await call(stack, '/auth/v1/signup', { body: { email, password: 'a strangers horse' } })
    expect(answer.body.error_code).toBe('user_already_exists')
  })

  test('with a hash from elsewhere, an id of one’s own, a role and a ban', async () => {
    const id = '22222222-2222-4222-8222-222222222222'
    const email = newEmail()
    const body = { id, email, email_confirm: true, password_hash: await hashPassword('moved'), role: 'editor' }
    expect((await asAdmin('/users', { body: { ...body, ban_duration: '1h' } })).body).toMatchObject({
      id,
      role: 'editor',
      banned_until: expect.any(String),
    })
    expect((await signIn(email, 'moved')).body.error_code).toBe('user_banned')
    const { data } = await client.auth.admin.updateUserById(id, { ban_duration: 'none' })
    expect(data.user?.banned_until).toBeUndefined()
    expect((await signIn(email, 'moved')).status).toBe(200)
    expect((await asAdmin('/users', { body: { ...body, email: newEmail() } })).status).toBe(422)
  })

  test('banned for a hundred years, as people do who mean for ever', async () => {
    const { banned_until: until } = (await created({ ban_duration: '876000h' })) as { banned_until?: string }
    expect(Date.parse(until ?? '') - Date.now()).toBeGreaterThan(99 * 365 * 86_400_000)
  })

  test('without a password makes a user whose password nobody knows', async () => {
    const { email } = await created({ password: undefined })
    expect((await signIn(email ?? '', '')).body.error_code).toBe('invalid_credentials')
  })

  test.each([
    ['nobody', {}, 400, 'validation_failed'],
    ['a phone', { phone: '+4912345' }, 400, 'phone_provider_disabled'],
    ['no address', { email: 'x' }, 400, 'validation_failed'],
    ['an odd id', { email: 'o@example.test', id: '1' }, 400, 'validation_failed'],
    ['the nil id', { email: 'o@example.test', id: '00000000-0000-0000-0000-000000000000' }, 400, 'validation_failed'],
    ['two secrets', { email: 'o@example.test', password, password_hash: 'x' }, 400, 'validation_failed'],
    ['no bcrypt', { email: 'o@example.test', password_hash: '$argon2id$v=19$m=1' }, 400, 'validation_failed'],
    ['an endless password', { email: 'o@example.test', password: 'x'.repeat(73) }, 400, 'validation_failed'],
    ['an odd ban', { email: 'o@example.test', ban_duration: 'a day' }, 400, 'validation_failed'],
  ])('with %s is refused', async (_, body, status, code) => {
    expect(await asAdmin('/users', { body })).toMatchObject({ status, body: { error_code: code } })
  })

  test('twice with one address is refused', async () => {
    const { email } = await created()
    const { error } = await client.auth.admin.createUser({ email: email ?? '', password })
    expect(error).toMatchObject({ status: 422, code: 'email_exists' })
  })
})

describe('reading', () => {
  test('one user, or a clear refusal', async () => {
    const { id } = await created()
    expect((await client.auth.admin.getUserById(id)).data.user?.id).toBe(id)
    expect(await asAdmin('/users/me')).toMatchObject({ status: 404, body: { error_code: 'validation_failed' } })
    const nobody = '/users/33333333-3333-4333-8333-333333333333'
    expect(await asAdmin(nobody)).toMatchObject({ status: 404, body: { error_code: 'user_not_found' } })
  })

  test('pages, newest first, that together are everybody once', async () => {
    await database.query('delete from auth.users')
    for (let at = 0; at < 5; at++) await created()
    // Made in one statement, so that their times do not tell them apart.
    await database.query("update auth.users set created_at = now() where email ~ '[13579]@'")
    const seen: string[] = []
    for (let page = 1; page <= 3; page++) {
      const { data, error } = await client.auth.admin.listUsers({ page, perPage: 2 })
      expect(error).toBeNull()
      expect(data).toMatchObject({ total: 5, lastPage: 3, nextPage: page < 3 ? page + 1 : null })
      seen.push(...data.users.map((user) => user.id))
    }
    expect(new Set(seen).size).toBe(5)
    const first = await asAdmin('/users?page=1&per_page=2')
    expect(first.headers.get('x-total-count')).toBe('5')
    expect(first.headers.get('link')).toBe(
      '</admin/users?page=2&per_page=2>; rel="next", </admin/users?page=3&per_page=2>; rel="last"',
    )
    const oldest = (await asAdmin('/users?sort=created_at%20asc')).body.users
    const newest = (await asAdmin('/users')).body.users
    expect(oldest.map((user: { id: string }) => user.id).reverse()).toEqual(
      newest.map((user: { id: string }) => user.id),
    )
  })

  test('a search, and odd pages refused', async () => {
    const { email } = await created()
    const found = (await asAdmin(`/users?filter=${encodeURIComponent(email ?? '')}`)).body.users
    expect(found).toMatchObject([{ email }])
    for (const query of ['page=-1', 'page=x', 'per_page=1.5', 'sort=email', 'sort=created_at%20up']) {
      expect(await asAdmin(`/users?${query}`)).toMatchObject({ status: 400, body: { error_code: 'validation_failed' } })
    }
    expect((await asAdmin('/users?page=999999999999&per_page=999999999999')).body.users).toEqual([])
  })
})

describe('changing', () => {
  test('what is given changes, what is not stays; a new password ends every session', async () => {
    const { id, email } = await created({ user_metadata: { keep: 1, drop: 1 } })
    const { access_token: token } = (await signIn(email ?? '')).body
    const changed = await client.auth.admin.updateUserById(id, {
      email: newEmail(),
      password: 'another horse',
      user_metadata: { drop: null, add: 2 },
      app_metadata: { journeys: true },
    })
    expect(changed.error).toBeNull()
    expect(changed.data.user).toMatchObject({
      user_metadata: { keep: 1, add: 2 },
      app_metadata: { provider: 'email', journeys: true },
      role: 'authenticated',
    })
    expect(changed.data.user?.user_metadata).not.toHaveProperty('drop')
    expect((await call(stack, '/auth/v1/user', { token })).body.error_code).toBe('session_not_found')
    expect((await signIn(changed.data.user?.email ?? '', 'another horse')).status).toBe(200)
  })

  test('to an address that is taken, to a weak password, of nobody: refused', async () => {
    const [ann, ben] = [await created(), await created()]
    const put = (id: string, body: object) => asAdmin(`/users/${id}`, { method: 'PUT', body })
    expect(await put(ann.id, { email: ben.email })).toMatchObject({ status: 422, body: { error_code: 'email_exists' } })
    expect(await put(ann.id, { password: 'short' })).toMatchObject({
      status: 422,
      body: { error_code: 'weak_password' },
    })
    expect(await put('33333333-3333-4333-8333-333333333333', {})).toMatchObject({ status: 404 })
  })
})

describe('deleting', () => {
  test('takes the user, the sessions and what hangs on them', async () => {
    const { id, email } = await created()
    const { access_token: token, refresh_token } = (await signIn(email ?? '')).body
    expect((await client.auth.admin.deleteUser(id)).error).toBeNull()
    expect((await call(stack, '/auth/v1/user', { token })).body.error_code).toBe('user_not_found')
    const refreshed = await call(stack, '/auth/v1/token?grant_type=refresh_token', { body: { refresh_token } })
    expect(refreshed.body.error_code).toBe('refresh_token_not_found')
    expect((await client.auth.admin.deleteUser(id)).error).toMatchObject({ status: 404, code: 'user_not_found' })
  })

  test('softly leaves the row and nothing personal in it, and frees the address', async () => {
    const { id, email } = await created({ user_metadata: { full_name: 'Ann Person' } })
    const { access_token: token } = (await signIn(email ?? '')).body
    for (const _ of [1, 2]) expect((await client.auth.admin.deleteUser(id, true)).error).toBeNull()
    const { rows } = await database.query(
      'select u.*, i.identity_data, i.provider_id from auth.users u join auth.identities i on i.user_id = u.id where u.id = $1',
      [id],
    )
    expect(rows).toMatchObject([{ deleted_at: expect.any(Date), encrypted_password: null, identity_data: {} }])
    expect(JSON.stringify(rows)).not.toMatch(new RegExp(`Ann Person|${email}`))
    expect((await call(stack, '/auth/v1/user', { token })).body.error_code).toBe('user_not_found')
    expect((await signIn(email ?? '')).body.error_code).toBe('invalid_credentials')
    expect((await created({ email })).id).not.toBe(id)
  })

  test('with an odd body is refused', async () => {
    const { id } = await created()
    const answer = await asAdmin(`/users/${id}`, { method: 'DELETE', body: { should_soft_delete: 'yes' } })
    expect(answer).toMatchObject({ status: 400, body: { error_code: 'bad_json' } })
    expect((await asAdmin(`/users/${id}`)).status).toBe(200)
  })
})
