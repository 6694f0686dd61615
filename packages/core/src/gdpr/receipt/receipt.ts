import { z } from 'zod'

export const receiptSchemaName = 'journeys/erasure-receipt/1'

const time = z.iso.datetime()
const hash = z.string().regex(/^[0-9a-f]{64}$/)
const count = z.int().nonnegative()

const treated = z.strictObject({ table: z.string(), rows: count })
const kept = z.strictObject({
  table: z.string(),
  rows: count,
  ground: z.string().describe('the legal ground'),
  until: z.string().nullable().describe('the day on which the ground ends for the newest row; null: nobody can say'),
})

const finding = z.strictObject({
  id: z.string().describe('F-1A2B3C4D'),
  kind: z.enum(['id', 'email', 'phone', 'name', 'phrase']),
  table: z.string(),
  column: z.string(),
  rows: count,
})

const verification = z.strictObject({
  at: time.describe('when the snapshot was taken that was searched'),
  durationMs: count,
  tables: count,
  columns: count,
  rows: count,
  bytes: count,
  terms: z.strictObject({ id: count, email: count, phone: count, name: count, phrase: count }),
  found: z.array(finding).describe('what is still there; not empty only where a hold or a dismissal explains it'),
  shared: z
    .array(finding)
    .describe(
      'the same name or sentence, in nothing but rows of other living people, or a name among words of the schema',
    ),
  dismissed: z
    .array(z.strictObject({ finding: z.string(), reason: z.string(), by: z.string(), at: time }))
    .describe('findings that a person looked at and answers for'),
  notSearched: z.array(z.strictObject({ table: z.string(), why: z.string() })),
  setAside: z.array(z.strictObject({ table: z.string(), column: z.string(), why: z.string() })),
  storage: z
    .strictObject({ buckets: count, objects: count.describe("still in the person's folders") })
    .nullable()
    .describe('null: this environment has no storage'),
})

/** What a receipt says: counts, times and hashes, no personal data. */
export const receiptContent = z.strictObject({
  schema: z.literal(receiptSchemaName),
  seq: z.int().positive().describe('its place in the chain of receipts, without gaps'),
  previous: z
    .strictObject({ seq: z.int().positive(), hash })
    .nullable()
    .describe('the receipt before it, by the SHA-256 of its text; null for the first'),
  environment: z.string(),
  erasure: z.string().describe('E-7F3AC1B2'),
  replays: z.string().nullable().describe('the erasure that this one repeats, after a restore'),
  outcome: z.enum(['done', 'partial']),
  subjectHash: hash.describe(
    "HMAC-SHA256 of the person's id: whose it is can be checked with the key and the id, never guessed",
  ),
  requestedAt: time,
  dueAt: time,
  openedAt: time,
  finishedAt: time,
  deadlineKept: z.boolean(),
  plan: z.strictObject({
    id: z.string(),
    keepStatistics: z.boolean(),
    erase: z.array(treated),
    overwrite: z.array(treated),
    unlink: z.array(treated),
    keep: z.array(kept),
    storage: z.array(z.strictObject({ bucket: z.string(), objects: count, bytes: count })),
  }),
  steps: z.array(
    z.strictObject({
      step: z.string(),
      state: z.enum(['pending', 'running', 'failed', 'done']),
      attempts: count,
      finishedAt: time.nullable(),
      rows: count.nullable(),
    }),
  ),
  verification,
  held: z
    .array(z.strictObject({ tables: z.array(z.string()).nullable(), reviewOn: z.string().nullable() }))
    .describe('legal holds that kept part of the data; tables null: everything'),
  byHand: z
    .array(z.strictObject({ step: z.string(), title: z.string(), doneAt: time.nullable() }))
    .describe('what no command reaches, as it stood when this was signed'),
  tool: z.strictObject({ name: z.literal('journeys'), version: z.string() }),
  keyId: z.string().describe('the first 16 hex digits of the SHA-256 of the public key'),
  publicKey: z
    .string()
    .describe('Ed25519, 32 bytes as base64url. Not to be trusted from here alone: compare it with the published one'),
})

export const receiptSchema = receiptContent.extend({
  signature: z
    .string()
    .describe('Ed25519 over the canonical form (RFC 8785) of everything else, 64 bytes as base64url'),
})

export type ReceiptContent = z.output<typeof receiptContent>
export type Receipt = z.output<typeof receiptSchema>
export type ReceiptVerification = ReceiptContent['verification']
export type ReceiptHold = ReceiptContent['held'][number]
