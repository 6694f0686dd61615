import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createTestClient } from '../../../../../tests/support/client.ts'
import { call } from '../../../../../tests/support/http.ts'
import { createTestStack, type TestStack } from '../../../../../tests/support/stack.ts'

const unlimited = '[auth.rate_limit]\nsign_in_sign_ups = 100000\ntoken_refresh = 100000\n'
const password = 'correct horse'
let stack: TestStack
let database: pg.Client
let count = 0
beforeAll(async () => {
  stack = await createTestStack({ configToml: unlimited })
  database = new pg.Client(stack.database.superuserUrl)
  await database.connect()
})
afterAll(async () => {
  await database?.end()
  await stack?.stop()
})

async function newUser() {
  const email = `person${++count}@example.test`
  const { body } = await call(stack, '/auth/v1/signup', { body: { email, password } })
  return {
    email,
    id: body.user.id as string,
    access: body.access_token as string,
    refresh: body.refresh_token as string,
  }
}

const signIn = (body: object) => call(stack, '/auth/v1/token?grant_type=password', { body })
const refresh = (token: unknown) =>
  call(stack, '/auth/v1/token?grant_type=refresh_token', { body: { refresh_token: token } })
const user = (token: string) => call(stack, '/auth/v1/user', { token })

/** As if the token had been exchanged that long ago. */
async function age(token: string, seconds: number) {
  const text = `update auth.refresh_tokens set updated_at = now() - $2 * interval '1 second' where token = $1`
  await database.query(text, [token, seconds])
}

describe('signing in', () => {
  test('gives a session of its own each time, whatever the case of the address', async () => {
    const { email, id } = await newUser()
    const client = createTestClient(stack, stack.anonKey)
    const { data, error } = await client.auth.signInWithPassword({ email: email.toUpperCase(), password })
    expect(error).toBeNull()
    expect(data.user?.id).toBe(id)
    expect(data.weakPassword ?? null).toBeNull()
    const { rows } = await database.query('select count(*)::int from auth.sessions where user_id = $1', [id])
    expect(rows).toEqual([{ count: 2 }])
  })

  test('says the same of a wrong password, an unknown address and somebody without a password', async () => {
    const { email, id } = await newUser()
    const expected = { code: 400, error_code: 'invalid_credentials', msg: 'Invalid login credentials' }
    expect(await signIn({ email, password: 'wrong' })).toMatchObject({ status: 400, body: expected })
    expect(await signIn({ email: 'nobody@example.test', password })).toMatchObject({ status: 400, body: expected })
    expect(await signIn({ email: 'a\0b@example.test', password })).toMatchObject({ status: 400, body: expected })
    await database.query('update auth.users set encrypted_password = null where id = $1', [id])
    expect(await signIn({ email, password })).toMatchObject({ status: 400, body: expected })
    expect(await signIn({ email })).toMatchObject({ status: 400, body: expected })
  })

  test.each([
    ['nothing', {}, 400, 'validation_failed'],
    ['two names', { email: 'a@example.test', phone: '1', password }, 400, 'validation_failed'],
    ['a phone', { phone: '1', password }, 422, 'phone_provider_disabled'],
  ])('with %s is refused', async (_, body, status, code) => {
    expect(await signIn(body)).toMatchObject({ status, body: { error_code: code } })
  })

  test('in another way than these two is refused', async () => {
    const answer = await call(stack, '/auth/v1/token?grant_type=pkce', { body: {} })
    expect(answer).toMatchObject({ status: 400, body: { msg: 'unsupported_grant_type' } })
  })

  test('is refused to the banned, who must know the password to learn it, and to the unconfirmed', async () => {
    const { email, id, access, refresh: token } = await newUser()
    await database.query(`update auth.users set banned_until = now() + interval '1 hour' where id = $1`, [id])
    expect((await signIn({ email, password })).body).toMatchObject({ error_code: 'user_banned' })
    expect((await signIn({ email, password: 'wrong' })).body).toMatchObject({ error_code: 'invalid_credentials' })
    expect(await user(access)).toMatchObject({ status: 403, body: { error_code: 'user_banned' } })
    expect((await refresh(token)).body).toMatchObject({ error_code: 'user_banned' })
    await database.query('update auth.users set banned_until = null, email_confirmed_at = null where id = $1', [id])
    expect((await signIn({ email, password })).body).toMatchObject({ error_code: 'email_not_confirmed' })
  })

  test('takes a bcrypt hash that the database made, and tells of a password that is too weak by now', async () => {
    const { email, id } = await newUser()
    const text = `update auth.users set encrypted_password = extensions.crypt('old', extensions.gen_salt('bf')) where id = $1`
    await database.query(text, [id])
    const { status, body } = await signIn({ email, password: 'old' })
    expect(status).toBe(200)
    expect(body.weak_password).toEqual({ message: expect.any(String), reasons: ['length'] })
  })

  test('is limited per address, and says for how long', async () => {
    const limited = await createTestStack({
      migrated: false,
      configToml: '[auth.rate_limit]\nsign_in_sign_ups = 3\ntoken_refresh = 1\n',
    })
    onTestFinished(() => limited.stop())
    const attempt = () =>
      call(limited, '/auth/v1/token?grant_type=password', { body: { email: 'a@example.test', password } })
    for (let at = 0; at < 3; at++) expect((await attempt()).status).toBe(400)
    const refused = await attempt()
    expect(refused).toMatchObject({ status: 429, body: { error_code: 'over_request_rate_limit' } })
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(290)
    const signUp = await call(limited, '/auth/v1/signup', { body: { email: 'a@example.test', password } })
    expect(signUp.status).toBe(429)
    const again = () => call(limited, '/auth/v1/token?grant_type=refresh_token', { body: { refresh_token: 'x' } })
    expect([(await again()).status, (await again()).status]).toEqual([400, 429])
  })
})

describe('refreshing', () => {
  test('gives a new token and takes the old one', async () => {
    const client = createTestClient(stack, stack.anonKey)
    await client.auth.signUp({ email: `person${++count}@example.test`, password })
    const { data: before } = await client.auth.getSession()
    const { data: after, error } = await client.auth.refreshSession()
    expect(error).toBeNull()
    expect(after.session?.refresh_token).not.toBe(before.session?.refresh_token)
    const text =
      'select token, revoked, parent from auth.refresh_tokens where session_id = (select session_id from auth.refresh_tokens where token = $1) order by id'
    const { rows } = await database.query(text, [after.session?.refresh_token])
    expect(rows).toEqual([
      { token: before.session?.refresh_token, revoked: true, parent: '' },
      { token: after.session?.refresh_token, revoked: false, parent: before.session?.refresh_token },
    ])
    const session =
      'select refreshed_at is not null as refreshed, user_agent is not null as agent from auth.sessions where user_id = $1'
    expect((await database.query(session, [after.user?.id])).rows).toEqual([{ refreshed: true, agent: true }])
  })

  test('again within ten seconds gives the current token, as two tabs need', async () => {
    const { refresh: first } = await newUser()
    const second = (await refresh(first)).body.refresh_token
    await age(first, 9)
    expect((await refresh(first)).body.refresh_token).toBe(second)
    const third = (await refresh(second)).body.refresh_token
    expect((await refresh(first)).body.refresh_token).toBe(third)
  })

  test('with a token that was exchanged longer ago ends the whole session', async () => {
    const { email, refresh: first } = await newUser()
    const other = (await signIn({ email, password })).body.refresh_token
    const second = (await refresh(first)).body.refresh_token
    await age(first, 11)
    const used = { status: 400, body: { error_code: 'refresh_token_already_used' } }
    expect(await refresh(first)).toMatchObject(used)
    expect(await refresh(second)).toMatchObject(used)
    expect(await refresh(second)).toMatchObject(used)
    expect((await refresh(other)).status).toBe(200)
  })

  test('many times at once with one token gives one new token', async () => {
    const { refresh: first, id } = await newUser()
    const answers = await Promise.all(Array.from({ length: 12 }, () => refresh(first)))
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]))
    expect(new Set(answers.map((answer) => answer.body.refresh_token)).size).toBe(1)
    const { rows } = await database.query('select count(*)::int from auth.refresh_tokens where user_id = $1', [id])
    expect(rows).toEqual([{ count: 2 }])
  })

  test('while the session is ended is right or refused, never a fault', async () => {
    const { refresh: first, access } = await newUser()
    const answers = await Promise.all([
      ...Array.from({ length: 5 }, () => refresh(first)),
      call(stack, '/auth/v1/logout', { method: 'POST', token: access }),
      ...Array.from({ length: 5 }, () => refresh(first)),
    ])
    for (const { status } of answers) expect([200, 204, 400]).toContain(status)
    expect((await refresh(first)).body).toMatchObject({ error_code: 'refresh_token_not_found' })
  })

  test('with what is no token is refused', async () => {
    expect((await refresh('nonsense')).body).toMatchObject({ code: 400, error_code: 'refresh_token_not_found' })
    expect((await refresh('a\0b')).body).toMatchObject({ error_code: 'refresh_token_not_found' })
    expect((await refresh('')).body).toEqual({ error: 'invalid_request', error_description: 'refresh_token required' })
    expect((await refresh(12)).body).toMatchObject({ error_code: 'bad_json' })
    const { refresh: token } = await newUser()
    await database.query('update auth.refresh_tokens set session_id = null where token = $1', [token])
    expect((await refresh(token)).body).toMatchObject({ error_code: 'session_not_found' })
  })

  test('an expired session is refused', async () => {
    const { refresh: token, id } = await newUser()
    await database.query(`update auth.sessions set not_after = now() - interval '1 second' where user_id = $1`, [id])
    expect((await refresh(token)).body).toMatchObject({ error_code: 'session_expired' })
  })
})

test('any password that is accepted at sign-up opens at sign-in, and its neighbour does not', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme', minLength: 6, maxLength: 18 }), async (secret) => {
      const email = `person${++count}@example.test`
      const { status } = await call(stack, '/auth/v1/signup', { body: { email, password: secret } })
      expect(status === 200).toBe(Buffer.byteLength(secret) <= 72)
      if (status !== 200) return
      expect((await signIn({ email, password: secret })).status).toBe(200)
      expect((await signIn({ email, password: `${secret.slice(0, -1)}\u0001` })).status).toBe(400)
    }),
    // Shrinking would hash for minutes.
    { numRuns: 10, endOnFailure: true },
  )
})
