import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createErasureBench, type ErasablePerson, type ErasureBench } from '../../../../tests/support/erasable.ts'
import type { GdprContext } from './erasure/context.ts'
import { eraseUser, findTarget } from './erasure.ts'
import { planErasure } from './plan-erasure.ts'

let bench: ErasureBench
let context: GdprContext
beforeAll(async () => {
  bench = await createErasureBench()
  context = bench.context
})
afterAll(() => bench?.remove())

async function agreed({ id }: ErasablePerson) {
  const plan = await planErasure(context, id)
  return { plan: plan.id, keepStatistics: false }
}

describe('what the search finds', () => {
  test('is no failure where a name is a word of SQL, or the name of who erases: it is listed', async () => {
    const [max, other] = [await bench.newPerson(), await bench.newPerson()]
    await bench.admin.query("update public.profiles set display_name = 'Max' where user_id in ($1, $2)", [
      max.id,
      other.id,
    ])
    const outcome = await eraseUser({ ...context, actor: 'max' }, max.id, await agreed(max))
    expect(outcome).toMatchObject({ outcome: 'done', verification: { left: [] } })
    const shared = new Set(outcome.verification?.report.shared.map(({ table, column }) => `${table}.${column}`))
    expect([...shared]).toEqual(
      expect.arrayContaining([
        'public.profiles.display_name',
        'private.erasure_ledger.actor',
        'supabase_migrations.schema_migrations.statements',
      ]),
    )
  })

  test('is no failure where other people wrote the same words, and is one where nobody did', async () => {
    const [anna, ben] = [await bench.newPerson(), await bench.newPerson()]
    const words = 'Went to the river this morning and did not drink at all'
    const write = (who: string) =>
      bench.admin.query('insert into public.journal_entries (user_id, reflection) values ($1, $2)', [who, words])
    // Among so many others that no sample of them would show it.
    await bench.admin.query(
      "insert into public.journal_entries (user_id, date, reflection) select $1, current_date - 200, 'an entry of ' || n from generate_series(1, 600) n",
      [ben.id],
    )
    await write(ben.id)
    await write(anna.id)
    const outcome = await eraseUser(context, anna.id, await agreed(anna))
    expect(outcome).toMatchObject({ outcome: 'done', verification: { left: [] } })
    const shared = outcome.verification?.report.shared ?? []
    expect(new Set(shared.map(({ kind, column }) => `${kind} in ${column}`))).toEqual(new Set(['phrase in reflection']))

    const carl = await bench.newPerson()
    await write(carl.id)
    await bench.admin.query('create table private.letters (id int, body text)')
    try {
      await bench.admin.query('insert into private.letters values (1, $1)', [words])
      const failed = await eraseUser(context, carl.id, await agreed(carl))
      expect(failed.outcome).toBe('failed')
      expect(new Set(failed.verification?.left.map(({ table }) => table))).toEqual(new Set(['private.letters']))
    } finally {
      await bench.admin.query('drop table private.letters')
    }
  })

  test('makes it failed, says where, and nothing is signed; taken out of there, the same command ends it', async () => {
    const anna = await bench.newPerson()
    await bench.admin.query('create table private.letters (id int, body text)')
    try {
      await bench.admin.query('insert into private.letters values (1, $1)', [`Dear ${anna.email}, thank you`])
      const failed = await eraseUser(context, anna.id, await agreed(anna))
      expect(failed.outcome).toBe('failed')
      expect(failed).not.toHaveProperty('receiptFile')
      expect(failed.verification?.left).toMatchObject([
        { kind: 'email', table: 'private.letters', column: 'body', rows: 1 },
      ])
      const { rows } = await bench.admin.query(
        'select l.state, s.state as step, s.error from private.erasure_ledger l join private.erasure_steps s on s.erasure_id = l.id where l.id = $1 and s.step = $2',
        [failed.erasure, 'verify'],
      )
      expect(rows).toEqual([{ state: 'failed', step: 'failed', error: 'verification_found' }])
      // The account is gone: the address leads to the erasure as long as it is not done.
      expect(await findTarget(context, anna.email)).toMatchObject({ entry: { id: failed.erasure } })
      await bench.admin.query('truncate private.letters')
      expect(await eraseUser(context, anna.email, { plan: '', keepStatistics: false })).toMatchObject({
        outcome: 'done',
      })
    } finally {
      await bench.admin.query('drop table private.letters')
    }
  })
})
