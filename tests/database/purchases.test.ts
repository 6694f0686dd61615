import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asRole, asUser, createTestDatabase, createUser, type TestDatabase } from '../support/database.ts'
import { refusal } from './refusal.ts'

let database: TestDatabase
let postgres: pg.Pool

beforeAll(async () => {
  database = await createTestDatabase()
  postgres = new pg.Pool({ connectionString: database.url })
})
afterAll(async () => {
  await postgres.end()
  await database.drop()
})

interface Receipt {
  id: string
  plan: string
  amount_cents: number
  currency: string
  status: string
  period_start: string
  period_end: string | null
  replayed: boolean
}

async function customer(): Promise<string> {
  const user = await createUser(database)
  await postgres.query(`insert into public.profiles (user_id, display_name) values ($1, 'Customer')`, [user])
  return user
}

function buy(user: string, plan: string, key: string): Promise<Receipt> {
  return asUser(database, user, async (query) => {
    const { rows } = await query<{ receipt: Receipt }>('select public.purchase_premium($1, $2) as receipt', [plan, key])
    return rows[0]?.receipt as Receipt
  })
}

/** Status and code of the answer that PostgREST would make of it. */
async function answer(call: Promise<unknown>): Promise<{ status: number; code: string }> {
  try {
    await call
  } catch (error) {
    const { code, message, detail } = error as pg.DatabaseError
    if (code !== 'PGRST') throw error
    return { status: JSON.parse(detail ?? '').status, code: JSON.parse(message).code }
  }
  throw new Error('the purchase went through')
}

async function premium(user: string): Promise<{ purchases: number; premium_until: string | null }> {
  const { rows } = await postgres.query(
    `select premium_until::text, (select count(*)::int from public.purchases u where u.user_id = p.user_id) as purchases
     from public.profiles p where p.user_id = $1`,
    [user],
  )
  return rows[0]
}

describe('purchase_premium', () => {
  it.each([
    ['monthly', 499, '1 month'],
    ['yearly', 3999, '1 year'],
    ['lifetime', 9999, null],
  ])('sells %s for %i cents', async (plan, cents, period) => {
    const user = await customer()
    const receipt = await buy(user, plan, randomUUID())
    expect(receipt).toMatchObject({ plan, amount_cents: cents, currency: 'EUR', status: 'paid', replayed: false })
    const { rows } = await postgres.query(
      `select coalesce($1::timestamptz + $2::interval, 'infinity') = premium_until as same
       from public.profiles where user_id = $3`,
      [receipt.period_start, period, user],
    )
    expect(rows).toEqual([{ same: true }])
  })

  it('charges once when the same request comes twenty times at once', async () => {
    const user = await customer()
    const key = randomUUID()
    const receipts = await Promise.all(Array.from({ length: 20 }, () => buy(user, 'monthly', key)))
    expect(new Set(receipts.map((receipt) => receipt.id)).size).toBe(1)
    expect(receipts.filter((receipt) => !receipt.replayed)).toHaveLength(1)
    expect(new Set(receipts.map((receipt) => receipt.period_end)).size).toBe(1)
    expect((await premium(user)).purchases).toBe(1)
  })

  it('adds up two different purchases that come at once', async () => {
    const user = await customer()
    const receipts = await Promise.all([buy(user, 'monthly', randomUUID()), buy(user, 'yearly', randomUUID())])
    const [first, second] = receipts.sort((a, b) => a.period_start.localeCompare(b.period_start))
    expect(second?.period_start).toBe(first?.period_end)
    const { rows } = await postgres.query('select premium_until = $2 as same from public.profiles where user_id = $1', [
      user,
      second?.period_end,
    ])
    expect(rows).toEqual([{ same: true }])
    expect((await premium(user)).purchases).toBe(2)
  })

  it('starts a purchase now when the paid time is over', async () => {
    const user = await customer()
    await postgres.query(`update public.profiles set premium_until = now() - interval '3 days' where user_id = $1`, [
      user,
    ])
    const { period_start } = await buy(user, 'monthly', randomUUID())
    expect(Math.abs(Date.parse(period_start) - Date.now())).toBeLessThan(60_000)
  })

  it('refuses a key that bought something else', async () => {
    const user = await customer()
    const key = randomUUID()
    await buy(user, 'monthly', key)
    expect(await answer(buy(user, 'yearly', key))).toEqual({ status: 409, code: 'idempotency_key_reused' })
    expect((await premium(user)).purchases).toBe(1)
  })

  it('does not mix up the same key of two people', async () => {
    const key = randomUUID()
    const [one, other] = [await customer(), await customer()]
    const receipts = [await buy(one, 'monthly', key), await buy(other, 'yearly', key)]
    expect(receipts.map((receipt) => receipt.replayed)).toEqual([false, false])
  })

  it('does not sell to who has premium for life, but repeats their receipt', async () => {
    const user = await customer()
    const key = randomUUID()
    const receipt = await buy(user, 'lifetime', key)
    expect(receipt.period_end).toBeNull()
    expect(await answer(buy(user, 'monthly', randomUUID()))).toEqual({ status: 409, code: 'already_lifetime' })
    expect(await buy(user, 'lifetime', key)).toEqual({ ...receipt, replayed: true })
  })

  it('charges nobody without a profile', async () => {
    const user = await createUser(database)
    expect(await answer(buy(user, 'monthly', randomUUID()))).toEqual({ status: 409, code: 'profile_missing' })
    const { rows } = await postgres.query('select from public.purchases where user_id = $1', [user])
    expect(rows).toEqual([])
  })

  it('refuses a plan that is not sold and a key that is none', async () => {
    const user = await customer()
    expect(await answer(buy(user, 'weekly', randomUUID()))).toEqual({ status: 400, code: 'invalid_plan' })
    expect(await answer(buy(user, 'monthly', 'short'))).toEqual({ status: 400, code: 'invalid_idempotency_key' })
    expect(await answer(buy(user, 'monthly', 'x'.repeat(256)))).toEqual({
      status: 400,
      code: 'invalid_idempotency_key',
    })
    expect(await answer(buy(user, 'monthly', null as never))).toEqual({ status: 400, code: 'invalid_idempotency_key' })
    expect(await answer(buy(user, null as never, randomUUID()))).toEqual({ status: 400, code: 'invalid_plan' })
  })

  it('is for signed-in people only', async () => {
    const call = (role: 'anon' | 'authenticated' | 'service_role') =>
      asRole(database, role, { role }, (query) =>
        query(`select public.purchase_premium('monthly', 'a-long-enough-key')`),
      )
    expect((await refusal(call('anon'))).code).toBe('42501')
    expect((await refusal(call('service_role'))).code).toBe('42501')
    expect(await answer(call('authenticated'))).toEqual({ status: 401, code: 'not_signed_in' })
  })

  it('is the only way to premium', async () => {
    const user = await customer()
    const attempts = [
      `update public.profiles set premium_until = 'infinity'`,
      `insert into public.purchases (user_id, plan, amount_cents, currency, idempotency_key, period_start)
       values (auth.uid(), 'lifetime', 1, 'EUR', 'a-long-enough-key', now())`,
      `update public.purchases set period_end = 'infinity'`,
      'delete from public.purchases',
      'update private.plans set amount_cents = 1',
    ]
    for (const sql of attempts) {
      expect((await refusal(asUser(database, user, (query) => query(sql)))).code, sql).toBe('42501')
    }
  })
})
