import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPatient, type Patient } from '../../../../../tests/support/health.ts'

let patient: Patient
beforeAll(async () => {
  patient = await createPatient()
})
afterAll(() => patient?.end())

describe('row level security', () => {
  test('a table of the API without it is critical; typing the advice heals', async () => {
    expect(await patient.check('row-level-security')).toMatchObject({
      state: 'ok',
      summary: 'on for every exposed table',
    })
    await patient.execute('create table public."Notes" (x text)')
    const found = await patient.check('row-level-security')
    expect(found).toMatchObject({
      state: 'critical',
      summary: 'public."Notes" is served without row level security',
      remediation: 'alter table public."Notes" enable row level security;',
      rows: [{ schema: 'public', name: 'Notes', 'open to the API': true }],
    })
    await patient.execute(found.remediation ?? '')
    expect(await patient.check('row-level-security')).toMatchObject({ state: 'ok' })
    await patient.execute('drop table public."Notes"')
  })

  test('without any grant it is a warning, in a schema that is not exposed it is nobody’s business', async () => {
    await patient.execute('create table public.closed (x text); revoke all on public.closed from anon, authenticated')
    await patient.execute('create table private.inner_notes (x text)')
    expect(await patient.check('row-level-security')).toMatchObject({ state: 'warning', rows: [{ name: 'closed' }] })
    await patient.execute('drop table public.closed; drop table private.inner_notes')
  })

  test('a view that reads with its owner’s rights is a warning until it asks for the reader’s', async () => {
    await patient.execute('create view public.everyone as select user_id from public.profiles')
    const found = await patient.check('row-level-security')
    expect(found).toMatchObject({
      state: 'warning',
      remediation: 'alter view public.everyone set (security_invoker = on);',
    })
    await patient.execute(found.remediation ?? '')
    expect(await patient.check('row-level-security')).toMatchObject({ state: 'ok' })
    await patient.execute('drop view public.everyone')
  })
})

describe('partitions', () => {
  const month = async (offset: number) => {
    const client = await patient.session()
    const { rows } = await client.query(
      "select to_char(current_date + make_interval(months => $1), 'YYYY_MM') as name",
      [offset],
    )
    return `partitions.journal_entries_${rows[0].name}`
  }

  test('a month ahead without one is a warning, the current month critical; typing the advice heals', async () => {
    expect(await patient.check('partitions')).toMatchObject({ state: 'ok' })
    await patient.execute(`drop table ${await month(3)}; drop table ${await month(2)}`)
    const ahead = await patient.check('partitions')
    expect(ahead).toMatchObject({ state: 'warning', remediation: 'select private.ensure_partitions();' })
    expect(ahead.summary).toMatch(/has no partition for \d{4}-\d\d, and 1 more$/)

    await patient.execute(`drop table ${await month(0)}`)
    const current = await patient.check('partitions')
    expect(current).toMatchObject({ state: 'critical', why: 'every entry written today is refused' })
    expect(current.rows).toHaveLength(3)

    await patient.execute(current.remediation ?? '')
    expect(await patient.check('partitions')).toMatchObject({ state: 'ok' })
    expect(await patient.check('partitions', { 'retention.monthsAhead': 4 })).toMatchObject({ state: 'warning' })
  })

  test('on a database without the migrations it is unknown, with the way out', async () => {
    const bare = await createPatient()
    try {
      await bare.execute('drop schema private cascade')
      expect(await bare.check('partitions')).toMatchObject({
        state: 'unknown',
        summary: expect.stringContaining('could not look'),
        remediation: expect.stringContaining('journeys migrate status'),
      })
    } finally {
      await bare.end()
    }
  })
})

test('a month whose detach died half-way is found, and how to bring it back when it has not expired', async () => {
  const name = (offset: string) =>
    `(select partition_name from private.journal_partitions() order by lower_bound ${offset} limit 1)`
  const reader = await patient.session()
  const detacher = await patient.session()
  const { rows } = await detacher.query(`select ${name('desc')} as name`)
  await reader.query('begin; select from public.journal_entries')
  await detacher.query(`set lock_timeout = '50ms'`)
  await detacher
    .query(`alter table public.journal_entries detach partition partitions.${rows[0].name} concurrently`)
    .catch(() => undefined)
  await reader.query('rollback')
  const found = await patient.check('partitions')
  expect(found).toMatchObject({
    state: 'critical',
    summary: expect.stringContaining(`${rows[0].name} is half detached`),
  })
  await patient.execute(found.remediation ?? '')
  expect(await patient.check('partitions')).toMatchObject({ state: 'ok' })
})

describe('retention', () => {
  test('a run that is too old, failed or was interrupted is a warning; running it heals', async () => {
    expect(await patient.check('retention')).toMatchObject({
      state: 'ok',
      summary: expect.stringMatching(/^last run 20/),
    })
    await patient.execute("update private.retention_runs set finished_at = now() - interval '33 days'")
    const old = await patient.check('retention')
    expect(old).toMatchObject({ state: 'warning', value: 33, remediation: 'journeys retention run --confirm local' })
    expect(await patient.check('retention', { 'health.retention.maxAgeDays': 40 })).toMatchObject({ state: 'ok' })
    await patient.execute('select public.cleanup_old_data()')
    expect(await patient.check('retention')).toMatchObject({ state: 'ok' })

    await patient.execute(
      "insert into private.retention_runs (started_at, edge, state, error) values (now() + interval '1 second', current_date, 'failed', 'a lock')",
    )
    expect(await patient.check('retention')).toMatchObject({ state: 'warning', why: 'a lock' })
    await patient.execute('delete from private.retention_runs')
    expect(await patient.check('retention')).toMatchObject({
      state: 'ok',
      summary: expect.stringContaining('never ran'),
    })
    await patient.execute('select public.cleanup_old_data()')

    await patient.execute(
      `with run as (insert into private.retention_runs (started_at, edge, state) values (now(), current_date, 'running') returning id)
       insert into private.retention_steps (run_id, step) select id, 'rows metrics' from run`,
    )
    expect(await patient.check('retention')).toMatchObject({
      state: 'warning',
      summary: expect.stringMatching(/^the last run \(.*\) was interrupted at "rows metrics"$/),
    })
    const runner = await patient.session()
    await runner.query('select pg_advisory_lock(private.retention_lock())')
    expect(await patient.check('retention')).toMatchObject({ state: 'ok' })
    await runner.query('select pg_advisory_unlock(private.retention_lock())')
    await patient.execute('delete from private.retention_runs')
    await patient.execute('select public.cleanup_old_data()')
  })

  test('a retired month past its grace period is a warning, unless somebody is protected', async () => {
    expect(await patient.check('retired-months')).toMatchObject({ state: 'ok' })
    await patient.execute(`
      create table partitions.journal_entries_2001_01 partition of public.journal_entries for values from ('2001-01-01') to ('2001-02-01')`)
    await patient.execute('select public.cleanup_old_data()')
    expect(await patient.check('retired-months')).toMatchObject({ state: 'ok' })
    await patient.execute("update private.retired_partitions set drop_after = now() - interval '40 days'")
    expect(await patient.check('retired-months')).toMatchObject({
      state: 'warning',
      summary: expect.stringContaining('the grace period of journal_entries_2001_01 ended on'),
      remediation: 'journeys retention run --confirm local',
    })
    await patient.execute('select public.cleanup_old_data()')
    expect(await patient.check('retired-months')).toMatchObject({ state: 'ok' })
  })
})

test('a table that leads to a person and that nobody has decided about is a warning', async () => {
  expect(await patient.check('personal-data-coverage')).toMatchObject({ state: 'ok', value: 0 })
  await patient.execute('create table private.diaries (author uuid, body text)')
  expect(await patient.check('personal-data-coverage')).toMatchObject({
    state: 'warning',
    value: 1,
    summary: 'nobody has decided about private.diaries',
    why: expect.stringContaining('author is named like a person'),
    remediation: 'journeys gdpr coverage',
    rows: [{ kind: 'undecided', table: 'private.diaries', columns: ['author', 'body'] }],
  })
  await patient.execute('drop table private.diaries')
  expect(await patient.check('personal-data-coverage')).toMatchObject({ state: 'ok' })
})

test('pending migrations are a warning with the command; applied, it is well', async () => {
  expect(await patient.check('migrations')).toMatchObject({ state: 'ok', value: 0 })
  await patient.execute(
    'delete from supabase_migrations.schema_migrations where version = (select max(version) from supabase_migrations.schema_migrations)',
  )
  expect(await patient.check('migrations')).toMatchObject({
    state: 'warning',
    summary: '1 migration is pending',
    remediation: 'journeys migrate up',
    rows: [{ version: expect.any(String), name: expect.any(String) }],
  })
  await patient.execute("insert into supabase_migrations.schema_migrations values ('99990101000000', null, 'foreign')")
  expect(await patient.check('migrations')).toMatchObject({
    state: 'warning',
    summary: expect.stringContaining('99990101000000 (foreign), which is not in the folder'),
  })
})

test('a sequence near the end of its column is found before the inserts fail', async () => {
  await patient.execute('create table private.small (id serial primary key)')
  expect(await patient.check('sequences')).toMatchObject({ state: 'ok', summary: 'none is near its end' })
  await patient.execute("select setval('private.small_id_seq', 2000000000)")
  expect(await patient.check('sequences')).toMatchObject({
    state: 'warning',
    value: 93.1,
    summary: 'private.small_id_seq has used 93.1 % of its numbers',
    why: expect.stringContaining('private.small.id'),
  })
  expect(await patient.check('sequences', { 'health.sequences.warningPercent': 95 })).toMatchObject({ state: 'ok' })
  await patient.execute('drop table private.small')
  expect(await patient.check('sequences')).toMatchObject({ state: 'ok' })
})

test('an index whose concurrent build failed is found; the advice rebuilds it', async () => {
  await patient.execute('create table private.twins (x int)')
  await patient.execute('insert into private.twins values (1), (1)')
  await expect(patient.execute('create unique index concurrently twins_x on private.twins (x)')).rejects.toThrow()
  const found = await patient.check('invalid-indexes')
  expect(found).toMatchObject({
    state: 'warning',
    summary: 'index private.twins_x on private.twins is invalid',
    remediation: 'reindex index concurrently private.twins_x;',
  })
  await patient.execute('delete from private.twins')
  await patient.execute(found.remediation ?? '')
  expect(await patient.check('invalid-indexes')).toMatchObject({ state: 'ok' })
})
