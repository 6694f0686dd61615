import { z } from 'zod'
import { databaseText, parseAnswer } from './input.ts'
import { limits } from './limits.ts'

export type Plan = (typeof limits.purchase.plans)[number]

/** Premium, bought. */
export interface Purchase {
  readonly id: string
  readonly plan: Plan
  /** Hundredths of the currency's unit. */
  readonly amountCents: number
  /** ISO 4217, e.g. `EUR`. */
  readonly currency: string
  readonly status: 'paid' | 'refunded'
  /** ISO 8601 with offset. */
  readonly periodStart: string
  /** ISO 8601 with offset; null for life. */
  readonly periodEnd: string | null
}

/** What a call of `purchases.buy` ended in. */
export interface PurchaseReceipt extends Purchase {
  /** The key that this purchase goes by. */
  readonly idempotencyKey: string
  /** True when this key had bought already, and nothing was charged now. */
  readonly replayed: boolean
}

/** A purchase of the past. */
export interface PurchaseRecord extends Purchase {
  /** ISO 8601 with offset. */
  readonly createdAt: string
}

export interface PurchaseInput {
  plan: Plan
  /**
   * 8 to 255 characters. The same key never charges twice. Made and kept by the app when a purchase must survive a restart.
   *
   * @defaultValue the key of the last try for this plan when that had no clear answer, else a new random UUID
   */
  idempotencyKey?: string | undefined
}

export const purchaseColumns = 'id,plan,amount_cents,currency,status,period_start,period_end,created_at'

export const purchaseInputSchema = z.strictObject({
  plan: z.enum(limits.purchase.plans),
  idempotencyKey: databaseText(limits.purchase.idempotencyKey).optional(),
})

const answer = z.object({
  id: z.string(),
  plan: z.enum(limits.purchase.plans),
  amount_cents: z.number(),
  currency: z.string(),
  status: z.enum(['paid', 'refunded']),
  period_start: z.string(),
  period_end: z.string().nullable(),
})

/** @throws JourneysError `unexpected_answer`. */
export function receiptFromAnswer(value: unknown, idempotencyKey: string): PurchaseReceipt {
  const row = parseAnswer(answer.extend({ replayed: z.boolean() }), value, 'receipt')
  return { ...purchase(row), idempotencyKey, replayed: row.replayed }
}

/** @throws JourneysError `unexpected_answer`. */
export function purchaseFromRow(value: unknown): PurchaseRecord {
  const row = parseAnswer(answer.extend({ created_at: z.string() }), value, 'purchase')
  return { ...purchase(row), createdAt: row.created_at }
}

function purchase(row: z.output<typeof answer>): Purchase {
  return {
    id: row.id,
    plan: row.plan,
    amountCents: row.amount_cents,
    currency: row.currency,
    status: row.status,
    periodStart: row.period_start,
    periodEnd: row.period_end,
  }
}
