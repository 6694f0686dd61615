import { expect, test } from 'vitest'
import { age, config, once, run, useRetentionBed, value } from '../../../../tests/support/retention.ts'
import { planRetention } from './plan.ts'
import { restoreMonth } from './restore.ts'

const bed = useRetentionBed()

test('with nothing that old there is nothing to do', async () => {
  const plan = await planRetention(bed.database, config)
  expect(plan).toMatchObject({
    months: [],
    retired: [],
    missing: [],
    rulesToChange: [],
    unfinished: null,
    running: null,
  })
  expect(plan.edge).toMatch(/^\d{4}-\d\d-\d\d$/)
  expect(plan.rules.map(({ name, rows }) => [name, rows])).toEqual([
    ['entries', 0],
    ['metrics', 0],
    ['audit-log', 0],
    ['sessions', 0],
    ['rate-limits', 0],
    ['load-test-leftovers', 0],
    ['run-records', 0],
  ])
  expect(await once(bed)).toMatchObject({ state: 'done', resumed: false, edge: plan.edge, rowsDeleted: 0, retired: [] })
})

test('the plan says what would go, by real bounds; the run takes exactly that, and the audit log knows', async () => {
  const { boundary, recent } = await age(bed)
  const plan = await planRetention(bed.database, config)
  expect(plan.months).toMatchObject([
    { name: 'ancient', from: '2019-01-01', to: '2019-02-01', newest: '2019-01-06', rows: 2, obstacle: null },
    { name: 'journal_entries_2999_01', from: '2019-02-01', to: '2019-03-01', newest: '2019-02-07', rows: 1 },
  ])
  expect(plan.rules[0]).toMatchObject({ name: 'entries', rows: boundary, held: 0 })
  const { rules: _, ...again } = await planRetention(bed.database, config)
  expect(plan).toMatchObject(again)

  const outcome = await once(bed)
  expect(outcome).toMatchObject({
    state: 'done',
    rowsDeleted: boundary + 3,
    retired: [
      { name: 'journal_entries_ancient', from: '2019-01-01', to: '2019-02-01', rows: 2, rowsEstimated: false },
      { name: 'journal_entries_2999_01', rows: 1 },
    ],
    failures: [],
  })
  expect(await value(bed, 'select count(*)::int from public.journal_entries')).toBe(recent)
  expect(await value(bed, 'select count(*)::int from retired.journal_entries_ancient')).toBe(2)
  const after = await planRetention(bed.database, config)
  expect(after).toMatchObject({ months: [], retired: [{ name: 'journal_entries_ancient', due: false }, {}] })
  expect(after.lastRun?.getTime()).toBeGreaterThan(plan.lastRun?.getTime() ?? 0)
  expect(await value(bed, `select detail from private.audit_log where action = 'retention.run'`)).toEqual({
    run: outcome.run,
    state: 'done',
    rows: boundary + 3,
    months_dropped: 0,
  })
})

test('a retired month is out of reach for the app, comes back with restore, and is dropped after its grace period', async () => {
  const { user } = await age(bed)
  await once(bed)
  for (const role of ['anon', 'authenticated', 'service_role']) {
    expect(await value(bed, `select has_schema_privilege($1, 'retired', 'usage')`, [role])).toBe(false)
    expect(
      await value(bed, `select has_table_privilege($1, 'retired.journal_entries_ancient', 'select')`, [role]),
    ).toBe(false)
  }
  const options = { actor: 'test', graceDays: 30, lockTimeoutMs: 40 }
  await expect(restoreMonth(bed.database, 'journal_entries_ancien', options)).rejects.toMatchObject({
    code: 'retention_month_unknown',
    detail: 'did you mean journal_entries_ancient?',
  })
  await expect(
    restoreMonth(bed.database, 'journal_entries_ancient', { ...options, until: '2020-01-01' }),
  ).rejects.toMatchObject({ code: 'retention_until_past', exitCode: 2 })
  expect(
    await restoreMonth(bed.database, 'retired.journal_entries_ancient', { ...options, until: '2999-01-01' }),
  ).toEqual({
    name: 'journal_entries_ancient',
    from: '2019-01-01',
    to: '2019-02-01',
    rows: 2,
    rowsEstimated: false,
    keepUntil: '2999-01-01',
  })
  const inThatMonth = `select count(*)::int from public.journal_entries where date < '2019-02-01' and user_id = $1`
  expect(await value(bed, inThatMonth, [user])).toBe(2)
  expect(await once(bed)).toMatchObject({ retired: [], kept: [{ name: 'journal_entries_ancient', why: 'restored' }] })
  await bed.admin.query('select public.cleanup_old_data()')
  expect(await value(bed, inThatMonth, [user])).toBe(2)

  // Its time is over: it goes again, and this time for good.
  await bed.admin.query(`update private.retired_partitions set keep_until = current_date where state = 'restored'`)
  expect(await once(bed)).toMatchObject({ retired: [{ name: 'journal_entries_ancient' }], dropped: [] })
  await bed.admin.query(`update private.retired_partitions set drop_after = now() where state = 'retired'`)
  expect(await once(bed)).toMatchObject({ dropped: ['journal_entries_ancient', 'journal_entries_2999_01'] })
  expect(await value(bed, `select count(*)::int from pg_class where relnamespace = 'retired'::regnamespace`)).toBe(0)
  await expect(restoreMonth(bed.database, 'journal_entries_ancient', options)).rejects.toMatchObject({
    code: 'retention_month_dropped',
  })
})

test('Ctrl-C ends a run after the batch it is at; the next one goes on with the same run, to the same edges', async () => {
  const { boundary, recent } = await age(bed)
  const stop = new AbortController()
  const stopping = run(bed, {
    signal: stop.signal,
    onProgress: ({ step }) => {
      if (step === 'detach journal_entries_2999_01') stop.abort()
    },
  })
  await expect(stopping).rejects.toMatchObject({ code: 'interrupted', exitCode: 130 })
  expect(await planRetention(bed.database, config)).toMatchObject({ unfinished: { run: 2 }, lastRun: expect.any(Date) })
  const outcome = await once(bed)
  expect(outcome).toMatchObject({ run: 2, state: 'done', resumed: true, rowsDeleted: boundary + 3 })
  expect(outcome.retired.map(({ name }) => name)).toEqual(['journal_entries_ancient', 'journal_entries_2999_01'])
  expect(await value(bed, 'select count(*)::int from public.journal_entries')).toBe(recent)
})

test('a run that was left for days is finished to its own edge, and a new one follows', async () => {
  await age(bed)
  const stop = new AbortController()
  const onProgress = ({ step }: { step: string }) => {
    if (step === 'detach ancient') stop.abort()
  }
  await run(bed, { signal: stop.signal, onProgress }).catch(() => undefined)
  await bed.admin.query(
    `update private.retention_runs set started_at = started_at - interval '3 days', edge = edge - 3,
       edges = edges || jsonb_build_object('entries', (edge - 3)::text) where state <> 'done'`,
  )
  const outcomes = await run(bed)
  expect(outcomes).toMatchObject([
    { run: 2, resumed: true, state: 'done' },
    { run: 3, resumed: false, state: 'done' },
  ])
  expect(
    await value(bed, 'select count(*)::int from public.journal_entries where date < private.retention_edge()'),
  ).toBe(0)
})
