import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bootstrapDatabase, generatePasswords, startPostgres } from '@journeys/stack'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPatient, type Patient } from '../../../../../tests/support/health.ts'

let patient: Patient
beforeAll(async () => {
  patient = await createPatient({ withApi: true })
})
afterAll(() => patient?.end())

/** Points the checks at another address for a while. */
async function instead(change: Partial<Patient['environment']>, work: () => Promise<void>): Promise<void> {
  const before = { ...patient.environment }
  Object.assign(patient.environment, change)
  await work().finally(() => Object.assign(patient.environment, before))
}

async function serve(status: number, body: string, work: (url: string) => Promise<void>): Promise<void> {
  const server: Server = createServer((_, response) => response.writeHead(status).end(body))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`).finally(() => {
    server.closeAllConnections()
    server.close()
  })
}

async function freePort(): Promise<number> {
  const server = createTcpServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

describe('API and auth', () => {
  test('both answer, with their latency', async () => {
    for (const id of ['api', 'auth']) {
      const found = await patient.check(id)
      expect(found).toMatchObject({ state: 'ok', unit: 'ms', value: expect.any(Number) })
      expect(found.summary).toBe(`answers in ${found.value} ms`)
    }
  })

  test('nobody listening is critical', async () => {
    await instead({ supabaseUrl: `http://127.0.0.1:${await freePort()}` }, async () => {
      for (const id of ['api', 'auth']) {
        expect(await patient.check(id)).toMatchObject({
          state: 'critical',
          summary: expect.stringContaining('cannot be reached'),
          why: expect.stringContaining('ECONNREFUSED'),
          remediation: expect.stringContaining('journeys start'),
        })
      }
    })
  })

  test('an answer that is an error is critical, in the words of the server', async () => {
    await serve(
      503,
      '{"code":"PGRST002","message":"Could not query the database for the schema cache."}',
      async (url) => {
        await instead({ supabaseUrl: url }, async () => {
          expect(await patient.check('api')).toMatchObject({
            state: 'critical',
            summary: 'the API answers with HTTP 503',
            why: 'Could not query the database for the schema cache.',
          })
        })
      },
    )
  })

  test('a key that is refused is critical; without a key it is unknown', async () => {
    await instead({ anonKey: 'eyJhbGciOiJIUzI1NiJ9.e30.wrong' }, async () => {
      const found = await patient.check('api')
      expect(found).toMatchObject({ state: 'critical', summary: 'the API refuses the public key (HTTP 401)' })
      expect(JSON.stringify(found)).not.toContain('eyJ')
    })
    await instead({ anonKey: undefined, isLocal: false, name: 'live' }, async () => {
      expect(await patient.check('api')).toMatchObject({
        state: 'unknown',
        summary: expect.stringContaining('SUPABASE_ANON_KEY is not set'),
        remediation: expect.stringContaining('.env.live'),
      })
    })
  })

  test('an answer slower than the alert levels is a warning, then critical', async () => {
    expect(await patient.check('api', { 'alerts.warning.responseTimeMs': 0.001 })).toMatchObject({ state: 'warning' })
    expect(
      await patient.check('api', { 'alerts.warning.responseTimeMs': 0.001, 'alerts.critical.responseTimeMs': 0.001 }),
    ).toMatchObject({ state: 'critical' })
  })

  test('a server that takes the call and never answers is critical too', async () => {
    const server = createTcpServer(() => undefined)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    await instead({ supabaseUrl: `http://127.0.0.1:${port}` }, async () => {
      expect(await patient.check('api', { 'health.checkTimeoutMs': 500 })).toMatchObject({
        state: 'critical',
        why: 'no answer within 0.4 s',
      })
    })
    await instead({ databaseUrl: `postgresql://postgres:x@127.0.0.1:${port}/postgres` }, async () => {
      expect(await patient.check('database', { 'health.checkTimeoutMs': 500 })).toMatchObject({ state: 'critical' })
      expect(await patient.check('wraparound', { 'health.checkTimeoutMs': 500 })).toMatchObject({ state: 'unknown' })
    })
    server.close()
  })
})

describe('database', () => {
  test('it answers with its latency; slower than the service level is a warning', async () => {
    expect(await patient.check('database')).toMatchObject({ state: 'ok', unit: 'ms', threshold: { warning: 50 } })
    expect(await patient.check('database', { 'slo.databaseLatencyMs': 0.001 })).toMatchObject({
      state: 'warning',
      summary: expect.stringContaining('the service level is 0.001 ms'),
    })
  })

  test('unreachable is critical, and what lives in it unknown, never ok', async () => {
    const databaseUrl = `postgresql://postgres:hunter2@127.0.0.1:${await freePort()}/postgres`
    await instead({ databaseUrl }, async () => {
      const found = await patient.check('database')
      expect(found).toMatchObject({ state: 'critical', summary: 'The database cannot be reached' })
      const other = await patient.check('partitions')
      expect(other).toMatchObject({ state: 'unknown', summary: 'could not look: The database cannot be reached' })
      expect(JSON.stringify([found, other])).not.toContain('hunter2')
    })
    await instead({ databaseUrl: patient.database.url.replace(/:[^:@/]+@/, ':hunter2@') }, async () => {
      const found = await patient.check('database')
      expect(found).toMatchObject({ state: 'critical', summary: 'The database refuses this user or password' })
      expect(JSON.stringify(found)).not.toContain('hunter2')
    })
    await instead({ databaseUrl: undefined, isLocal: false, name: 'live' }, async () => {
      expect(await patient.check('database')).toMatchObject({
        state: 'unknown',
        summary: expect.stringContaining('DATABASE_URL'),
      })
    })
  })
})

test('a check that does not end in time is unknown, whatever holds it up', async () => {
  const holder = await patient.session()
  await holder.query('begin; lock table private.retention_runs in access exclusive mode')
  expect(await patient.check('retention', { 'health.checkTimeoutMs': 200 })).toMatchObject({ state: 'unknown' })
  await holder.query('rollback')
  expect(await patient.check('retention')).toMatchObject({ state: 'ok' })
})

test('a cache hit rate under the warning is found; with too few reads nothing is claimed', async () => {
  const client = await patient.session('superuser', patient.database.superuserUrl)
  await client.query('select pg_stat_reset()')
  expect(await patient.check('cache-hit-rate')).toMatchObject({
    state: 'ok',
    summary: expect.stringMatching(/^too few reads to judge/),
  })

  // Larger than a quarter of shared_buffers: a sequential scan of it goes around the cache, every time.
  await client.query(
    'create table private.large as select repeat(md5(i::text), 60) as x from generate_series(1, 24000) i',
  )
  await client.query('alter table private.large set (autovacuum_enabled = off)')
  await client.query('set max_parallel_workers_per_gather = 0')
  await client.query('select pg_stat_reset()')
  for (let scan = 0; scan < 20; scan += 1) await client.query('select count(*) from private.large')
  await client.query('select pg_stat_force_next_flush()')
  const found = await patient.check('cache-hit-rate')
  expect(found).toMatchObject({ state: 'warning', unit: '%', threshold: { warning: 80 } })
  expect(found.summary).toMatch(
    /^[\d.]+ % of \d+ reads since \d{4}-\d\d-\d\d \d\d:\d\d UTC, under the service level of 85 %$/,
  )

  await client.query(
    'create table private.small as select i as x from generate_series(1, 1000) i; create index on private.small (x); analyze private.small',
  )
  await client.query('select pg_stat_reset()')
  await client.query(
    'select sum((select count(*) from private.small s where s.x = i)) from generate_series(1, 90000) i',
  )
  await client.query('select pg_stat_force_next_flush()')
  expect(await patient.check('cache-hit-rate')).toMatchObject({
    state: 'ok',
    summary: expect.stringMatching(/^(9\d|100)/),
  })
})

test('transaction ids that run out are found in time', async () => {
  expect(await patient.check('wraparound')).toMatchObject({ state: 'ok', unit: '%' })
  expect(await patient.check('wraparound', { 'health.wraparound.warningPercent': 0 })).toMatchObject({
    state: 'warning',
    remediation: expect.stringContaining('vacuum (freeze'),
  })
  expect(
    await patient.check('wraparound', {
      'health.wraparound.warningPercent': 0,
      'health.wraparound.criticalPercent': 0,
    }),
  ).toMatchObject({ state: 'critical' })
})

test('an inactive replication slot is found; dropping it as advised heals', async () => {
  // A slot belongs to the whole cluster: other tests, which look at theirs, must not see it.
  const folder = await mkdtemp(join(tmpdir(), 'journeys-slots-'))
  // Run by root, the server is another user and has to pass through.
  await chmod(folder, 0o711)
  const passwords = generatePasswords()
  const server = await startPostgres({
    dataDir: join(folder, 'data'),
    password: passwords.supabase_admin,
    logFile: join(folder, 'postgres.log'),
  })
  try {
    const superuserUrl = server.url('supabase_admin', passwords.supabase_admin)
    await bootstrapDatabase(superuserUrl, passwords)
    await instead({ databaseUrl: server.url('postgres', passwords.postgres) }, async () => {
      expect(await patient.check('replication-slots')).toMatchObject({ state: 'ok', summary: 'none is inactive' })
      const admin = new pg.Client({ connectionString: superuserUrl })
      await admin.connect()
      await admin.query("select pg_create_physical_replication_slot('forgotten', true)")
      const found = await patient.check('replication-slots')
      expect(found).toMatchObject({
        state: 'warning',
        unit: 'bytes',
        summary: expect.stringMatching(/^replication slot forgotten is inactive and keeps \d+ .*B of write-ahead log$/),
      })
      await admin.query(/select pg_drop.*/.exec(found.remediation ?? '')?.[0] ?? '')
      expect(await patient.check('replication-slots')).toMatchObject({ state: 'ok' })
      await admin.end()
    })
  } finally {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
})
