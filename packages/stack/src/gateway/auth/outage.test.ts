import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { call } from '../../../../../tests/support/http.ts'
import { generateKeys, generatePasswords } from '../../keys.ts'
import { bootstrapDatabase } from '../../postgres/bootstrap.ts'
import { startPostgres } from '../../postgres/server.ts'
import { parseSettings } from '../../settings.ts'
import { startGateway } from '../index.ts'

test('while the database is down Auth says so and when to come back; then it works again by itself', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'journeys-outage-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
  await chmod(folder, 0o711)
  const passwords = generatePasswords()
  const options = {
    dataDir: join(folder, 'data'),
    password: passwords.supabase_admin,
    logFile: join(folder, 'postgres.log'),
  }
  const first = await startPostgres(options)
  onTestFinished(() => first.stop())
  await bootstrapDatabase(first.url('supabase_admin', passwords.supabase_admin), passwords)
  const keys = generateKeys()
  const gateway = await startGateway({
    host: '127.0.0.1',
    port: 0,
    // Nobody listens there: Auth does not need PostgREST.
    postgrestUrl: 'http://127.0.0.1:9',
    authDatabaseUrl: first.url('supabase_auth_admin', passwords.supabase_auth_admin),
    keys,
    auth: parseSettings('').auth,
  })
  onTestFinished(() => gateway.stop())
  const stack = { url: gateway.url, anonKey: keys.anonKey }
  const body = { email: 'a@example.test', password: 'correct horse' }
  expect((await call(stack, '/auth/v1/signup', { body })).status).toBe(200)

  // Stopped, not dead: it says nothing.
  const client = new pg.Client(first.url('supabase_admin', passwords.supabase_admin))
  await client.connect()
  const { rows } = await client.query<{ pid: number }>(
    `select pid from pg_stat_activity where application_name = 'journeys-auth'`,
  )
  await client.end()
  expect(rows).not.toEqual([])
  for (const { pid } of rows) process.kill(pid, 'SIGSTOP')
  const hung = await call(stack, '/health')
  for (const { pid } of rows) process.kill(pid, 'SIGCONT')
  expect(hung.body.checks.postgres).toMatchObject({ ok: false, error: 'timeout' })

  process.kill(first.pid, 'SIGKILL')
  await first.exited
  for (const path of ['/auth/v1/token?grant_type=password', '/auth/v1/signup']) {
    const down = await call(stack, path, { body })
    expect(down).toMatchObject({ status: 503, body: { code: 503, error_code: 'unexpected_failure' } })
    expect(down.headers.get('retry-after')).toBe('1')
  }
  expect((await call(stack, '/auth/v1/health')).status).toBe(503)
  expect((await call(stack, '/health')).body.checks.postgres).toMatchObject({ ok: false })

  const second = await startPostgres({ ...options, port: first.port })
  onTestFinished(() => second.stop())
  expect((await call(stack, '/auth/v1/token?grant_type=password', { body })).status).toBe(200)
  expect((await call(stack, '/auth/v1/health')).status).toBe(200)
})
