import type { ErasurePlan } from '@journeys/core/ops'
import { z } from 'zod'

const table = z.object({
  table: z.string(),
  rows: z.number().describe('0: it was looked at'),
  columns: z.object({
    overwritten: z.array(z.string()),
    unlinked: z.array(z.string()),
    kept: z.array(z.string()),
  }),
  ground: z.string().exactOptional().describe('why the rest stays'),
  period: z.string().exactOptional().describe('how long, from the making of a row'),
  until: z
    .string()
    .nullable()
    .exactOptional()
    .describe('the day on which the newest of these rows is no longer needed'),
  held: z.literal(true).exactOptional().describe('a legal hold covers it: it is left as it is'),
})

const scores = z.object({ rows: z.number(), scores: z.number() })

/** What an erasure would do, by what happens to the rows. */
export const erasurePlanDocument = z.object({
  id: z.string().describe('a hash of everything below and the person: what --plan takes'),
  options: z.object({ keepStatistics: z.boolean() }),
  erase: z.array(table),
  overwrite: z.array(table),
  unlink: z.array(table),
  keep: z.array(table),
  storage: z.array(z.object({ bucket: z.string(), objects: z.number(), bytes: z.number() })),
  statistics: z
    .object({ k: z.number(), kept: scores, lost: scores })
    .exactOptional()
    .describe('with --keep-statistics: scores that so many others wrote, too, and those that go'),
  byHand: z.array(z.object({ id: z.string(), title: z.string(), do: z.string() })),
  obstacles: z.array(
    z.object({
      kind: z.enum(['hold', 'restriction', 'erasure', 'undecided', 'others', 'permission', 'storage']),
      blocks: z.boolean(),
      summary: z.string(),
      do: z.string(),
      tables: z.array(z.string()).exactOptional(),
    }),
  ),
})

export type ErasurePlanDocument = z.output<typeof erasurePlanDocument>

/** The plan without the person, who stands beside it. */
export function erasurePlanDocumentOf({
  user: _,
  ...plan
}: Omit<ErasurePlan, 'user'> & { user?: unknown }): ErasurePlanDocument {
  return { ...plan, byHand: plan.byHand.map(({ id, title, do: what }) => ({ id, title, do: what })) }
}
