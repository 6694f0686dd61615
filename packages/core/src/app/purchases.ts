import { z } from 'zod'
import { JourneysError } from '../errors.ts'
import { type AppContext, type CachedReadOptions, readOwn } from './app-context.ts'
import { parseInput } from './input.ts'
import { limits } from './limits.ts'
import { profileTables } from './profiles.ts'
import {
  type PurchaseInput,
  type PurchaseReceipt,
  type PurchaseRecord,
  purchaseColumns,
  purchaseFromRow,
  purchaseInputSchema,
  receiptFromAnswer,
} from './purchase.ts'
import { send } from './request-error.ts'

export interface PurchaseListOptions extends CachedReadOptions {
  /**
   * How many, 1 to 100.
   *
   * @defaultValue 20
   */
  limit?: number | undefined
}

/** The signed-in user's purchases. Every call throws `not_signed_in`, `unreachable` and `rate_limited` (writes) besides its own. */
export interface Purchases {
  /**
   * Buys premium, once per idempotency key. When a try ends without a clear answer, the next `buy` of the same plan without a
   * key repeats that one's key, so that it charges at most once.
   *
   * @throws JourneysError `invalid_input`; `conflict` when the key already bought another plan, when there is premium for life
   *   already, or when the user has no profile yet (nothing is charged; `detail` says which).
   */
  buy(purchase: PurchaseInput): Promise<PurchaseReceipt>
  /** The latest purchases, newest first, from the cache for up to five minutes. */
  list(options?: PurchaseListOptions): Promise<readonly PurchaseRecord[]>
}

const table = 'purchases'

const purchaseTables = [table]

const listSchema = z.strictObject({
  limit: z.int().min(1, 'must be from 1 to 100').max(limits.page.max, 'must be from 1 to 100').default(20),
  fresh: z.boolean().optional(),
})

/** After these nobody knows whether the purchase was made. */
const unclear = new Set(['unreachable', 'server_error', 'aborted', 'unexpected_answer'])

export function createPurchases(context: AppContext): Purchases {
  const { supabase, queries } = context
  /** Keys of tries without a clear answer, by user and plan. */
  const pending = new Map<string, string>()
  return {
    async buy(purchase) {
      const { plan, idempotencyKey } = parseInput(purchaseInputSchema, purchase, 'purchase')
      return queries.write([...purchaseTables, ...profileTables], async (identity) => {
        const slot = `${identity.userId}/${plan}`
        const key = idempotencyKey ?? pending.get(slot) ?? crypto.randomUUID()
        pending.set(slot, key)
        try {
          const request = supabase.rpc('purchase_premium', { plan, idempotency_key: key })
          const receipt = receiptFromAnswer(await send(request, identity), key)
          forget(slot, key)
          return receipt
        } catch (error) {
          if (error instanceof JourneysError && !unclear.has(error.code)) forget(slot, key)
          throw error
        }
      })
    },

    async list(options = {}) {
      const { limit, fresh } = parseInput(listSchema, options, 'question for purchases')
      return readOwn(
        context,
        `purchases/${limit}`,
        async (identity) => {
          const request = supabase
            .from(table)
            .select(purchaseColumns)
            .order('created_at', { ascending: false })
            .limit(limit)
          return (await send(request, identity)).map(purchaseFromRow)
        },
        { tables: purchaseTables, fresh },
      )
    },
  }

  function forget(slot: string, key: string): void {
    if (pending.get(slot) === key) pending.delete(slot)
  }
}
