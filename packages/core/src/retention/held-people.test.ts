import { describe, expect, test } from 'vitest'
import { createUser } from '../../../../tests/support/database.ts'
import { age, config, once, useRetentionBed, value } from '../../../../tests/support/retention.ts'
import { planRetention } from './plan.ts'

const bed = useRetentionBed()

describe('a person under a legal hold', () => {
  test('keeps their rows: the month stays and is emptied of everybody else; without the hold it goes', async () => {
    const { user } = await age(bed)
    const held = await createUser(bed.target)
    await bed.admin.query(
      `insert into public.journal_entries (user_id, date, reflection) values ($1, '2019-01-09', 'mine')`,
      [held],
    )
    await bed.admin.query(
      `insert into private.legal_holds (user_id, reason, placed_by) values ($1, 'a claim', 'test')`,
      [held],
    )
    expect((await planRetention(bed.database, config)).months[0]).toMatchObject({ rows: 3, held: 1, obstacle: 'held' })
    expect(await once(bed)).toMatchObject({
      state: 'done',
      retired: [{ name: 'journal_entries_2999_01' }],
      kept: [{ name: 'ancient', why: 'held' }],
    })
    expect(await value(bed, 'select array_agg(user_id) from partitions.ancient')).toEqual([held])
    expect(
      await value(bed, 'select count(*)::int from public.journal_entries where user_id = $1 and date < $2', [
        user,
        '2020-01-01',
      ]),
    ).toBe(0)
    await bed.admin.query('delete from private.legal_holds')
    expect(await once(bed)).toMatchObject({ retired: [{ name: 'journal_entries_ancient', rows: 1 }], kept: [] })
  })

  test('keeps a month that is retired already from being dropped', async () => {
    const { user } = await age(bed)
    await once(bed)
    await bed.admin.query(`update private.retired_partitions set drop_after = now() where state = 'retired'`)
    await bed.admin.query(
      `insert into private.legal_holds (user_id, reason, placed_by) values ($1, 'a claim', 'test')`,
      [user],
    )
    expect(await once(bed)).toMatchObject({
      state: 'done',
      dropped: [],
      notDropped: ['journal_entries_ancient', 'journal_entries_2999_01'],
    })
    await bed.admin.query('delete from private.legal_holds')
    expect(await once(bed)).toMatchObject({
      dropped: ['journal_entries_ancient', 'journal_entries_2999_01'],
      notDropped: [],
    })
  })

  test('whose erasure is under way: the month waits for its end', async () => {
    const { user } = await age(bed)
    await bed.admin.query(
      `insert into private.processing_restrictions (user_id, kind, reason, placed_by) values ($1, 'erasure', 'E-00000000', 'test')`,
      [user],
    )
    expect(await once(bed)).toMatchObject({
      retired: [],
      kept: [
        { name: 'ancient', why: 'erasure' },
        { name: 'journal_entries_2999_01', why: 'erasure' },
      ],
    })
    expect(await value(bed, `select count(*)::int from public.journal_entries where date < '2020-01-01'`)).toBe(3)
  })
})
