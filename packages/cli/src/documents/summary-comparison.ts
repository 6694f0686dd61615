import { z } from 'zod'
import { list } from './load-figures.ts'

const side = z.object({ name: z.string(), form: z.enum(['summary-export', 'handleSummary', 'machine-readable']) })

/** Two of k6's own summaries side by side: figures only, no test. */
export const summaryComparisonDocument = z.object({
  before: side,
  after: side,
  changes: list(
    z.object({
      metric: z.string(),
      contains: z.enum(['time', 'data', 'default']),
      statistic: z.string(),
      before: z.number().exactOptional(),
      after: z.number().exactOptional(),
      changePercent: z.number().exactOptional(),
      changePoints: z.number().exactOptional().describe('of a rate, in percentage points'),
      direction: z.enum(['better', 'worse', 'same']).exactOptional(),
    }),
  ),
  thresholds: list(
    z.object({
      metric: z.string(),
      expression: z.string(),
      before: z.boolean().exactOptional(),
      after: z.boolean().exactOptional(),
    }),
  ),
  note: z.string(),
})
