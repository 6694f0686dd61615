import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createTestClient } from '../../../../tests/support/client.ts'
import { call } from '../../../../tests/support/http.ts'
import { createTestStack, type TestStack } from '../../../../tests/support/stack.ts'
import { parseSettings } from '../settings.ts'
import { type GatewayOptions, startGateway } from './index.ts'

let stack: TestStack
beforeAll(async () => {
  stack = await createTestStack()
})
afterAll(() => stack?.stop())

/** Another gateway in front of the same stack, stopped with the test. */
async function anotherGateway(options: Partial<GatewayOptions> = {}) {
  const gateway = await startGateway({
    host: '127.0.0.1',
    port: 0,
    postgrestUrl: stack.postgrestUrl,
    authDatabaseUrl: stack.database.authAdminUrl,
    keys: stack,
    auth: parseSettings('').auth,
    ...options,
  })
  onTestFinished(() => gateway.stop())
  return { ...gateway, anonKey: stack.anonKey }
}

describe('the key', () => {
  test.each(['/rest/v1/profiles', '/auth/v1/user', '/storage/v1/bucket'])('%s wants one', async (path) => {
    const missing = await fetch(stack.url + path)
    expect(missing.status).toBe(401)
    expect(await missing.json()).toEqual({
      message: 'No API key found in request',
      hint: 'No `apikey` request header or url param was found.',
    })
    const wrong = await fetch(stack.url + path, { headers: { apikey: `${stack.anonKey}x` } })
    expect(wrong.status).toBe(401)
    expect(await wrong.json()).toMatchObject({ message: 'Invalid API key' })
  })

  test('may come in the query, where PostgREST does not take it for a filter', async () => {
    const response = await fetch(`${stack.url}/rest/v1/profiles?select=user_id&apikey=${stack.serviceRoleKey}`)
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual([])
  })

  test('stands in for an absent token, and never for a wrong one', async () => {
    const admin = await fetch(`${stack.url}/rest/v1/profiles`, { headers: { apikey: stack.serviceRoleKey } })
    expect(admin.status).toBe(200)
    const headers = { apikey: stack.serviceRoleKey, authorization: 'Bearer nonsense' }
    expect((await fetch(`${stack.url}/rest/v1/profiles`, { headers })).status).toBe(401)
  })

  test('is not needed for health and for the key set', async () => {
    expect((await fetch(`${stack.url}/health`)).status).toBe(200)
    expect((await fetch(`${stack.url}/auth/v1/.well-known/jwks.json`)).status).toBe(200)
  })
})

describe('a browser', () => {
  const page = { origin: 'http://localhost:3000' }

  test('gets its preflight answered without a key', async () => {
    const response = await fetch(`${stack.url}/rest/v1/profiles`, {
      method: 'OPTIONS',
      headers: {
        ...page,
        'access-control-request-method': 'PATCH',
        'access-control-request-headers': 'apikey,authorization,prefer',
      },
    })
    expect(response.status).toBe(204)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': expect.stringContaining('PATCH'),
      'access-control-allow-headers': 'apikey,authorization,prefer',
    })
  })

  test.each([
    ['/rest/v1/profiles', 200],
    ['/auth/v1/settings', 200],
    ['/auth/v1/user', 403],
    ['/functions/v1/x', 501],
  ])('may read the answer of %s, once', async (path, status) => {
    const response = await call(stack, path, { headers: { ...page, apikey: stack.serviceRoleKey } })
    expect(response.status).toBe(status)
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(response.headers.get('access-control-expose-headers')).toContain('Content-Range')
  })

  test('may read why it was refused', async () => {
    const response = await fetch(`${stack.url}/rest/v1/profiles`, { headers: page })
    expect(response.status).toBe(401)
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
  })

  test('leaves other clients without those headers', async () => {
    const response = await call(stack, '/auth/v1/settings')
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe('what the local stack does not serve', () => {
  test('is said by supabase-js in words', async () => {
    const client = createTestClient(stack, stack.anonKey)
    const withoutStorage = createTestClient(await anotherGateway(), stack.anonKey)
    const stored = await withoutStorage.storage.from('photos').list()
    expect(stored.error?.message).toBe('Storage is not served by the local stack')
    const called = await client.functions.invoke('hello')
    expect(await called.error.context.json()).toMatchObject({
      message: 'Edge Functions are not served by the local stack',
    })
  })

  test('is a 404 when Supabase has no such path either', async () => {
    expect((await call(stack, '/nothing/v1/here')).status).toBe(404)
    expect((await call(stack, '/')).status).toBe(404)
    expect((await call(stack, '/rest/v11/profiles')).status).toBe(404)
  })
})

test('health looks at the database and at PostgREST', async () => {
  const { status, body } = await call(stack, '/health')
  expect(status).toBe(200)
  expect(body).toEqual({
    status: 'ok',
    checks: {
      postgres: { ok: true, ms: expect.any(Number) },
      postgrest: { ok: true, ms: expect.any(Number) },
    },
  })
})

test('a request keeps its id through the answer and the log, and the log knows no secret', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'journeys-gateway-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const accessLog = join(folder, 'access.log')
  const gateway = await anotherGateway({ accessLog })
  const password = 'nobody may read this'
  const signedUp = await call(gateway, '/auth/v1/signup?redirect_to=me', {
    headers: { 'x-request-id': 'my-id' },
    body: { email: 'log@example.test', password },
  })
  expect(signedUp.headers.get('x-request-id')).toBe('my-id')
  await fetch(`${gateway.url}/rest/v1/profiles?apikey=${stack.anonKey}&display_name=eq.Ann`)
  await fetch(`${gateway.url}/rest/v1/profiles`, { headers: { apikey: 'wrong', 'x-request-id': 'not a safe id' } })
  await gateway.stop()

  const text = await readFile(accessLog, 'utf8')
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines).toMatchObject([
    { id: 'my-id', method: 'POST', path: '/auth/v1/signup?redirect_to=…', status: 200 },
    { method: 'GET', path: '/rest/v1/profiles?display_name=…', status: 401 },
    { id: expect.not.stringContaining(' '), path: '/rest/v1/profiles', status: 401 },
  ])
  for (const secret of [password, stack.anonKey, 'Ann', signedUp.body.access_token, signedUp.body.refresh_token]) {
    expect(text).not.toContain(secret)
  }
})

test('a full disk under the log disturbs nobody', async () => {
  const gateway = await anotherGateway({ accessLog: '/dev/full' })
  for (let at = 0; at < 100; at++) expect((await call(gateway, '/auth/v1/settings')).status).toBe(200)
})

test('a taken port is a clear error with a way out', async () => {
  const { port } = new URL(stack.url)
  await expect(anotherGateway({ port: Number(port) })).rejects.toMatchObject({
    code: 'port_taken',
    message: expect.stringContaining(port),
    hint: expect.stringContaining('journeys status'),
  })
})

test('it refuses to listen where others could reach it', async () => {
  await expect(anotherGateway({ host: '0.0.0.0' as '127.0.0.1' })).rejects.toMatchObject({ code: 'host_refused' })
})

describe('stopping', () => {
  test('lets a running request finish, then refuses new ones', async () => {
    const gateway = await anotherGateway()
    // Hashing takes long enough to be in the middle of.
    const running = call(gateway, '/auth/v1/signup', { body: { email: 'last@example.test', password: 'last one in' } })
    await new Promise((resolve) => setTimeout(resolve, 20))
    await gateway.stop()
    expect((await running).status).toBe(200)
    await expect(call(gateway, '/health')).rejects.toThrow()
  })

  test('does not wait for a connection that is only kept alive, and can be asked twice', async () => {
    const gateway = await anotherGateway()
    const idle = connect(gateway.port, '127.0.0.1')
    await new Promise((resolve) => idle.once('connect', resolve))
    const closed = new Promise((resolve) => idle.once('close', resolve))
    idle.resume()
    await Promise.all([gateway.stop(), gateway.stop()])
    await closed
  })
})

describe('a request that is no HTTP', () => {
  async function send(text: string) {
    const socket = connect(Number(new URL(stack.url).port), '127.0.0.1')
    socket.write(text)
    let answer = ''
    for await (const chunk of socket) answer += chunk
    return answer
  }

  test('is told so in JSON', async () => {
    const answer = await send('nonsense\r\n\r\n')
    expect(answer).toMatch(/^HTTP\/1.1 400 /)
    expect(answer).toContain('{"message":"The request is not valid HTTP"}')
  })

  test('or has a method that no route could be for, is refused', async () => {
    const head = `Host: x\r\napikey: ${stack.anonKey}\r\nConnection: close\r\n\r\n`
    expect(await send(`TRACE /auth/v1/user HTTP/1.1\r\n${head}`)).toMatch(/^HTTP\/1.1 405 /)
  })

  test('is told that its headers are too large', async () => {
    expect(await send(`GET /health HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(40_000)}\r\n\r\n`)).toMatch(/^HTTP\/1.1 431 /)
  })
})
