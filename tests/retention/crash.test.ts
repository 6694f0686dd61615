import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CrashRun, crashPoints, describePoint, expectKilled, journeys, stepsOf } from '../support/crash.ts'
import { type CrashProject, createCrashProject } from '../support/crash-project.ts'

// kill -9 of the command, and of Postgres, at every step of a run of retention: running it again ends where an undisturbed run does,
// and nothing in between was called done.

const command = ['retention', 'run', '--confirm', 'crash', '--wait']
/** What the command says to type when its database is gone. */
const resuming = 'journeys retention run --env crash --confirm crash'
const asJson = [...command, '--json']

let project: CrashProject
let whole: CrashRun
let expected: unknown

beforeAll(async () => {
  project = await createCrashProject()
  await age(project)
  await project.remember()
  whole = await journeys(project, asJson)
  expect({ code: whole.code, stderr: whole.stderr }).toEqual({ code: 0, stderr: '' })
  expected = await state()
})
afterAll(() => project?.remove())

/** Something for every step: months to make, to finalise, to detach and to drop, and rows for every rule. */
async function age({ query }: CrashProject): Promise<void> {
  await query(`insert into auth.users (id, email, created_at, raw_app_meta_data) values
    ('00000000-0000-4000-8000-000000000001', 'a@example.test', now(), '{}'),
    ('00000000-0000-4000-8000-000000000002', 'lt@loadtest.invalid', now() - interval '1 month', '{"journeys_loadtest": "r"}')`)
  const person = `'00000000-0000-4000-8000-000000000001'`
  await query(`do $$
    declare
      month date;
    begin
      for month in select generate_series(timestamp '2020-01-01', '2020-04-01', '1 month')::date loop
        perform private.make_month(month);
      end loop;
    end $$`)
  await query(`insert into public.journal_entries (user_id, date, reflection)
    select ${person}, day::date, 'An entry of long ago.' from generate_series(timestamp '2020-01-01', '2020-04-30', '1 hour') day`)
  await query(`insert into public.journal_entries (user_id, date, reflection)
    select ${person}, d, 'At the edge.' from generate_series(date_trunc('month', private.retention_edge()::timestamp)::date, private.retention_edge() + 3, interval '1 day') d,
      generate_series(1, 2000)`)
  await query(`insert into public.performance_metrics (user_id, name, value, unit, recorded_at)
    select ${person}, 'sync', 1, 'ms', now() - make_interval(days => i) from generate_series(1, 200) i`)
  await query(
    `insert into auth.sessions (id, user_id, created_at) select gen_random_uuid(), ${person}, now() - make_interval(days => i * 30) from generate_series(1, 5) i`,
  )
  await query(
    `insert into private.audit_log (at, actor, action) select now() - make_interval(years => i), 'test', 'a.line' from generate_series(1, 5) i`,
  )
  // No rate limits: their table is not logged, and a crash of the server empties it.
  await query(
    `insert into private.retention_runs (started_at, finished_at, edge) values (now() - interval '2 years', now() - interval '2 years', '2022-01-01')`,
  )
  // One month is retired, and its grace period is over; of another the detach died half-way.
  await query(`alter table public.journal_entries detach partition partitions.journal_entries_2020_01`)
  await query(`select private.note_detaching('journal_entries_2020_01', '2020-01-01', '2020-02-01')`)
  await query(`select private.retire_month('journal_entries_2020_01', 'partitions.journal_entries_2020_01')`)
  await query(`update private.retired_partitions set drop_after = now()`)
  await leaveHalfDetached('journal_entries_2020_02')
  const [last] = await query<{ name: string }>(
    'select partition_name as name from private.journal_partitions() order by lower_bound desc limit 1',
  )
  await query(`drop table partitions.${last?.name}`)
}

async function leaveHalfDetached(name: string): Promise<void> {
  const [reader, detacher] = await Promise.all([connected(), connected()])
  try {
    await reader.query('begin; select from public.journal_entries limit 1')
    await detacher.query(`set lock_timeout = '50ms'`)
    await expect(
      detacher.query(`alter table public.journal_entries detach partition partitions.${name} concurrently`),
    ).rejects.toMatchObject({ code: '55P03' })
  } finally {
    await reader.end()
    await detacher.end()
  }
}

async function connected(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: project.databaseUrl })
  await client.connect()
  return client
}

/** Everything that a run changes, without times and numbers of runs. What is half detached when a run dies is finalised by the next. */
async function state(): Promise<unknown> {
  const [row] = await project.query<{ state: unknown }>(`
    select jsonb_build_object(
      'months', (select jsonb_agg(jsonb_build_array(partition_name, lower_bound, upper_bound, detach_pending) order by lower_bound) from private.journal_partitions()),
      'tables', (select jsonb_agg(c.oid::regclass::text order by 1) from (select oid from pg_class where relkind = 'r' and relnamespace::regnamespace::text in ('partitions', 'retired') order by relname) c),
      'retired', (select jsonb_agg(jsonb_build_array(name, lower_bound, upper_bound, state, rows, bytes) order by name) from private.retired_partitions),
      'entries', (select jsonb_build_array(count(*), min(date)) from public.journal_entries),
      'metrics', (select jsonb_build_array(count(*), count(*) filter (where recorded_at < now() - interval '90 days')) from public.performance_metrics),
      'sessions', (select count(*) from auth.sessions),
      'users', (select jsonb_agg(email order by email) from auth.users),
      'audit', (select jsonb_agg(action || ' ' || coalesce(detail ->> 'rows', '') order by id) from private.audit_log),
      'rules', (select jsonb_agg(to_jsonb(r) order by name) from private.retention_rules r),
      'runs', (select jsonb_agg(jsonb_build_array(state, edge, rows_deleted, partitions_dropped, error) order by id) from private.retention_runs),
      'steps', (select jsonb_agg(jsonb_build_array(step, state, error) order by step) from private.retention_steps where step not like 'finalize %')
    ) as state`)
  return row?.state
}

test('an undisturbed run goes through every kind of step', () => {
  const kinds = new Set(stepsOf(whole).map((step) => step.split(' ')[0]))
  expect([...kinds]).toEqual(['open', 'months-ahead', 'finalize', 'retire', 'detach', 'rows', 'drop', 'close'])
  expect(stepsOf(whole).filter((step) => step.startsWith('rows '))).toHaveLength(7)
  const { runs } = JSON.parse(whole.stdout)
  expect(runs).toMatchObject([
    {
      state: 'done',
      resumed: false,
      retired: [
        { name: 'journal_entries_2020_02' },
        { name: 'journal_entries_2020_03' },
        { name: 'journal_entries_2020_04' },
      ],
      dropped: ['journal_entries_2020_01'],
      failures: [],
    },
  ])
  expect(runs[0].created).toHaveLength(1)
})

describe.each(['cli', 'postgres'] as const)('%s', (victim) => {
  test('killed at any step, the rerun ends where an undisturbed run does, and nothing was called done before', async () => {
    const points = crashPoints(whole, [victim])
    expect(points.length).toBeGreaterThan(30)
    for (const point of points) {
      await project.recall()
      const killed = await journeys(project, command, { crash: point })
      const isKilled = expectKilled(killed, point)
      if (isKilled && victim === 'postgres') expect(killed.stderr).toContain(resuming)
      await project.restartPostgres()
      const [newest] = await project.query<{ state: string }>(
        'select state from private.retention_runs order by id desc limit 1',
      )
      const isClosed = point.step === 'close' && point.moment !== 'begins'
      // It said that it was done only when the database says so, too.
      if (!isKilled) expect(newest, describePoint(point)).toEqual({ state: 'done' })
      else if (!isClosed && stepsOf(killed).length > 0 && newest?.state === 'done') {
        // Its record was not yet on disk: then nothing of it is.
        const [run] = await project.query<{ count: number }>('select count(*)::int from private.retention_steps')
        expect(run, describePoint(point)).toEqual({ count: 0 })
      }
      const rerun = await journeys(project, asJson)
      expect(rerun.code, `${describePoint(point)}\n${rerun.stdout}${rerun.stderr}`).toBe(0)
      const left = await state()
      if (isClosed) {
        // The first was over: the second is a run of its own, that finds nothing.
        expect(left, describePoint(point)).toMatchObject({
          ...without(expected),
          runs: expect.anything(),
          steps: expect.anything(),
        })
        expect(JSON.parse(rerun.stdout).runs, describePoint(point)).toMatchObject([{ resumed: false, rowsDeleted: 0 }])
      } else expect(left, describePoint(point)).toEqual(expected)
    }
  }, 900_000)
})

function without(state: unknown): object {
  const { runs: _, steps: __, ...rest } = state as { runs: unknown; steps: unknown }
  return rest
}
