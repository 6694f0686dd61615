import type { Scenario } from './visitor.ts'

/** Buys a month of premium. The key is new, so an answer that says `replayed` would be somebody else's purchase. */
export const premiumPurchases: Scenario = async (visitor) => {
  const answer = await visitor.request('POST', '/rest/v1/rpc/purchase_premium', {
    name: 'POST purchase_premium',
    body: { plan: 'monthly', idempotency_key: crypto.randomUUID() },
  })
  if (answer.ok) {
    const purchase = answer.json() as { id?: unknown; replayed?: unknown; plan?: unknown } | undefined
    if (typeof purchase?.id === 'string') visitor.wrote('purchases', purchase.id)
    visitor.check('the purchase is new and paid for', purchase?.replayed === false && purchase.plan === 'monthly')
  }
}
