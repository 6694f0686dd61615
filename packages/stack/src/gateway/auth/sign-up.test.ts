import fc from 'fast-check'
import { decodeJwt } from 'jose'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createTestClient } from '../../../../../tests/support/client.ts'
import { call } from '../../../../../tests/support/http.ts'
import { createTestStack, type TestStack } from '../../../../../tests/support/stack.ts'

const unlimited = '[auth.rate_limit]\nsign_in_sign_ups = 100000\ntoken_refresh = 100000\n'
let stack: TestStack
let database: pg.Client
beforeAll(async () => {
  stack = await createTestStack({ configToml: unlimited })
  database = new pg.Client(stack.database.superuserUrl)
  await database.connect()
})
afterAll(async () => {
  await database?.end()
  await stack?.stop()
})

const signUp = (body: unknown, headers = {}) => call(stack, '/auth/v1/signup', { body, headers })

test('a new user is signed in at once, with the claims that Supabase puts in', async () => {
  const client = createTestClient(stack, stack.anonKey)
  const { data, error } = await client.auth.signUp({
    email: 'New.User@Example.test',
    password: 'correct horse',
    options: { data: { nickname: 'Ann', sub: 'not mine' } },
  })
  expect(error).toBeNull()
  const { user, session } = data
  expect(user).toMatchObject({
    aud: 'authenticated',
    role: 'authenticated',
    email: 'new.user@example.test',
    phone: '',
    app_metadata: { provider: 'email', providers: ['email'] },
    user_metadata: { nickname: 'Ann', email: 'new.user@example.test', email_verified: true, sub: user?.id },
    identities: [{ provider: 'email', id: user?.id, identity_data: { email: 'new.user@example.test' } }],
    is_anonymous: false,
  })
  expect(session).toMatchObject({ token_type: 'bearer', expires_in: 3600 })
  const now = Math.floor(Date.now() / 1000)
  const claims = decodeJwt(session?.access_token ?? '')
  expect(claims).toEqual({
    iss: `${stack.url}/auth/v1`,
    sub: user?.id,
    aud: 'authenticated',
    exp: (claims.iat ?? 0) + 3600,
    iat: expect.closeTo(now, -1),
    email: 'new.user@example.test',
    phone: '',
    app_metadata: user?.app_metadata,
    user_metadata: user?.user_metadata,
    role: 'authenticated',
    aal: 'aal1',
    amr: [{ method: 'password', timestamp: expect.closeTo(now, -1) }],
    session_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    is_anonymous: false,
  })
  // PostgREST takes the token: the user can write what is theirs.
  const { error: refused } = await client.from('profiles').insert({ user_id: user?.id, display_name: 'Ann' })
  expect(refused).toBeNull()
})

test('the rows are those of Supabase Auth', async () => {
  const { body } = await signUp({ email: 'rows@example.test', password: 'correct horse' })
  const { rows } = await database.query(
    `select u.instance_id, u.encrypted_password ~ '^\\$2b\\$10\\$' as bcrypt10, u.confirmation_token,
            i.provider_id = u.id::text as own_identity, i.email, host(s.ip) as ip, s.aal::text, t.revoked, t.parent
       from auth.users u
       join auth.identities i on i.user_id = u.id
       join auth.sessions s on s.user_id = u.id
       join auth.refresh_tokens t on t.session_id = s.id
      where u.id = $1`,
    [body.user.id],
  )
  expect(rows).toEqual([
    {
      instance_id: '00000000-0000-0000-0000-000000000000',
      bcrypt10: true,
      confirmation_token: '',
      own_identity: true,
      email: 'rows@example.test',
      ip: '127.0.0.1',
      aal: 'aal1',
      revoked: false,
      parent: '',
    },
  ])
})

describe('is refused', () => {
  test.each([
    ['without a password', { email: 'x@example.test' }, 400, 'validation_failed'],
    ['with a short password', { email: 'x@example.test', password: '12345' }, 422, 'weak_password'],
    ['with a password over 72 bytes', { email: 'x@example.test', password: 'x'.repeat(73) }, 400, 'validation_failed'],
    ['with no address', { password: 'correct horse' }, 422, 'anonymous_provider_disabled'],
    ['with nothing', {}, 422, 'anonymous_provider_disabled'],
    ['with a phone', { phone: '+4912345', password: 'correct horse' }, 400, 'phone_provider_disabled'],
    ['with no valid address', { email: 'x@', password: 'correct horse' }, 400, 'validation_failed'],
    ['with a long address', { email: `${'x'.repeat(252)}@a.b`, password: 'correct horse' }, 400, 'validation_failed'],
    ['with a number for an address', { email: 1, password: 'correct horse' }, 400, 'bad_json'],
    ['with a list for data', { email: 'x@example.test', password: 'correct horse', data: [] }, 400, 'bad_json'],
    ['without JSON', '{"email":', 400, 'bad_json'],
    ['without a body', '', 400, 'bad_json'],
    [
      'with a NUL in the data',
      { email: 'n@example.test', password: 'correct horse', data: { a: '\0' } },
      400,
      'validation_failed',
    ],
  ])('%s', async (_, body, status, code) => {
    const answer = await signUp(body)
    expect(answer.status).toBe(status)
    expect(answer.body).toMatchObject({ code: status, error_code: code, msg: expect.any(String) })
    expect(answer.headers.get('x-sb-error-code')).toBe(code)
  })

  test('in the newer shape when the client asks for it', async () => {
    const version = { 'x-supabase-api-version': '2024-01-01' }
    const answer = await signUp({ email: 'x@example.test', password: '12345' }, version)
    expect(answer.headers.get('x-supabase-api-version')).toBe('2024-01-01')
    expect(answer.body).toEqual({
      code: 'weak_password',
      message: 'Password should be at least 6 characters.',
      weak_password: { reasons: ['length'] },
    })
  })

  test('with the reasons that supabase-js passes on', async () => {
    const client = createTestClient(stack, stack.anonKey)
    const { error } = await client.auth.signUp({ email: 'x@example.test', password: '12345' })
    expect(error).toMatchObject({ code: 'weak_password', status: 422, reasons: ['length'] })
  })

  test('over one megabyte, with a length and without', async () => {
    const body = JSON.stringify({ email: 'x@example.test', password: 'x'.repeat(1_100_000) })
    const stream = new Blob([body]).stream()
    const headers = { apikey: stack.anonKey, 'content-type': 'application/json' }
    const init = { method: 'POST', headers, body: stream, duplex: 'half' } as RequestInit
    for (const response of [await signUp(body), await fetch(`${stack.url}/auth/v1/signup`, init)]) {
      expect(response.status).toBe(413)
    }
  })

  test('when the address is known, whatever its case', async () => {
    await signUp({ email: 'known@example.test', password: 'correct horse' })
    const client = createTestClient(stack, stack.anonKey)
    const { error } = await client.auth.signUp({ email: 'KNOWN@example.test', password: 'another horse' })
    expect(error).toMatchObject({ status: 422, code: 'user_already_exists', message: 'User already registered' })
  })

  test('when sign-ups are switched off', async () => {
    const closed = await createTestStack({ migrated: false, configToml: '[auth]\nenable_signup = false\n' })
    onTestFinished(() => closed.stop())
    const answer = await call(closed, '/auth/v1/signup', {
      body: { email: 'x@example.test', password: 'correct horse' },
    })
    expect(answer).toMatchObject({ status: 422, body: { error_code: 'signup_disabled' } })
    expect((await call(closed, '/auth/v1/settings')).body).toMatchObject({ disable_signup: true })
  })
})

test('of eight who sign up with one address at once, one is taken and seven are told', async () => {
  const all = Array.from({ length: 8 }, () => signUp({ email: 'race@example.test', password: 'correct horse' }))
  const answers = (await Promise.all(all)).map((answer) => answer.body.error_code ?? answer.status)
  expect(answers.sort()).toEqual([200, ...Array(7).fill('user_already_exists')])
  const { rows } = await database.query(`select count(*)::int from auth.users where email = 'race@example.test'`)
  expect(rows).toEqual([{ count: 1 }])
})

test('no JSON, however odd, is answered with a fault of ours', async () => {
  const value = fc.oneof(
    fc.json(),
    fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
  )
  const field = fc.constantFrom('email', 'password', 'data', 'phone', '__proto__')
  const body = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(fc.tuple(field, value), { maxLength: 4 })
      .map((pairs) => `{${pairs.map(([key, text]) => `"${key}":${text}`)}}`),
    value.map((data) => `{"email":"fuzz@example.test","password":"correct horse","data":{"a":${data}}}`),
  )
  await fc.assert(
    fc.asyncProperty(
      body,
      fc.constantFrom('/signup', '/token?grant_type=password', '/token?grant_type=refresh_token'),
      async (text, path) => {
        const { status } = await call(stack, `/auth/v1${path}`, { method: 'POST', body: text })
        expect(status).toBeLessThan(500)
      },
    ),
    { numRuns: 150 },
  )
})

test('JSON nested without end is refused', async () => {
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
  const body = `{"email":"deep@example.test","password":"correct horse","data":{"a":${deep}}}`
  expect((await signUp(body)).status).toBe(400)
})
