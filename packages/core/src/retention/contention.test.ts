import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { createUser } from '../../../../tests/support/database.ts'
import { age, config, once, run, useRetentionBed, value } from '../../../../tests/support/retention.ts'
import { planRetention } from './plan.ts'

const bed = useRetentionBed()

describe('somebody in the way', () => {
  test('two runs at once: the second says who runs, and with wait it comes after the first', async () => {
    const { boundary } = await age(bed)
    const holder = await bed.admin.query(`select pg_advisory_lock(private.retention_lock())`)
    expect(holder.rowCount).toBe(1)
    await expect(run(bed)).rejects.toMatchObject({
      code: 'retention_running',
      detail: expect.stringContaining('as postgres'),
    })
    await expect(bed.admin.query('select public.cleanup_old_data()')).resolves.toBeDefined()
    const notes: string[] = []
    const waiting = once(bed, { wait: true, onProgress: ({ note }) => notes.push(note ?? '') })
    await expect.poll(() => notes.some((note) => note.includes('another run is under way'))).toBe(true)
    await bed.admin.query(`select pg_advisory_unlock(private.retention_lock())`)
    expect(await waiting).toMatchObject({ state: 'done', failures: [] })
    expect(boundary).toBeGreaterThanOrEqual(0)
  })

  test('a reader who stays: the detach waits without holding anybody up, and says for whom', async () => {
    await age(bed)
    const reader = new pg.Client({ connectionString: bed.target.url, application_name: 'a long report' })
    await reader.connect()
    await reader.query('begin; select count(*) from public.journal_entries')
    const notes: string[] = []
    const running = once(bed, { onProgress: ({ note }) => notes.push(note ?? '') })
    await expect
      .poll(() => notes.some((note) => note.startsWith('waiting for a long report')), { timeout: 20_000 })
      .toBe(true)
    // All the while others read and write.
    const started = performance.now()
    await bed.admin.query('select count(*) from public.journal_entries')
    await bed.admin.query(
      `insert into public.journal_entries (user_id, reflection) select user_id, 'x' from public.journal_entries limit 1`,
    )
    expect(performance.now() - started).toBeLessThan(1000)
    await reader.query('rollback')
    await reader.end()
    expect(await running).toMatchObject({ state: 'done', retired: [{}, {}] })
  })

  test('a table that refers to a month keeps it, with the reason; the rest goes', async () => {
    const { boundary } = await age(bed)
    await bed.admin.query(
      `create table public.replies (entry uuid, day date, foreign key (entry, day) references public.journal_entries (id, date))`,
    )
    await bed.admin.query(
      `insert into public.replies select id, date from public.journal_entries where date = '2019-01-05'`,
    )
    expect((await planRetention(bed.database, config)).months[0]).toMatchObject({
      referredBy: [{ table: 'public.replies', constraint: 'replies_entry_day_fkey' }],
    })
    const outcome = await once(bed)
    expect(outcome).toMatchObject({ state: 'failed', retired: [{ name: 'journal_entries_2999_01' }] })
    expect(outcome.failures).toEqual([
      { step: 'detach ancient', error: expect.stringContaining('violates foreign key constraint') },
    ])
    expect(outcome.rows[0]?.deleted).toBe(boundary)
    expect(await value(bed, `select count(*)::int from public.journal_entries where date < '2019-02-01'`)).toBe(2)
    expect(await value(bed, 'select state from private.retention_runs order by id desc limit 1')).toBe('failed')
    await bed.admin.query('drop table public.replies')
    expect(await once(bed)).toMatchObject({ state: 'done', retired: [{ name: 'journal_entries_ancient' }] })
  })

  test('an expired row that somebody has locked is tried again until it is free', async () => {
    const user = await createUser(bed.target)
    await bed.admin.query(
      `insert into public.performance_metrics (user_id, name, value, unit, recorded_at) select $1, 'sync', i, 'ms', now() - interval '100 days' from generate_series(1, 10) i`,
      [user],
    )
    await bed.admin.query('begin; update public.performance_metrics set value = 0 where value = 5')
    const running = once(bed)
    setTimeout(() => void bed.admin.query('rollback'), 600)
    expect((await running).rows.find(({ rule }) => rule === 'metrics')).toEqual({ rule: 'metrics', deleted: 10 })
  })
})
