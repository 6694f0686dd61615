import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp, createPerson } from '../../../../tests/app/person.ts'
import { createTestStack, type TestStack } from '../../../../tests/support/stack.ts'

let stack: TestStack
beforeAll(async () => {
  stack = await createTestStack()
})
afterAll(() => stack?.stop())

/** A person with a profile, and whether the answers of purchases get through to them. */
async function setUp() {
  const line = { broken: false, purchases: 0 }
  const { journeys } = await createPerson(stack, {
    fetch: async (input, init) => {
      const response = await fetch(input, init)
      if (String(input).includes('purchase_premium')) {
        line.purchases += 1
        if (line.broken) throw new TypeError('fetch failed')
      }
      return response
    },
  })
  await journeys.profiles.save({ displayName: 'Ann' })
  return { ...journeys, line }
}

describe('premium', () => {
  it('is bought once, listed, and seen in the profile', async () => {
    const { purchases, profiles } = await setUp()
    expect(await purchases.list()).toEqual([])
    expect(await profiles.get()).toMatchObject({ premiumUntil: null })
    const receipt = await purchases.buy({ plan: 'monthly' })
    expect(receipt).toMatchObject({
      plan: 'monthly',
      amountCents: expect.any(Number),
      currency: 'EUR',
      status: 'paid',
      replayed: false,
      idempotencyKey: expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    expect(await purchases.list()).toMatchObject([{ id: receipt.id, plan: 'monthly' }])
    expect(await profiles.get()).toMatchObject({ premiumUntil: receipt.periodEnd, premiumForLife: false })
  })

  it('for life has no end', async () => {
    const { purchases, profiles } = await setUp()
    expect(await purchases.buy({ plan: 'lifetime' })).toMatchObject({ periodEnd: null })
    expect(await profiles.get()).toMatchObject({ premiumUntil: null, premiumForLife: true })
    await expect(purchases.buy({ plan: 'monthly' })).rejects.toMatchObject({ code: 'conflict' })
  })

  it('is not charged twice when the answer was lost and the person tries again', async () => {
    const { purchases, line } = await setUp()
    line.broken = true
    await expect(purchases.buy({ plan: 'yearly' })).rejects.toMatchObject({ code: 'unreachable' })
    await expect(purchases.buy({ plan: 'yearly' })).rejects.toMatchObject({ code: 'unreachable' })
    line.broken = false
    expect(await purchases.buy({ plan: 'yearly' })).toMatchObject({ replayed: true })
    expect(await purchases.list()).toHaveLength(1)
    expect(await purchases.buy({ plan: 'yearly' })).toMatchObject({ replayed: false })
    expect(await purchases.list()).toHaveLength(2)
  })

  it('is not charged twice by a double click', async () => {
    const { purchases, line } = await setUp()
    const receipts = await Promise.all([purchases.buy({ plan: 'monthly' }), purchases.buy({ plan: 'monthly' })])
    expect(receipts.map(({ replayed }) => replayed).sort()).toEqual([false, true])
    expect(line.purchases).toBe(2)
    expect(await purchases.list()).toHaveLength(1)
  })

  it('takes the key that the app gives, for one plan', async () => {
    const { purchases } = await setUp()
    const idempotencyKey = randomUUID()
    await purchases.buy({ plan: 'monthly', idempotencyKey })
    expect(await purchases.buy({ plan: 'monthly', idempotencyKey })).toMatchObject({ replayed: true, idempotencyKey })
    await expect(purchases.buy({ plan: 'yearly', idempotencyKey })).rejects.toMatchObject({ code: 'conflict' })
    await expect(purchases.buy({ plan: 'weekly' as never })).rejects.toMatchObject({ code: 'invalid_input' })
  })

  it('needs a person', async () => {
    await expect(createApp(stack).purchases.buy({ plan: 'monthly' })).rejects.toMatchObject({ code: 'not_signed_in' })
  })
})
