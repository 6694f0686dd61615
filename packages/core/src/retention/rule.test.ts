import { describe, expect, test } from 'vitest'
import { createUser } from '../../../../tests/support/database.ts'
import { age, config, once, run, useRetentionBed, value } from '../../../../tests/support/retention.ts'
import { planRetention } from './plan.ts'

const bed = useRetentionBed()

describe('the other rules', () => {
  test('delete what is past their period, and nothing younger', async () => {
    const user = await createUser(bed.target)
    const leftover = await createUser(bed.target)
    const kept = await createUser(bed.target)
    const held = await createUser(bed.target)
    await bed.admin.query(
      `update auth.users set created_at = now() - interval '8 days', raw_app_meta_data = case id
         when $1 then '{"journeys_loadtest": "r"}'::jsonb else '{"journeys_loadtest": "r", "journeys_loadtest_keep": true}'::jsonb end
       where id in ($1, $2)`,
      [leftover, kept],
    )
    await bed.admin.query(`insert into public.journal_entries (user_id, reflection) values ($1, 'of a load test')`, [
      leftover,
    ])
    await bed.admin.query(
      `insert into private.legal_holds (user_id, reason, placed_by) values ($1, 'a claim', 'test')`,
      [held],
    )
    for (const [id, days] of [
      [user, 91],
      [user, 89],
      [held, 91],
    ]) {
      await bed.admin.query(
        `insert into public.performance_metrics (user_id, name, value, unit, recorded_at)
         values ($1, 'sync', 1, 'ms', now() - make_interval(days => $2))`,
        [id, days],
      )
      await bed.admin.query(
        `insert into auth.sessions (id, user_id, created_at, updated_at, refreshed_at)
         values (gen_random_uuid(), $1, now() - interval '1 year', now() - interval '1 year', (now() at time zone 'UTC') - make_interval(days => $2))`,
        [id, days],
      )
    }
    await bed.admin.query(
      `insert into private.audit_log (at, actor, action) values (now() - interval '3 years 1 day', 'a', 'old.line'), (now() - interval '2 years', 'a', 'young.line')`,
    )
    await bed.admin.query(
      `insert into private.retention_runs (started_at, finished_at, edge) values (now() - interval '400 days', now() - interval '400 days', '2020-01-01')`,
    )
    const plan = await planRetention(bed.database, config)
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
    const outcome = await once(bed)
    expect(outcome.failures).toEqual([])
    expect(outcome.rows.slice(1).map(({ rule, deleted }) => [rule, deleted])).toEqual(expected)
    expect(await value(bed, 'select count(*)::int from public.performance_metrics')).toBe(2)
    expect(await value(bed, 'select count(*)::int from auth.sessions')).toBe(2)
    expect(await value(bed, 'select count(*)::int from auth.users where id in ($1, $2)', [leftover, kept])).toBe(1)
    expect(
      await value(bed, `select array_agg(action order by id)::text from private.audit_log where actor = 'a'`),
    ).toBe('{young.line}')
  })

  test("are what the file says: changed, switched off, or of a table of one's own", async () => {
    const user = await createUser(bed.target)
    await bed.admin.query(
      `create table public.letters (id int, writer uuid references auth.users (id), sent timestamp)`,
    )
    await bed.admin.query(`insert into public.letters values (1, $1, now() - interval '3 days'), (2, $1, now())`, [
      user,
    ])
    await age(bed)
    const rules = {
      ...config.rules,
      entries: null,
      metrics: '30 days',
      letters: { table: 'public.letters', column: 'sent', keep: '2 days' },
    }
    const own = { ...config, rules, monthsAhead: 5 }
    const plan = await planRetention(bed.database, own)
    expect(plan).toMatchObject({ edge: null, months: [] })
    expect(plan.missing).toHaveLength(2)
    expect(plan.rulesToChange).toEqual([
      { name: 'entries', from: '2 years', to: null },
      { name: 'metrics', from: '90 days', to: '30 days' },
      { name: 'letters', from: null, to: '2 days' },
    ])
    expect(plan.rules.at(-1)).toMatchObject({ name: 'letters', rows: 1 })
    const outcome = await once(bed, { config: own })
    expect(outcome).toMatchObject({ edge: null, retired: [], rulesChanged: plan.rulesToChange })
    expect(outcome.rows.at(-1)).toEqual({ rule: 'letters', deleted: 1 })
    expect(await value(bed, `select subject from private.retention_rules where name = 'letters'`)).toBe('writer')
    expect(await value(bed, `select count(*)::int from public.journal_entries where date < '2020-01-01'`)).toBe(3)
    // And back again.
    expect(await once(bed)).toMatchObject({ retired: [{}, {}] })
    expect(await value(bed, `select count(*)::int from private.retention_rules`)).toBe(7)
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
    await expect(planRetention(bed.database, wrong)).rejects.toMatchObject(refusal)
    await expect(run(bed, { config: wrong })).rejects.toMatchObject(refusal)
    expect(await value(bed, `select count(*)::int from private.retention_runs where state <> 'done'`)).toBe(0)
  })
})

describe('the audit log', () => {
  test('opens for what is past its period and for nothing younger than a year, whatever the rule says', async () => {
    await bed.admin.query(
      `insert into private.audit_log (at, actor, action) values (now() - interval '300 days', 'a', 'a.line')`,
    )
    await bed.admin.query(`update private.retention_rules set keep = '1 day' where name = 'audit-log'`)
    await bed.admin.query('begin')
    await bed.admin.query(`set local journeys.retention = 'audit-log'`)
    await expect(bed.admin.query(`delete from private.audit_log`)).rejects.toThrow('append-only')
    await bed.admin.query('rollback')
    await bed.admin.query(`update private.retention_rules set keep = null where name = 'audit-log'`)
    await bed.admin.query('begin')
    await bed.admin.query(`set local journeys.retention = 'audit-log'`)
    await expect(bed.admin.query(`delete from private.audit_log`)).rejects.toThrow('append-only')
    await bed.admin.query('rollback')
  })
})
