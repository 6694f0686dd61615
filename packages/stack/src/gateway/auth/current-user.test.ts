import { SignJWT } from 'jose'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
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

/** Somebody signed in, with the real client. */
async function signedUp() {
  const email = `person${++count}@example.test`
  const client = createTestClient(stack, stack.anonKey)
  const { data } = await client.auth.signUp({ email, password, options: { data: { nickname: 'Ann', likes: 'tea' } } })
  if (data.user === null || data.session === null) throw new Error('the sign-up failed')
  return { client, email, id: data.user.id, token: data.session.access_token }
}

/** The same person on another device. */
async function signedInToo(email: string, secret = password) {
  const client = createTestClient(stack, stack.anonKey)
  const { data, error } = await client.auth.signInWithPassword({ email, password: secret })
  return { client, error, token: data.session?.access_token }
}

const user = (token?: string) => call(stack, '/auth/v1/user', { token })
const change = (token: string, body: unknown) => call(stack, '/auth/v1/user', { method: 'PUT', token, body })

function minted(claims: Record<string, unknown>, options: { secret?: string; expires?: string } = {}) {
  const secret = new TextEncoder().encode(options.secret ?? stack.jwtSecret)
  return new SignJWT({ role: 'authenticated', aud: 'authenticated', ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(options.expires ?? '1h')
    .sign(secret)
}

describe('who am I', () => {
  test('is answered to the signed in', async () => {
    const { client, id, email } = await signedUp()
    const { data, error } = await client.auth.getUser()
    expect(error).toBeNull()
    expect(data.user).toMatchObject({ id, email, user_metadata: { nickname: 'Ann' }, role: 'authenticated' })
  })

  test('is refused to everybody else, each with the reason', async () => {
    const { id, token } = await signedUp()
    const nobody = '11111111-1111-4111-8111-111111111111'
    const [head, body] = token.split('.')
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.`
    const cases: [token: string | undefined, status: number, code: string][] = [
      [undefined, 403, 'bad_jwt'],
      [stack.serviceRoleKey, 403, 'bad_jwt'],
      ['nonsense', 403, 'bad_jwt'],
      [none, 403, 'bad_jwt'],
      [`${head}.${body}.c2lnbmF0dXJl`, 403, 'bad_jwt'],
      [await minted({ sub: id }, { secret: 'another secret of thirty-two bytes' }), 403, 'bad_jwt'],
      [await minted({ sub: id }, { expires: '-1s' }), 403, 'bad_jwt'],
      [await minted({ sub: 'me' }), 400, 'bad_jwt'],
      [await minted({ sub: nobody }), 403, 'user_not_found'],
      [await minted({ sub: id, session_id: nobody }), 403, 'session_not_found'],
      [await minted({ sub: id, session_id: 'mine' }), 403, 'bad_jwt'],
    ]
    for (const [given, status, code] of cases) {
      expect(await user(given)).toMatchObject({ status, body: { code: status, error_code: code } })
    }
    const basic = await call(stack, '/auth/v1/user', { headers: { authorization: 'Basic eA==' } })
    expect(basic).toMatchObject({ status: 401, body: { error_code: 'no_authorization' } })
    expect((await user(await minted({ sub: id }))).status).toBe(200)
  })

  test('is refused with the session of somebody else', async () => {
    const [ann, ben] = [await signedUp(), await signedUp()]
    const { rows } = await database.query('select id from auth.sessions where user_id = $1', [ben.id])
    expect((await user(await minted({ sub: ann.id, session_id: rows[0].id }))).body.error_code).toBe(
      'session_not_found',
    )
  })
})

describe('changing oneself', () => {
  test('data is merged, and a key given as null goes', async () => {
    const { client } = await signedUp()
    const { data, error } = await client.auth.updateUser({ data: { nickname: 'Anne', likes: null, deep: { x: null } } })
    expect(error).toBeNull()
    expect(data.user?.user_metadata).toMatchObject({ nickname: 'Anne', deep: { x: null } })
    expect(data.user?.user_metadata).not.toHaveProperty('likes')
  })

  test('two changes at once both last', async () => {
    const { token } = await signedUp()
    await Promise.all(Array.from({ length: 8 }, (_, at) => change(token, { data: { [`key${at}`]: at } })))
    const metadata = (await user(token)).body.user_metadata
    for (let at = 0; at < 8; at++) expect(metadata[`key${at}`]).toBe(at)
  })

  test('a new password opens, the old one does not, and other devices are signed out', async () => {
    const { client, email } = await signedUp()
    const other = await signedInToo(email)
    expect((await client.auth.updateUser({ password: 'another horse' })).error).toBeNull()
    expect((await client.auth.getUser()).error).toBeNull()
    expect((await user(other.token)).body.error_code).toBe('session_not_found')
    expect((await signedInToo(email)).error?.code).toBe('invalid_credentials')
    expect((await signedInToo(email, 'another horse')).error).toBeNull()
  })

  test('a new address holds at once, in lower case, and must be free', async () => {
    const [ann, ben] = [await signedUp(), await signedUp()]
    const { data } = await ann.client.auth.updateUser({ email: 'Ann.New@example.test' })
    expect(data.user).toMatchObject({
      email: 'ann.new@example.test',
      identities: [{ email: 'ann.new@example.test', identity_data: { email_verified: true } }],
    })
    expect((await signedInToo('ann.new@example.test')).error).toBeNull()
    const { error } = await ben.client.auth.updateUser({ email: 'ann.new@example.test' })
    expect(error).toMatchObject({ status: 422, code: 'email_exists' })
  })

  test('two who want one address at once: one gets it', async () => {
    const people = await Promise.all([signedUp(), signedUp(), signedUp()])
    const answers = await Promise.all(people.map(({ token }) => change(token, { email: 'wanted@example.test' })))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 422, 422])
  })

  test.each([
    ['the same password', { password }, 422, 'same_password'],
    ['a weak password', { password: 'short' }, 422, 'weak_password'],
    ['an endless password', { password: 'x'.repeat(73) }, 400, 'validation_failed'],
    ['what is no address', { email: 'nobody' }, 400, 'validation_failed'],
    ['a phone', { phone: '+4912345' }, 400, 'phone_provider_disabled'],
    ['app_metadata', { app_metadata: { admin: true } }, 403, 'not_admin'],
    ['data that is no object', { data: 'x' }, 400, 'bad_json'],
  ])('%s is refused', async (_, body, status, code) => {
    const { token } = await signedUp()
    expect(await change(token, body)).toMatchObject({ status, body: { error_code: code } })
  })
})

describe('signing out', () => {
  test.each([
    ['local', [false, true]],
    ['others', [true, false]],
    ['global', [false, false]],
  ] as const)('%s', async (scope, [mine, others]) => {
    const { client, token, email } = await signedUp()
    const other = await signedInToo(email)
    const { error } = await client.auth.signOut({ scope })
    expect(error).toBeNull()
    expect((await user(token)).status === 200).toBe(mine)
    expect((await user(other.token)).status === 200).toBe(others)
    const { rows } = await database.query(
      'select count(*)::int from auth.refresh_tokens t join auth.users u on u.id::text = t.user_id where u.email = $1',
      [email],
    )
    expect(rows).toEqual([{ count: Number(mine) + Number(others) }])
  })

  test('is a 204 without a body, and once only', async () => {
    const { token } = await signedUp()
    const out = (query = '') => call(stack, `/auth/v1/logout${query}`, { method: 'POST', token })
    expect(await out('?scope=elsewhere')).toMatchObject({ status: 400, body: { error_code: 'validation_failed' } })
    expect(await out()).toMatchObject({ status: 204, body: undefined })
    expect(await out()).toMatchObject({ status: 403, body: { error_code: 'session_not_found' } })
  })
})

describe('what anybody may ask', () => {
  test('settings say what is open', async () => {
    expect((await call(stack, '/auth/v1/settings')).body).toMatchObject({
      external: { email: true, phone: false, anonymous_users: false },
      disable_signup: false,
      mailer_autoconfirm: true,
    })
  })

  test('health, and a key set that is empty because the secret is shared', async () => {
    expect((await call(stack, '/auth/v1/health')).body).toMatchObject({ name: 'GoTrue' })
    expect((await call(stack, '/auth/v1/.well-known/jwks.json')).body).toEqual({ keys: [] })
  })

  test.each([
    ['POST', '/auth/v1/otp', 404],
    ['GET', '/auth/v1/nothing', 404],
    ['DELETE', '/auth/v1/user', 404],
    ['GET', '/auth/v1', 404],
    ['GET', '/auth/v1//user', 404],
    ['OPTIONS', '/auth/v1/token', 204],
  ])('%s %s is %d', async (method, path, status) => {
    const answer = await call(stack, path, { method })
    expect(answer.status).toBe(status)
    if (status === 404) expect(answer.body).toMatchObject({ code: 404, msg: expect.stringContaining('not served') })
  })
})
