import type { LegalHold, Restriction } from '@journeys/core/ops'
import { z } from 'zod'

const person = z.object({ id: z.string(), email: z.string().nullable() })

export const restrictionDocument = z.object({
  user: person,
  reason: z.string(),
  placedBy: z.string(),
  placedAt: z.string(),
})

export type RestrictionDocument = z.output<typeof restrictionDocument>

export function restrictionDocumentOf({ placedAt, ...restriction }: Restriction): RestrictionDocument {
  return { ...restriction, placedAt: placedAt.toISOString() }
}

export const holdDocument = z.object({
  id: z.number(),
  user: person,
  tables: z.array(z.string()).nullable().describe('schema.table; null: everything'),
  reason: z.string(),
  reviewOn: z
    .string()
    .nullable()
    .describe('the day on which somebody has to look at it again; it does not end by itself'),
  reviewDue: z.boolean().describe('that day has come'),
  placedBy: z.string(),
  placedAt: z.string(),
})

export type HoldDocument = z.output<typeof holdDocument>

export function holdDocumentOf({ placedAt, ...hold }: LegalHold): HoldDocument {
  return { ...hold, placedAt: placedAt.toISOString() }
}
