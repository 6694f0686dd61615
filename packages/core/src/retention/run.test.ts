import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createTestDatabase, createUser, type TestDatabase } from '../../../../tests/support/database.ts'
import { defaultConfig } from '../config/schema.ts'
import { connect, type Database } from '../database/connection.ts'
import { planRetention } from './plan.ts'
import { restoreMonth } from './restore.ts'
import { type RetentionOptions, runRetention } from './run.ts'

let target: TestDatabase
let database: Database
let admin: pg.Client
beforeEach(async () => {
  target = await createTestDatabase()
  database = await connect(target.url)
  admin = new pg.Client({ connectionString: target.url })
  await admin.connect()
})
afterEach(async () => {
  await admin.end()
  await database.end()
  await target.drop()
})

const { retention: config } = defaultConfig()
const run = (options: Partial<RetentionOptions> = {}) => runRetention(database, { config, actor: 'test', ...options })
const once = async (options: Partial<RetentionOptions> = {}) => {
  const outcomes = await run(options)
  expect(outcomes).toHaveLength(1)
  return outcomes[0] as (typeof outcomes)[number]
}

async function value<T>(sql: string, values: unknown[] = []): Promise<T> {
  const { rows } = await admin.query({ text: sql, values, rowMode: 'array' })
  return rows[0]?.[0] as T
}

/** Two months of years ago, one with a misleading name, and some days of the month that the edge falls into. */
async function age(user?: string): Promise<{ user: string; boundary: number; recent: number }> {
  const writer = user ?? (await createUser(target))
  await admin.query(`
    create table partitions.ancient partition of public.journal_entries
      for values from ('2019-01-01') to ('2019-02-01');
    create table partitions.journal_entries_2999_01 partition of public.journal_entries
      for values from ('2019-02-01') to ('2019-03-01')`)
  await admin.query(
    `insert into public.journal_entries (user_id, date, reflection)
     select $1, day, 'x' from unnest(array['2019-01-05', '2019-01-06', '2019-02-07']::date[]) day`,
    [writer],
  )
  const written = await admin.query(
    `insert into public.journal_entries (user_id, date, reflection)
     select $1, day::date, 'x' from generate_series(date_trunc('month', private.retention_edge()::timestamp), current_date, '1 day') day
     returning date < private.retention_edge() as old`,
    [writer],
  )
  const boundary = written.rows.filter(({ old }) => old).length
  return { user: writer, boundary, recent: written.rows.length - boundary }
}

test('with nothing that old there is nothing to do', async () => {
  const plan = await planRetention(database, config)
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
  expect(await once()).toMatchObject({ state: 'done', resumed: false, edge: plan.edge, rowsDeleted: 0, retired: [] })
})

test('the plan says what would go, by real bounds; the run takes exactly that, and the audit log knows', async () => {
  const { boundary, recent } = await age()
  const plan = await planRetention(database, config)
  expect(plan.months).toMatchObject([
    { name: 'ancient', from: '2019-01-01', to: '2019-02-01', newest: '2019-01-06', rows: 2, obstacle: null },
    { name: 'journal_entries_2999_01', from: '2019-02-01', to: '2019-03-01', newest: '2019-02-07', rows: 1 },
  ])
  expect(plan.rules[0]).toMatchObject({ name: 'entries', rows: boundary, held: 0 })
  const { rules: _, ...again } = await planRetention(database, config)
  expect(plan).toMatchObject(again)

  const outcome = await once()
  expect(outcome).toMatchObject({
    state: 'done',
    rowsDeleted: boundary + 3,
    retired: [
      { name: 'journal_entries_ancient', from: '2019-01-01', to: '2019-02-01', rows: 2, rowsEstimated: false },
      { name: 'journal_entries_2999_01', rows: 1 },
    ],
    failures: [],
  })
  expect(await value('select count(*)::int from public.journal_entries')).toBe(recent)
  expect(await value('select count(*)::int from retired.journal_entries_ancient')).toBe(2)
  const after = await planRetention(database, config)
  expect(after).toMatchObject({ months: [], retired: [{ name: 'journal_entries_ancient', due: false }, {}] })
  expect(after.lastRun?.getTime()).toBeGreaterThan(plan.lastRun?.getTime() ?? 0)
  expect(await value(`select detail from private.audit_log where action = 'retention.run'`)).toEqual({
    run: outcome.run,
    state: 'done',
    rows: boundary + 3,
    months_dropped: 0,
  })
})

test('a retired month is out of reach for the app, comes back with restore, and is dropped after its grace period', async () => {
  const { user } = await age()
  await once()
  for (const role of ['anon', 'authenticated', 'service_role']) {
    expect(await value(`select has_schema_privilege($1, 'retired', 'usage')`, [role])).toBe(false)
    expect(await value(`select has_table_privilege($1, 'retired.journal_entries_ancient', 'select')`, [role])).toBe(
      false,
    )
  }
  const options = { actor: 'test', graceDays: 30, lockTimeoutMs: 40 }
  await expect(restoreMonth(database, 'journal_entries_ancien', options)).rejects.toMatchObject({
    code: 'retention_month_unknown',
    detail: 'did you mean journal_entries_ancient?',
  })
  await expect(
    restoreMonth(database, 'journal_entries_ancient', { ...options, until: '2020-01-01' }),
  ).rejects.toMatchObject({ code: 'retention_until_past', exitCode: 2 })
  expect(await restoreMonth(database, 'retired.journal_entries_ancient', { ...options, until: '2999-01-01' })).toEqual({
    name: 'journal_entries_ancient',
    from: '2019-01-01',
    to: '2019-02-01',
    rows: 2,
    rowsEstimated: false,
    keepUntil: '2999-01-01',
  })
  const inThatMonth = `select count(*)::int from public.journal_entries where date < '2019-02-01' and user_id = $1`
  expect(await value(inThatMonth, [user])).toBe(2)
  expect(await once()).toMatchObject({ retired: [], kept: [{ name: 'journal_entries_ancient', why: 'restored' }] })
  await admin.query('select public.cleanup_old_data()')
  expect(await value(inThatMonth, [user])).toBe(2)

  // Its time is over: it goes again, and this time for good.
  await admin.query(`update private.retired_partitions set keep_until = current_date where state = 'restored'`)
  expect(await once()).toMatchObject({ retired: [{ name: 'journal_entries_ancient' }], dropped: [] })
  await admin.query(`update private.retired_partitions set drop_after = now() where state = 'retired'`)
  expect(await once()).toMatchObject({ dropped: ['journal_entries_ancient', 'journal_entries_2999_01'] })
  expect(await value(`select count(*)::int from pg_class where relnamespace = 'retired'::regnamespace`)).toBe(0)
  await expect(restoreMonth(database, 'journal_entries_ancient', options)).rejects.toMatchObject({
    code: 'retention_month_dropped',
  })
})

describe('a person under a legal hold', () => {
  test('keeps their rows: the month stays and is emptied of everybody else; without the hold it goes', async () => {
    const { user } = await age()
    const held = await createUser(target)
    await admin.query(
      `insert into public.journal_entries (user_id, date, reflection) values ($1, '2019-01-09', 'mine')`,
      [held],
    )
    await admin.query(`insert into private.legal_holds (user_id, reason, placed_by) values ($1, 'a claim', 'test')`, [
      held,
    ])
    expect((await planRetention(database, config)).months[0]).toMatchObject({ rows: 3, held: 1, obstacle: 'held' })
    expect(await once()).toMatchObject({
      state: 'done',
      retired: [{ name: 'journal_entries_2999_01' }],
      kept: [{ name: 'ancient', why: 'held' }],
    })
    expect(await value('select array_agg(user_id) from partitions.ancient')).toEqual([held])
    expect(
      await value('select count(*)::int from public.journal_entries where user_id = $1 and date < $2', [
        user,
        '2020-01-01',
      ]),
    ).toBe(0)
    await admin.query('delete from private.legal_holds')
    expect(await once()).toMatchObject({ retired: [{ name: 'journal_entries_ancient', rows: 1 }], kept: [] })
  })

  test('keeps a month that is retired already from being dropped', async () => {
    const { user } = await age()
    await once()
    await admin.query(`update private.retired_partitions set drop_after = now() where state = 'retired'`)
    await admin.query(`insert into private.legal_holds (user_id, reason, placed_by) values ($1, 'a claim', 'test')`, [
      user,
    ])
    expect(await once()).toMatchObject({
      state: 'done',
      dropped: [],
      notDropped: ['journal_entries_ancient', 'journal_entries_2999_01'],
    })
    await admin.query('delete from private.legal_holds')
    expect(await once()).toMatchObject({
      dropped: ['journal_entries_ancient', 'journal_entries_2999_01'],
      notDropped: [],
    })
  })

  test('whose erasure is under way: the month waits for its end', async () => {
    const { user } = await age()
    await admin.query(
      `insert into private.processing_restrictions (user_id, kind, reason, placed_by) values ($1, 'erasure', 'E-00000000', 'test')`,
      [user],
    )
    expect(await once()).toMatchObject({
      retired: [],
      kept: [
        { name: 'ancient', why: 'erasure' },
        { name: 'journal_entries_2999_01', why: 'erasure' },
      ],
    })
    expect(await value(`select count(*)::int from public.journal_entries where date < '2020-01-01'`)).toBe(3)
  })
})

describe('the other rules', () => {
  test('delete what is past their period, and nothing younger', async () => {
    const user = await createUser(target)
    const leftover = await createUser(target)
    const kept = await createUser(target)
    const held = await createUser(target)
    await admin.query(
      `update auth.users set created_at = now() - interval '8 days', raw_app_meta_data = case id
         when $1 then '{"journeys_loadtest": "r"}'::jsonb else '{"journeys_loadtest": "r", "journeys_loadtest_keep": true}'::jsonb end
       where id in ($1, $2)`,
      [leftover, kept],
    )
    await admin.query(`insert into public.journal_entries (user_id, reflection) values ($1, 'of a load test')`, [
      leftover,
    ])
    await admin.query(`insert into private.legal_holds (user_id, reason, placed_by) values ($1, 'a claim', 'test')`, [
      held,
    ])
    for (const [id, days] of [
      [user, 91],
      [user, 89],
      [held, 91],
    ]) {
      await admin.query(
        `insert into public.performance_metrics (user_id, name, value, unit, recorded_at)
         values ($1, 'sync', 1, 'ms', now() - make_interval(days => $2))`,
        [id, days],
      )
      await admin.query(
        `insert into auth.sessions (id, user_id, created_at, updated_at, refreshed_at)
         values (gen_random_uuid(), $1, now() - interval '1 year', now() - interval '1 year', (now() at time zone 'UTC') - make_interval(days => $2))`,
        [id, days],
      )
    }
    await admin.query(
      `insert into private.audit_log (at, actor, action) values (now() - interval '3 years 1 day', 'a', 'old.line'), (now() - interval '2 years', 'a', 'young.line')`,
    )
    await admin.query(
      `insert into private.retention_runs (started_at, finished_at, edge) values (now() - interval '400 days', now() - interval '400 days', '2020-01-01')`,
    )
    const plan = await planRetention(database, config)
    const expected = [
      ['metrics', 1],
      ['audit-log', 1],
      ['sessions', 1],
      ['rate-limits', 0],
      ['load-test-leftovers', 1],
      ['run-records', 1],
    ]
    expect(plan.rules.slice(1).map(({ name, rows }) => [name, rows])).toEqual(expected)
    expect(plan.rules.slice(1, 4).map(({ held: rows }) => rows)).toEqual([1, 0, 1])
    const outcome = await once()
    expect(outcome.failures).toEqual([])
    expect(outcome.rows.slice(1).map(({ rule, deleted }) => [rule, deleted])).toEqual(expected)
    expect(await value('select count(*)::int from public.performance_metrics')).toBe(2)
    expect(await value('select count(*)::int from auth.sessions')).toBe(2)
    expect(await value('select count(*)::int from auth.users where id in ($1, $2)', [leftover, kept])).toBe(1)
    expect(await value(`select array_agg(action order by id)::text from private.audit_log where actor = 'a'`)).toBe(
      '{young.line}',
    )
  })

  test("are what the file says: changed, switched off, or of a table of one's own", async () => {
    const user = await createUser(target)
    await admin.query(`create table public.letters (id int, writer uuid references auth.users (id), sent timestamp)`)
    await admin.query(`insert into public.letters values (1, $1, now() - interval '3 days'), (2, $1, now())`, [user])
    await age()
    const rules = {
      ...config.rules,
      entries: null,
      metrics: '30 days',
      letters: { table: 'public.letters', column: 'sent', keep: '2 days' },
    }
    const own = { ...config, rules, monthsAhead: 5 }
    const plan = await planRetention(database, own)
    expect(plan).toMatchObject({ edge: null, months: [] })
    expect(plan.missing).toHaveLength(2)
    expect(plan.rulesToChange).toEqual([
      { name: 'entries', from: '2 years', to: null },
      { name: 'metrics', from: '90 days', to: '30 days' },
      { name: 'letters', from: null, to: '2 days' },
    ])
    expect(plan.rules.at(-1)).toMatchObject({ name: 'letters', rows: 1 })
    const outcome = await once({ config: own })
    expect(outcome).toMatchObject({ edge: null, retired: [], rulesChanged: plan.rulesToChange })
    expect(outcome.rows.at(-1)).toEqual({ rule: 'letters', deleted: 1 })
    expect(await value(`select subject from private.retention_rules where name = 'letters'`)).toBe('writer')
    expect(await value(`select count(*)::int from public.journal_entries where date < '2020-01-01'`)).toBe(3)
    // And back again.
    expect(await once()).toMatchObject({ retired: [{}, {}] })
    expect(await value(`select count(*)::int from private.retention_rules`)).toBe(7)
  })

  test.each([
    [
      'a table that is not there',
      { table: 'public.nowhere', column: 'at', keep: '1 day' },
      'there is no table public.nowhere',
    ],
    [
      'a column that is not there',
      { table: 'public.profiles', column: 'at', keep: '1 day' },
      'public.profiles.at, which is not there',
    ],
    [
      'a column that tells no time',
      { table: 'public.profiles', column: 'bio', keep: '1 day' },
      'public.profiles.bio, which is of type text',
    ],
  ])('%s is refused before anything is done', async (_, rule, detail) => {
    const wrong = { ...config, rules: { ...config.rules, mine: rule } }
    const refusal = { code: 'retention_rule_invalid', exitCode: 2, detail: expect.stringContaining(detail) }
    await expect(planRetention(database, wrong)).rejects.toMatchObject(refusal)
    await expect(run({ config: wrong })).rejects.toMatchObject(refusal)
    expect(await value(`select count(*)::int from private.retention_runs where state <> 'done'`)).toBe(0)
  })
})

describe('the audit log', () => {
  test('opens for what is past its period and for nothing younger than a year, whatever the rule says', async () => {
    await admin.query(
      `insert into private.audit_log (at, actor, action) values (now() - interval '300 days', 'a', 'a.line')`,
    )
    await admin.query(`update private.retention_rules set keep = '1 day' where name = 'audit-log'`)
    await admin.query('begin')
    await admin.query(`set local journeys.retention = 'audit-log'`)
    await expect(admin.query(`delete from private.audit_log`)).rejects.toThrow('append-only')
    await admin.query('rollback')
    await admin.query(`update private.retention_rules set keep = null where name = 'audit-log'`)
    await admin.query('begin')
    await admin.query(`set local journeys.retention = 'audit-log'`)
    await expect(admin.query(`delete from private.audit_log`)).rejects.toThrow('append-only')
    await admin.query('rollback')
  })
})

describe('somebody in the way', () => {
  test('two runs at once: the second says who runs, and with wait it comes after the first', async () => {
    const { boundary } = await age()
    const holder = await admin.query(`select pg_advisory_lock(private.retention_lock())`)
    expect(holder.rowCount).toBe(1)
    await expect(run()).rejects.toMatchObject({
      code: 'retention_running',
      detail: expect.stringContaining('as postgres'),
    })
    await expect(admin.query('select public.cleanup_old_data()')).resolves.toBeDefined()
    const notes: string[] = []
    const waiting = once({ wait: true, onProgress: ({ note }) => notes.push(note ?? '') })
    await expect.poll(() => notes.some((note) => note.includes('another run is under way'))).toBe(true)
    await admin.query(`select pg_advisory_unlock(private.retention_lock())`)
    expect(await waiting).toMatchObject({ state: 'done', failures: [] })
    expect(boundary).toBeGreaterThanOrEqual(0)
  })

  test('a reader who stays: the detach waits without holding anybody up, and says for whom', async () => {
    await age()
    const reader = new pg.Client({ connectionString: target.url, application_name: 'a long report' })
    await reader.connect()
    await reader.query('begin; select count(*) from public.journal_entries')
    const notes: string[] = []
    const running = once({ onProgress: ({ note }) => notes.push(note ?? '') })
    await expect
      .poll(() => notes.some((note) => note.startsWith('waiting for a long report')), { timeout: 20_000 })
      .toBe(true)
    // All the while others read and write.
    const started = performance.now()
    await admin.query('select count(*) from public.journal_entries')
    await admin.query(
      `insert into public.journal_entries (user_id, reflection) select user_id, 'x' from public.journal_entries limit 1`,
    )
    expect(performance.now() - started).toBeLessThan(1000)
    await reader.query('rollback')
    await reader.end()
    expect(await running).toMatchObject({ state: 'done', retired: [{}, {}] })
  })

  test('a table that refers to a month keeps it, with the reason; the rest goes', async () => {
    const { boundary } = await age()
    await admin.query(
      `create table public.replies (entry uuid, day date, foreign key (entry, day) references public.journal_entries (id, date))`,
    )
    await admin.query(
      `insert into public.replies select id, date from public.journal_entries where date = '2019-01-05'`,
    )
    expect((await planRetention(database, config)).months[0]).toMatchObject({
      referredBy: [{ table: 'public.replies', constraint: 'replies_entry_day_fkey' }],
    })
    const outcome = await once()
    expect(outcome).toMatchObject({ state: 'failed', retired: [{ name: 'journal_entries_2999_01' }] })
    expect(outcome.failures).toEqual([
      { step: 'detach ancient', error: expect.stringContaining('violates foreign key constraint') },
    ])
    expect(outcome.rows[0]?.deleted).toBe(boundary)
    expect(await value(`select count(*)::int from public.journal_entries where date < '2019-02-01'`)).toBe(2)
    expect(await value('select state from private.retention_runs order by id desc limit 1')).toBe('failed')
    await admin.query('drop table public.replies')
    expect(await once()).toMatchObject({ state: 'done', retired: [{ name: 'journal_entries_ancient' }] })
  })

  test('an expired row that somebody has locked is tried again until it is free', async () => {
    const user = await createUser(target)
    await admin.query(
      `insert into public.performance_metrics (user_id, name, value, unit, recorded_at) select $1, 'sync', i, 'ms', now() - interval '100 days' from generate_series(1, 10) i`,
      [user],
    )
    await admin.query('begin; update public.performance_metrics set value = 0 where value = 5')
    const running = once()
    setTimeout(() => void admin.query('rollback'), 600)
    expect((await running).rows.find(({ rule }) => rule === 'metrics')).toEqual({ rule: 'metrics', deleted: 10 })
  })
})

test('Ctrl-C ends a run after the batch it is at; the next one goes on with the same run, to the same edges', async () => {
  const { boundary, recent } = await age()
  const stop = new AbortController()
  const stopping = run({
    signal: stop.signal,
    onProgress: ({ step }) => {
      if (step === 'detach journal_entries_2999_01') stop.abort()
    },
  })
  await expect(stopping).rejects.toMatchObject({ code: 'interrupted', exitCode: 130 })
  expect(await planRetention(database, config)).toMatchObject({ unfinished: { run: 2 }, lastRun: expect.any(Date) })
  const outcome = await once()
  expect(outcome).toMatchObject({ run: 2, state: 'done', resumed: true, rowsDeleted: boundary + 3 })
  expect(outcome.retired.map(({ name }) => name)).toEqual(['journal_entries_ancient', 'journal_entries_2999_01'])
  expect(await value('select count(*)::int from public.journal_entries')).toBe(recent)
})

test('a run that was left for days is finished to its own edge, and a new one follows', async () => {
  await age()
  const stop = new AbortController()
  const onProgress = ({ step }: { step: string }) => {
    if (step === 'detach ancient') stop.abort()
  }
  await run({ signal: stop.signal, onProgress }).catch(() => undefined)
  await admin.query(
    `update private.retention_runs set started_at = started_at - interval '3 days', edge = edge - 3,
       edges = edges || jsonb_build_object('entries', (edge - 3)::text) where state <> 'done'`,
  )
  const outcomes = await run()
  expect(outcomes).toMatchObject([
    { run: 2, resumed: true, state: 'done' },
    { run: 3, resumed: false, state: 'done' },
  ])
  expect(await value('select count(*)::int from public.journal_entries where date < private.retention_edge()')).toBe(0)
})
