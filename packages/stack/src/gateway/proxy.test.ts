import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import pg from 'pg'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { createTestClient } from '../../../../tests/support/client.ts'
import { createTestStack, type TestStack } from '../../../../tests/support/stack.ts'
import { freePort } from '../port.ts'
import { startPostgrest } from '../rest/server.ts'
import { parseSettings } from '../settings.ts'
import { type GatewayOptions, startGateway } from './index.ts'

const MEGABYTE = 1024 * 1024
let stack: TestStack
let database: pg.Client

beforeAll(async () => {
  stack = await createTestStack()
  database = new pg.Client(stack.database.url)
  await database.connect()
  await database.query(`
    create function public.measure(bytea) returns int language sql as 'select octet_length($1)';
    create function public.long_text(size int) returns text language sql as $$ select repeat('x', size) $$;
    create function public.wait(seconds float) returns void language sql as 'select pg_sleep(seconds)';
    create table public.notes (id int primary key, body text);
    alter table public.notes enable row level security;
    notify pgrst, 'reload schema';`)
  for (let tries = 0; (await call('/rpc/long_text?size=1')).status !== 200; tries++) {
    expect(tries).toBeLessThan(100)
    await sleep(50)
  }
})
afterAll(async () => {
  await database?.end()
  await stack?.stop()
})

function call(path: string, init: RequestInit = {}, url = stack.url) {
  return fetch(`${url}/rest/v1${path}`, { ...init, headers: { apikey: stack.serviceRoleKey, ...init.headers } })
}

async function anotherGateway(options: Partial<GatewayOptions>) {
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
  return gateway
}

/** A body that is made while it is sent, in pieces, without a length. */
async function* pieces(bytes: number) {
  const piece = Buffer.alloc(64 * 1024, 'x')
  for (let sent = 0; sent < bytes; sent += piece.length) {
    yield piece
    await sleep(0)
  }
}

/** An upload without a length. Not by fetch, which keeps a copy of what it sends. */
async function upload(url: string, path: string, parts: AsyncIterable<Buffer>, type: string) {
  const headers = { apikey: stack.serviceRoleKey, 'content-type': type }
  const sent = request(`${url}/rest/v1${path}`, { method: 'POST', headers })
  const answered = once(sent, 'response') as Promise<[IncomingMessage]>
  // A refused upload may find its connection cut once it has been told why.
  await pipeline(Readable.from(parts), sent).catch(() => undefined)
  const [answer] = await answered
  return { status: answer.statusCode, body: JSON.parse(await text(answer)) }
}

// What is garbage already is none of the gateway's doing: collected before each look.
setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** The most memory that buffers held while `work` ran, over what they held before. */
async function peakBuffers<T>(work: () => Promise<T>) {
  collectGarbage()
  const before = process.memoryUsage().arrayBuffers
  let peak = 0
  const timer = setInterval(() => {
    collectGarbage()
    peak = Math.max(peak, process.memoryUsage().arrayBuffers - before)
  }, 20)
  const result = await work()
  clearInterval(timer)
  return { result, peak }
}

/** What buffers hold once nothing moves. Freed ones are swept beside the program, a moment after the collection. */
async function heldBuffers(): Promise<number> {
  collectGarbage()
  await sleep(50)
  collectGarbage()
  return process.memoryUsage().arrayBuffers
}

test('supabase-js writes, counts, changes and deletes through it', async () => {
  const client = createTestClient(stack, stack.serviceRoleKey)
  const rows = [1, 2, 3].map((id) => ({ id, body: `ünïcode ${id}` }))
  expect(await client.from('notes').insert(rows).select()).toMatchObject({ status: 201, data: rows })
  expect(await client.from('notes').select('*', { count: 'exact', head: true })).toMatchObject({
    count: 3,
    status: 200,
  })
  expect(await client.from('notes').select().range(1, 1)).toMatchObject({ data: [rows[1]] })
  expect(await client.from('notes').update({ body: null }).eq('id', 1)).toMatchObject({ status: 204, error: null })
  expect(await client.from('notes').insert({ id: 1 })).toMatchObject({ status: 409, error: { code: '23505' } })
  expect(await client.from('notes').delete().gt('id', 0)).toMatchObject({ status: 204, error: null })
})

test('an answer is byte for byte what PostgREST says, with its length', async () => {
  const path = '/rpc/long_text?size=1000'
  const bare = await fetch(stack.postgrestUrl + path, { headers: { authorization: `Bearer ${stack.serviceRoleKey}` } })
  const through = await call(path)
  expect(await through.text()).toBe(await bare.text())
  expect(through.headers.get('content-type')).toBe(bare.headers.get('content-type'))
  expect(through.headers.get('content-length')).toBe('1002')
})

test('PostgREST learns the peer, not what a client claims to be', async () => {
  await database.query(`
    create function public.forwarded_for() returns text language sql stable
      as $$ select current_setting('request.headers')::json ->> 'x-forwarded-for' $$;
    create function public.sees_apikey() returns bool language sql stable
      as $$ select current_setting('request.headers')::json ->> 'apikey' is not null $$;
    notify pgrst, 'reload schema'`)
  let response = await call('/rpc/forwarded_for', { headers: { 'x-forwarded-for': '6.6.6.6' } })
  for (let tries = 0; response.status === 404 && tries < 100; tries++) {
    await sleep(50)
    response = await call('/rpc/forwarded_for', { headers: { 'x-forwarded-for': '6.6.6.6' } })
  }
  expect(await response.json()).toBe('127.0.0.1')
  expect(await (await call('/rpc/sees_apikey')).json()).toBe(false)
})

test('20 MB go up in bounded memory when the limit allows', async () => {
  const gateway = await anotherGateway({ maxBodyBytes: 32 * MEGABYTE })
  const { result, peak } = await peakBuffers(() =>
    upload(gateway.url, '/rpc/measure', pieces(20 * MEGABYTE), 'application/octet-stream'),
  )
  expect(result.body).toBe(20 * MEGABYTE)
  expect(peak).toBeLessThan(4 * MEGABYTE)
})

test('20 MB wait in PostgREST, not in the gateway, for a client that reads slowly', async () => {
  const { port } = new URL(stack.url)
  const path = `/rest/v1/rpc/long_text?size=${20 * MEGABYTE}`
  const sent = request({ host: '127.0.0.1', port, path, headers: { apikey: stack.serviceRoleKey } }).end()
  const before = await heldBuffers()
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  await sleep(500)
  expect((await heldBuffers()) - before).toBeLessThan(4 * MEGABYTE)
  let read = 0
  for await (const chunk of answer) read += chunk.length
  expect(read).toBe(20 * MEGABYTE + 2)
})

test('a body that says that it is too long is refused before it is sent', async () => {
  const gateway = await anotherGateway({ maxBodyBytes: 1000 })
  const body = JSON.stringify([{ id: 7, body: 'x'.repeat(2000) }])
  const response = await call(
    '/notes',
    { method: 'POST', body, headers: { 'content-type': 'application/json' } },
    gateway.url,
  )
  expect(response.status).toBe(413)
  expect(await response.json()).toEqual({ message: 'Request size limit exceeded', hint: expect.any(String) })
})

test('a body without a length is cut at the limit, and PostgREST changes nothing', async () => {
  const gateway = await anotherGateway({ maxBodyBytes: MEGABYTE })
  async function* rows() {
    yield Buffer.from('id,body\n100,x\n101,')
    for await (const piece of pieces(4 * MEGABYTE)) yield piece
  }
  const response = await upload(gateway.url, '/notes', rows(), 'text/csv')
  expect(response.status).toBe(413)
  expect((await database.query('select from public.notes where id >= 100')).rowCount).toBe(0)
  // The gateway is as good as new.
  expect((await call('/notes', {}, gateway.url)).status).toBe(200)
})

test('a client that leaves in the middle of its upload changes nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'journeys-proxy-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const accessLog = join(folder, 'access.log')
  const gateway = await anotherGateway({ accessLog })
  const sent = request(`${gateway.url}/rest/v1/notes`, {
    method: 'POST',
    headers: { apikey: stack.serviceRoleKey, 'content-type': 'application/json' },
  })
  sent.on('error', () => undefined)
  // Valid already, but the end of the body never comes.
  sent.write('[{"id": 200}]')
  await sleep(200)
  await new Promise((resolve) => sent.once('close', resolve).destroy())
  await gateway.stop()
  expect((await database.query('select from public.notes where id = 200')).rowCount).toBe(0)
  expect(JSON.parse(await readFile(accessLog, 'utf8'))).toMatchObject({ method: 'POST', status: 499 })
})

test('a client that no longer waits for its answer frees its place', async () => {
  const gateway = await anotherGateway({})
  const abort = new AbortController()
  const headers = { 'content-type': 'application/json' }
  const init = { method: 'POST', body: '{"seconds": 3}', headers, signal: abort.signal }
  const waiting = call('/rpc/wait', init, gateway.url)
  setTimeout(() => abort.abort(), 200)
  await expect(waiting).rejects.toThrow('aborted')
  const started = performance.now()
  await gateway.stop()
  expect(performance.now() - started).toBeLessThan(1000)
})

test('a request that gets nowhere is given up with a 504', async () => {
  const gateway = await anotherGateway({ upstreamTimeoutMs: 300 })
  const started = performance.now()
  const client = createTestClient(gateway, stack.serviceRoleKey)
  const { status, error } = await client.rpc('wait', { seconds: 2 })
  expect(status).toBe(504)
  expect(error).toMatchObject({ code: 'upstream_timeout', message: 'The local PostgREST did not answer in time.' })
  expect(performance.now() - started).toBeLessThan(1500)
})

test('PostgREST killed is a 503 that says when to come back; once it is back, so is the answer', async () => {
  const port = await freePort()
  const options = { databaseUrl: stack.database.authenticatorUrl, jwtSecret: stack.jwtSecret, port, pool: 2 }
  const first = await startPostgrest(options)
  onTestFinished(() => first.stop())
  const gateway = await anotherGateway({ postgrestUrl: first.url })
  expect((await call('/notes', {}, gateway.url)).status).toBe(200)

  const running = call(
    '/rpc/wait',
    { method: 'POST', body: '{"seconds": 30}', headers: { 'content-type': 'application/json' } },
    gateway.url,
  )
  await sleep(200)
  process.kill(first.pid, 'SIGKILL')
  await first.exited
  expect((await running).status).toBe(503)
  const down = await call('/notes', {}, gateway.url)
  expect(down.status).toBe(503)
  expect(down.headers.get('retry-after')).toBe('1')
  expect(await down.json()).toEqual({
    code: 'upstream_unavailable',
    details: null,
    hint: expect.stringContaining('journeys status'),
    message: 'The local PostgREST does not answer.',
  })
  const health = await fetch(`${gateway.url}/health`)
  expect(health.status).toBe(503)
  expect(await health.json()).toMatchObject({
    status: 'unavailable',
    checks: { postgres: { ok: true }, postgrest: { ok: false, error: 'ECONNREFUSED' } },
  })

  const second = await startPostgrest(options)
  onTestFinished(() => second.stop())
  expect((await call('/notes', {}, gateway.url)).status).toBe(200)
  expect((await fetch(`${gateway.url}/health`)).status).toBe(200)
})

test('two hundred requests at once on a few connections all get their own answer', async () => {
  const answers = await Promise.all(
    Array.from({ length: 200 }, async (_, at) => (await call(`/rpc/long_text?size=${at}`)).json()),
  )
  expect(answers.map((text) => text.length)).toEqual(Array.from({ length: 200 }, (_, at) => at))
})
