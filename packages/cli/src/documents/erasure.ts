import { type ErasureStatus, erasureStates } from '@journeys/core/ops'
import { z } from 'zod'

const moment = z.string().describe('ISO 8601')

/** One erasure, as `gdpr status` and `gdpr tick` print it. */
export const erasureDocument = z.object({
  erasure: z.string(),
  state: z.enum(erasureStates),
  userId: z.string().nullable().describe('only until it is done'),
  keyId: z.string().describe('the key that made the hash of the person, and signs the receipt'),
  requestedAt: moment,
  dueAt: moment,
  openedAt: moment,
  finishedAt: moment.nullable(),
  actor: z.string(),
  reason: z.string().nullable(),
  planId: z.string(),
  options: z.record(z.string(), z.unknown()),
  replays: z.string().nullable().describe('the erasure that it repeats, after a restore'),
  held: z.boolean().describe('a legal hold on this person stands'),
  daysLeft: z.number().describe('calendar days until it is due; below 0: that day has passed'),
  overdue: z.boolean(),
  byHandOverdue: z.boolean(),
  openByHand: z.number(),
  steps: z.array(
    z.object({
      step: z.string(),
      state: z.enum(['pending', 'running', 'failed', 'done']),
      attempts: z.number(),
      startedAt: moment.nullable(),
      finishedAt: moment.nullable(),
      error: z.string().nullable(),
    }),
  ),
  byHand: z.array(
    z.object({
      step: z.string(),
      title: z.string(),
      todo: z.string(),
      doneAt: moment.nullable(),
      doneBy: z.string().nullable(),
      note: z.string().nullable(),
    }),
  ),
  receipts: z.array(
    z.object({
      number: z.number().describe('its place in the chain'),
      outcome: z.enum(['done', 'partial', 'failed']),
      hash: z.string(),
      signedAt: moment,
    }),
  ),
})

export type ErasureDocument = z.output<typeof erasureDocument>

export function erasureDocumentOf({
  requestedAt,
  dueAt,
  openedAt,
  finishedAt,
  ...status
}: ErasureStatus): ErasureDocument {
  return {
    ...status,
    requestedAt: requestedAt.toISOString(),
    dueAt: dueAt.toISOString(),
    openedAt: openedAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
  }
}
