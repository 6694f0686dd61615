import { z } from 'zod'
import { count, list } from './load-figures.ts'

const side = z.object({
  name: z.string(),
  runs: list(z.object({ id: z.string(), startedAt: z.string() })),
})

/** Two sets of runs held against each other. */
export const comparisonDocument = z.object({
  name: z.string(),
  verdict: z.enum(['pass', 'warn', 'fail', 'inconclusive', 'no-baseline']),
  reasons: list(z.string()),
  notes: list(z.string()),
  method: z.string().describe('the statistical test, in a sentence'),
  settings: z.object({
    folder: z.string(),
    maxSlowdownPercent: z.number(),
    floorMs: z.number(),
    minSamples: count,
    confidence: z.number(),
    runNoisePercent: z.number(),
  }),
  before: side.exactOptional().describe('absent without a baseline'),
  after: side,
  differences: list(z.object({ what: z.string(), before: z.string(), after: z.string() })),
  forced: z.boolean().describe('compared although the fingerprints differ'),
  changes: list(
    z.object({
      request: z.string(),
      percentile: z.union([z.literal(50), z.literal(95)]),
      beforeMs: z.number().exactOptional(),
      afterMs: z.number().exactOptional(),
      beforeSamples: count,
      afterSamples: count,
      changePercent: z.number().exactOptional().describe('positive: slower'),
      changeMs: z.number().exactOptional(),
      interval: z.object({ lowPercent: z.number(), highPercent: z.number() }).exactOptional(),
      p: z.number().exactOptional(),
      verdict: z.enum(['slower', 'creeping', 'suspect', 'blind', 'same', 'faster', 'untested']),
      note: z.string().exactOptional(),
    }),
  ),
})
