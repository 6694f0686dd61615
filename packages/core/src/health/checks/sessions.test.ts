import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPatient, type Patient } from '../../../../../tests/support/health.ts'

let patient: Patient
beforeAll(async () => {
  patient = await createPatient()
})
afterAll(() => patient?.end())

const terminate = async (remediation: string | undefined) => {
  expect(remediation).toMatch(/^select pg_(terminate|cancel)_backend\(\d+\);$/)
  await patient.execute(remediation ?? '')
}

describe('blocked queries', () => {
  const now = { 'health.blockedQueries.warningSeconds': 0 }

  test('a statement that waits for a lock is found with the pid of who holds it; ending that one heals it', async () => {
    await patient.execute(
      'create table public.queue (id int primary key, x int); alter table public.queue enable row level security',
    )
    await patient.execute('insert into public.queue values (1, 0)')
    expect(await patient.check('blocked-queries', now)).toMatchObject({ state: 'ok', summary: 'none' })

    const holder = await patient.session('forgetful')
    const { rows } = await holder.query('select pg_backend_pid() as pid')
    await holder.query('begin; update public.queue set x = 1')
    const waiter = await patient.session('patient')
    const waiting = waiter.query("update public.queue set x = 2 where 'dear diary' <> ''")
    const second = (await patient.session('third')).query('update public.queue set x = 3')
    await expect.poll(async () => (await patient.check('blocked-queries', now)).rows.length).toBe(2)

    const found = await patient.check('blocked-queries', now)
    expect(found).toMatchObject({
      state: 'warning',
      unit: 's',
      remediation: `select pg_terminate_backend(${rows[0].pid});`,
      why: expect.stringContaining(`pid ${rows[0].pid} left its transaction open`),
    })
    expect(found.summary).toMatch(/pid \d+ has waited 00:00:\d\d for pid \d+ \(forgetful\), and 1 more/)
    expect(JSON.stringify(found.rows)).not.toContain('dear diary')
    expect(
      await patient.check('blocked-queries', { ...now, 'health.blockedQueries.criticalSeconds': 0 }),
    ).toMatchObject({
      state: 'critical',
    })
    expect(await patient.check('blocked-queries')).toMatchObject({ state: 'ok' })

    await terminate(found.remediation)
    await Promise.all([waiting, second])
    expect(await patient.check('blocked-queries', now)).toMatchObject({ state: 'ok', rows: [] })
  })
})

test('a long-running query is found, its literals are not shown, and cancelling it heals', async () => {
  const now = { 'health.longRunningQueries.warningSeconds': 0 }
  const client = await patient.session('reporting')
  const running = client.query("select pg_sleep(60), 'dear diary'").catch((error: Error) => error)
  await expect.poll(async () => (await patient.check('long-running-queries', now)).state).toBe('warning')
  const found = await patient.check('long-running-queries', now)
  expect(found.summary).toMatch(/^pid \d+ \(reporting\) has been running for 00:00:\d\d$/)
  expect(JSON.stringify(found.rows)).not.toContain('dear diary')
  expect(await patient.check('long-running-queries')).toMatchObject({ state: 'ok' })
  await terminate(found.remediation)
  await running
  expect(await patient.check('long-running-queries', now)).toMatchObject({ state: 'ok', summary: 'none' })
})

test('a transaction left open is found by its age, and by how many there are', async () => {
  const now = { 'health.idleInTransaction.warningSeconds': 0 }
  const client = await patient.session('editor')
  await client.query('begin')
  await client.query('select 1')
  const found = await patient.check('idle-in-transaction', now)
  expect(found).toMatchObject({
    state: 'warning',
    summary: expect.stringMatching(/^pid \d+ \(editor\) left its transaction open/),
  })
  expect(await patient.check('idle-in-transaction')).toMatchObject({ state: 'ok' })
  const other = await patient.session('editor')
  await other.query('begin')
  await other.query('select 1')
  expect(await patient.check('idle-in-transaction', { 'health.idleInTransaction.warningCount': 1 })).toMatchObject({
    state: 'warning',
    summary: expect.stringContaining('2 sessions do'),
  })
  await other.query('rollback')
  await terminate(found.remediation)
  await expect.poll(async () => (await patient.check('idle-in-transaction', now)).state).toBe('ok')
})

test('connections near the limit are found, with who holds most of them', async () => {
  const before = await patient.check('connections')
  expect(before).toMatchObject({ state: 'ok', unit: '%' })
  const crowd = await Promise.all(Array.from({ length: 24 }, () => patient.session('metabase')))
  const level = (before.value ?? 0) + 8
  const found = await patient.check('connections', {
    'alerts.warning.databaseConnectionsPercent': level,
    'alerts.critical.databaseConnectionsPercent': 95,
  })
  expect(found).toMatchObject({ state: 'warning', threshold: { warning: level, critical: 95 } })
  expect(found.summary).toMatch(/^\d+ of \d+ in use \(\d+ %\)$/)
  expect(found.why).toMatch(/at \d+ new connections are refused; 24 are idle from "metabase"/)
  expect(found.remediation).toContain("application_name = 'metabase'")
  expect(found.rows).toContainEqual({ application: 'metabase', connections: 24, idle: 24, active: 0 })
  expect(
    await patient.check('connections', {
      'alerts.warning.databaseConnectionsPercent': 0,
      'alerts.critical.databaseConnectionsPercent': 1,
    }),
  ).toMatchObject({ state: 'critical' })
  await Promise.all(crowd.map((client) => client.end()))
  await expect
    .poll(async () => (await patient.check('connections')).rows)
    .not.toContainEqual(expect.objectContaining({ application: 'metabase' }))
})

test('a role that may not see the sessions of others gets "unknown" and the grant to type, never "ok"', async () => {
  const url = new URL(patient.database.url)
  const name = `viewer_${patient.database.name}`
  await patient.execute(`create role ${name} login password 'viewer-only'`)
  try {
    url.username = name
    url.password = 'viewer-only'
    patient.environment.databaseUrl = url.toString()
    for (const id of ['connections', 'long-running-queries', 'blocked-queries', 'idle-in-transaction']) {
      expect(await patient.check(id)).toMatchObject({
        state: 'unknown',
        summary: `the role ${name} may not see the sessions of others`,
        remediation: `grant pg_monitor to ${name};`,
      })
    }
    expect(await patient.check('retention')).toMatchObject({
      state: 'unknown',
      summary: expect.stringContaining('may not'),
    })
  } finally {
    patient.environment.databaseUrl = patient.database.url
    await patient.execute(`drop role ${name}`)
  }
})
