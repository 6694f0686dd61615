import type { ErasureOutcome, Verification } from '@journeys/core/ops'
import { z } from 'zod'
import { shownPath } from '../shown-path.ts'

const finding = z.object({
  id: z.string().describe('what --dismiss takes'),
  kind: z.enum(['id', 'email', 'phone', 'name', 'phrase']),
  table: z.string(),
  column: z.string(),
  rows: z.number(),
})

const verification = z.object({
  tables: z.number(),
  columns: z.number(),
  rows: z.number(),
  bytes: z.number(),
  durationMs: z.number(),
  terms: z.record(z.string(), z.number()).describe('how many of each kind were searched for'),
  left: z.array(finding).describe('found, and explained by nothing: the erasure failed'),
  held: z.array(finding).describe('found where a legal hold keeps it'),
  dismissed: z.array(finding).describe('found, and somebody answers for it'),
  shared: z
    .array(finding)
    .describe(
      'the same name or sentence, in nothing but rows of other living people, or a name among words of the schema',
    ),
  unread: z.array(z.object({ table: z.string(), why: z.string() })).describe('not searched although it could be'),
  storage: z.object({ buckets: z.number(), objects: z.number() }).nullable(),
})

/** What became of an erasure. */
export const erasureOutcomeDocument = z.object({
  erasure: z.string(),
  outcome: z.enum(['done', 'partial', 'failed']),
  before: z.boolean().describe('it had been so already: nothing was done but to write missing files again'),
  requestedAt: z.string(),
  dueAt: z.string(),
  finishedAt: z.string().nullable(),
  steps: z.array(
    z.object({
      step: z.string(),
      state: z.enum(['pending', 'running', 'failed', 'done']),
      rows: z.number().exactOptional(),
      durationMs: z.number(),
    }),
  ),
  verification: verification.exactOptional(),
  receiptFile: z.string().exactOptional(),
  pageFile: z.string().exactOptional(),
  byHand: z.array(z.object({ id: z.string(), title: z.string(), do: z.string(), doneAt: z.string().nullable() })),
  held: z
    .object({ everything: z.boolean(), tables: z.array(z.string()) })
    .exactOptional()
    .describe('what legal holds keep, and with it the account'),
})

export type ErasureOutcomeDocument = z.output<typeof erasureOutcomeDocument>

/** @param cwd where the command was typed: files are named as one would type them there */
export function erasureOutcomeDocumentOf(outcome: ErasureOutcome, cwd: string): ErasureOutcomeDocument {
  const { verification, plan: _, requestedAt, dueAt, finishedAt, byHand, receiptFile, pageFile, ...rest } = outcome
  return {
    ...rest,
    ...(receiptFile !== undefined && { receiptFile: shownPath(receiptFile, cwd) }),
    ...(pageFile !== undefined && { pageFile: shownPath(pageFile, cwd) }),
    requestedAt: requestedAt.toISOString(),
    dueAt: dueAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
    byHand: byHand.map(({ doneAt, ...step }) => ({ ...step, doneAt: doneAt?.toISOString() ?? null })),
    ...(verification && { verification: verificationOf(verification) }),
  }
}

function verificationOf({ report, left, held, dismissed, unread, storage }: Verification) {
  const places = (list: Verification['left']) =>
    list.map(({ id, kind, table, column, rows }) => ({ id, kind, table, column, rows }))
  const { tables, columns, rows, bytes, durationMs, terms } = report
  return {
    ...{ tables, columns, rows, bytes, durationMs, terms },
    left: places(left),
    held: places(held),
    dismissed: places(dismissed),
    shared: places(report.shared),
    unread,
    storage,
  }
}
