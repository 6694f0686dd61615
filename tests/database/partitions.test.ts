import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asRole, asUser, createTestDatabase, createUser, type TestDatabase } from '../support/database.ts'
import { refusal } from './refusal.ts'

let database: TestDatabase
let postgres: pg.Pool
let user: string

beforeAll(async () => {
  database = await createTestDatabase()
  postgres = new pg.Pool({ connectionString: database.url })
  user = await createUser(database)
})
afterAll(async () => {
  await postgres.end()
  await database.drop()
})

async function partitions() {
  const { rows } = await postgres.query<{ name: string; from: string; to: string }>(
    `select partition_name as name, lower_bound::text as from, upper_bound::text as to
     from private.journal_partitions() order by lower_bound`,
  )
  return rows
}

async function value<T>(sql: string, values?: unknown[]): Promise<T> {
  const { rows } = await postgres.query({ text: sql, values: values ?? [], rowMode: 'array' })
  return rows[0]?.[0] as T
}

const cleanup = () =>
  asRole(database, 'service_role', { role: 'service_role' }, async (query) => {
    const { rows } = await query<{ result: CleanupResult }>('select public.cleanup_old_data() as result')
    return rows[0]?.result as CleanupResult
  })

interface CleanupResult {
  edge: string
  rows_deleted: number
  partitions_retired: string[]
  partitions_dropped: string[]
  partitions_created: string[]
  left: string[]
  complete: boolean
}

describe('the months of the journal', () => {
  it('reach without a gap from the retention edge to three months ahead', async () => {
    const months = await partitions()
    const edge = await value<string>('select private.retention_edge()::text')
    const last = await value<string>(`select (date_trunc('month', current_date) + interval '4 months')::date::text`)
    expect(months).toHaveLength(28)
    expect(months[0]?.from).toBe(`${edge.slice(0, 7)}-01`)
    expect(months.at(-1)?.to).toBe(last)
    for (const [index, { to }] of months.slice(0, -1).entries()) expect(months[index + 1]?.from).toBe(to)
  })

  it('have no default partition, where rows would pile up unseen', async () => {
    expect(
      await value<string>(
        `select partdefid from pg_partitioned_table where partrelid = 'public.journal_entries'::regclass`,
      ),
    ).toBe(0)
  })

  it('are made where they are missing, once', async () => {
    const missing = (await partitions()).at(-1)?.name
    await postgres.query(`drop table partitions.${missing}`)
    expect(await value('select array_agg(name) from private.ensure_partitions() as name')).toEqual([missing])
    expect(await value('select array_agg(name) from private.ensure_partitions() as name')).toBeNull()
    const [table] = (
      await postgres.query(
        `select relrowsecurity as rls, has_table_privilege('authenticated', oid, 'select') as readable
         from pg_class where oid = ('partitions.' || $1)::regclass`,
        [missing],
      )
    ).rows
    expect(table).toEqual({ rls: true, readable: false })
    // A new month has what the others have: keys, indexes, foreign key, checks, trigger.
    const parts = (name: string | undefined) =>
      value<string>(
        `select string_agg(part, ',' order by part) from (
           select replace(pg_get_indexdef(indexrelid), $1, '') as part from pg_index where indrelid = ('partitions.' || $1)::regclass
           union all select replace(conname, $1, '') || ' ' || pg_get_constraintdef(oid) || convalidated from pg_constraint
             where conrelid = ('partitions.' || $1)::regclass
           union all select tgname || tgenabled::text from pg_trigger where tgrelid = ('partitions.' || $1)::regclass and not tgisinternal
         ) parts`,
        [name],
      )
    expect(await parts(missing)).toBe(await parts((await partitions())[3]?.name))
  })

  it('are made once when two runs meet', async () => {
    const missing = (await partitions()).at(-1)?.name
    await postgres.query(`drop table partitions.${missing}`)
    const made = await Promise.all(
      [1, 2, 3].map(() => value('select array_agg(name) from private.ensure_partitions() as name')),
    )
    expect(made.filter((names) => names !== null)).toEqual([[missing]])
  })

  it('cannot be reached but through the journal', async () => {
    const name = (await partitions()).at(-4)?.name
    for (const role of ['anon', 'authenticated', 'service_role'] as const) {
      const said = refusal(asRole(database, role, { role }, (query) => query(`select * from partitions.${name}`)))
      expect((await said).code).toBe('42501')
    }
  })

  it('keep an entry when its date moves to another month', async () => {
    const id = await asUser(database, user, async (query) => {
      const { rows } = await query(
        `insert into public.journal_entries (user_id, reflection) values ($1, 'Moves') returning id`,
        [user],
      )
      await query(`update public.journal_entries set date = current_date - 100 where id = $1`, [rows[0]?.id])
      return rows[0]?.id as string
    })
    expect(
      await value(
        `select tableoid::regclass::text = 'partitions.journal_entries_' || to_char(current_date - 100, 'YYYY_MM')
         from public.journal_entries where id = $1`,
        [id],
      ),
    ).toBe(true)
  })
})

describe('cleanup_old_data', () => {
  it('retires what is wholly past two years, deletes the older days of the month at the edge, and keeps the rest', async () => {
    // As it would be had nobody cleaned for a while: two months too old, one of them with a name that lies.
    const [old, lying] = await value<string[]>(
      `select array_agg((date_trunc('month', private.retention_edge()) - make_interval(months => m))::date::text order by m)
       from generate_series(1, 2) m`,
    )
    await postgres.query(`
      create table partitions.journal_entries_old partition of public.journal_entries
        for values from ('${old}') to (date_trunc('month', private.retention_edge())::date);
      create table partitions.journal_entries_2099_01 partition of public.journal_entries for values from ('${lying}') to ('${old}')`)
    // And one whose name says that it is old, but which is not.
    const last = (await partitions()).at(-1)
    await postgres.query(`alter table partitions.${last?.name} rename to journal_entries_1999_01`)

    await postgres.query(
      `insert into public.journal_entries (user_id, date, reflection)
       select $1, date, 'Old or new' from unnest(array[
         $2::date, $3::date, private.retention_edge(), private.retention_edge() + 1, current_date, $4::date
       ]) as date`,
      [user, old, lying, last?.from],
    )
    const edge = await value<string>('select private.retention_edge()::text')
    // The days before the edge in its month; on the first of a month there is none.
    const before = await postgres.query(
      `insert into public.journal_entries (user_id, date, reflection)
       select $1, d, 'Just too old' from generate_series(date_trunc('month', $2::date), $2::date - 1, interval '1 day') d`,
      [user, edge],
    )

    const result = await cleanup()
    expect(result).toEqual({
      edge,
      rows_deleted: 2 + (before.rowCount ?? 0),
      partitions_retired: ['journal_entries_2099_01', 'journal_entries_old'],
      partitions_dropped: [],
      partitions_created: [],
      left: [],
      complete: true,
    })
    expect(await value('select count(*)::int from retired.journal_entries_old')).toBe(1)
    expect(await value(`select min(date)::text from public.journal_entries`)).toBe(edge)
    expect(await value('select count(*)::int from public.journal_entries where date = $1', [last?.from])).toBe(1)
    expect(await value(`select to_jsonb(r) from private.retention_runs r order by id desc limit 1`)).toMatchObject({
      edge,
      rows_deleted: 2 + (before.rowCount ?? 0),
      partitions_dropped: [],
      state: 'done',
      error: null,
    })
    expect(await cleanup()).toMatchObject({ rows_deleted: 0, partitions_retired: [], partitions_dropped: [] })
    await postgres.query('update private.retired_partitions set drop_after = now()')
    expect(await cleanup()).toMatchObject({ partitions_dropped: ['journal_entries_2099_01', 'journal_entries_old'] })
    await postgres.query(`alter table partitions.journal_entries_1999_01 rename to ${last?.name}`)
  })

  it('leaves a month that a reader holds for the next call rather than queue everybody behind it, and leaves no setting behind', async () => {
    await postgres.query(`
      create table partitions.journal_entries_stuck partition of public.journal_entries for values from ('2001-01-01') to ('2001-02-01')`)
    const holder = await postgres.connect()
    const cleaner = await postgres.connect()
    try {
      await holder.query('begin; lock table partitions.journal_entries_stuck in access share mode')
      const started = performance.now()
      expect(await cleanup()).toMatchObject({
        partitions_retired: [],
        left: ['journal_entries_stuck'],
        complete: false,
      })
      expect(performance.now() - started).toBeLessThan(2000)
      await holder.query('rollback')
      const { rows } = await cleaner.query('select public.cleanup_old_data() as result')
      expect(rows[0]?.result).toMatchObject({ partitions_retired: ['journal_entries_stuck'], complete: true })
      expect((await cleaner.query('show lock_timeout')).rows).toEqual([{ lock_timeout: '0' }])
      expect(
        (await cleaner.query(`select coalesce(current_setting('journeys.retention', true), '') as setting`)).rows,
      ).toEqual([{ setting: '' }])
    } finally {
      holder.release()
      cleaner.release()
    }
  })

  it('does nothing while another run is under way, and says so', async () => {
    const runner = await postgres.connect()
    try {
      await runner.query('select pg_advisory_lock(private.retention_lock())')
      expect((await refusal(cleanup())).code).toBe('55P03')
      await runner.query('select pg_advisory_unlock(private.retention_lock())')
      expect(await cleanup()).toMatchObject({ complete: true })
    } finally {
      runner.release()
    }
  })

  it('goes by private.retention_rules', async () => {
    await postgres.query(`
      insert into public.performance_metrics (user_id, name, value, unit, recorded_at)
      select '${user}', 'sync', 1, 'ms', now() - make_interval(days => d) from unnest(array[1, 40, 100]) d`)
    await postgres.query(`update private.retention_rules set keep = '30 days' where name = 'metrics'`)
    expect(await cleanup()).toMatchObject({ rows_deleted: 2, complete: true })
    await postgres.query(`update private.retention_rules set keep = null where name = 'metrics'`)
    await postgres.query(`update public.performance_metrics set recorded_at = now() - interval '10 years'`)
    expect(await cleanup()).toMatchObject({ rows_deleted: 0 })
    await postgres.query(`update private.retention_rules set keep = '90 days' where name = 'metrics'`)
  })

  it('is not for the people of the app', async () => {
    const call = (role: 'anon' | 'authenticated') =>
      asRole(database, role, { role, sub: user }, (query) => query('select public.cleanup_old_data()'))
    expect((await refusal(call('anon'))).code).toBe('42501')
    expect((await refusal(call('authenticated'))).code).toBe('42501')
  })
})
