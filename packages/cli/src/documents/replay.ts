import { z } from 'zod'

const count = z.number()

/** Why one of several did not succeed. */
export const refusalDocument = z.object({
  code: z.string(),
  message: z.string(),
  detail: z.string().nullable(),
  hint: z.string().nullable(),
})

/** What became of one of several. */
export const attemptDocument = z.object({
  outcome: z.enum(['done', 'partial', 'failed']),
  erasure: z.string().nullable().describe('null: none was begun'),
  receiptFile: z.string().nullable(),
  refusal: refusalDocument.nullable().describe('null when it is done'),
})

export const attemptCountsDocument = z.object({ done: count, partial: count, failed: count })

/** What `gdpr replay` found, and what it did. */
export const replayDocument = z.object({
  applied: z.boolean(),
  remembered: z
    .object({ people: count, ledger: count, list: count, receipts: count })
    .describe(
      'people, and how many erasures the ledger, the list beside the receipts and the receipts themselves know',
    ),
  compared: z.object({ accounts: count, folders: count, columns: count, ids: count }),
  back: z.array(
    z.object({
      userId: z.string(),
      erasures: z.array(z.string()).describe('the latest first'),
      where: z.array(z.string()),
      hasAccount: z.boolean().describe('false: rows and files only, from a backup of their own'),
    }),
  ),
  unfinished: z
    .array(z.object({ erasure: z.string(), state: z.enum(['open', 'failed', 'partial']), held: z.boolean() }))
    .describe('not done when the database was as it is now; with a legal hold they are left alone'),
  unknown: z.array(z.string()).describe('erasures that this database does not know: it is older than they are'),
  problems: z.array(z.object({ file: z.string(), problem: z.string() })).describe('what could not be read'),
  results: z
    .array(
      attemptDocument.extend({
        userId: z.string().nullable(),
        of: z.string().describe('the erasure that was repeated, or gone on with'),
        how: z.enum(['again', 'resume', 'remains']),
      }),
    )
    .exactOptional(),
  counts: attemptCountsDocument.exactOptional(),
})

export type ReplayDocument = z.output<typeof replayDocument>
