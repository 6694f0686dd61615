import { z } from 'zod'
import { count, list, ms } from './load-figures.ts'

const slo = z.object({ p95Ms: z.number(), errorRate: z.number().describe('share of 1') })
const rule = z.string().describe('what the figures mean, in a sentence')
const phases = list(
  z.object({
    phase: z.string(),
    requests: count,
    requestsPerSecond: z.number(),
    p95Ms: ms,
    errorRate: z.number().describe('share of 1'),
    withinSlo: z.boolean(),
  }),
)

const spike = z.object({
  kind: z.literal('spike'),
  slo,
  phases,
  secondsToSlo: z.number().exactOptional().describe('from the end of the surge until the service level holds for good'),
  watchedSeconds: z.number(),
  rule,
})

const breakage = z.enum(['latency', 'errors', 'dropped', 'pool', 'generator'])
const stress = z.object({
  kind: z.literal('stress'),
  slo,
  steps: list(
    z.object({
      phase: z.string(),
      rate: z.number().describe('planned iterations per second'),
      seconds: z.number(),
      iterationsPerSecond: z.number(),
      requestsPerSecond: z.number(),
      requests: count,
      dropped: count,
      p50Ms: ms,
      p95Ms: ms,
      p99Ms: ms,
      errorRate: z.number(),
      held: z.boolean(),
      broke: list(breakage),
    }),
  ),
  capacity: z
    .object({ phase: z.string(), iterationsPerSecond: z.number(), requestsPerSecond: z.number() })
    .exactOptional()
    .describe('the highest step that held; absent when none did'),
  found: z.boolean().describe('two steps in a row broke: more than a lower bound'),
  brokeFirst: z
    .object({ phase: z.string(), iterationsPerSecond: z.number(), what: breakage, text: z.string() })
    .exactOptional(),
  knee: z
    .object({ iterationsPerSecond: z.number(), p95Ms: z.number() })
    .exactOptional()
    .describe('where latency begins to climb'),
  rule,
})

const recovery = z.object({
  kind: z.literal('recovery'),
  slo,
  fault: z.string(),
  faultMs: z.number().describe('since the load began'),
  secondsToFirstFailure: z.number().exactOptional(),
  secondsToFirstSuccess: z.number().exactOptional(),
  secondsToSlo: z.number().exactOptional(),
  failedRequests: count,
  writes: count.describe('answered 2xx over the whole run'),
  lostWrites: z
    .object({
      checked: count,
      lost: count,
      unverifiable: count,
      examples: list(
        z.object({ table: z.enum(['journal_entries', 'purchases', 'profiles']), id: z.string(), at: z.string() }),
      ),
    })
    .exactOptional()
    .describe('absent: they could not be looked for'),
  phases,
  rule,
})

const drift = {
  unit: z.enum(['ms', 'bytes']),
  from: z.number(),
  to: z.number(),
  perHour: z.number(),
  perHourLow: z.number(),
  perHourHigh: z.number(),
  percent: z.number(),
  percentLow: z.number(),
  percentHigh: z.number(),
  certain: z.boolean().describe('the 95 % interval does not contain 0'),
  points: count,
  secondsPerPoint: z.number(),
}
const soak = z.object({
  kind: z.literal('soak'),
  p95: z.object(drift).exactOptional(),
  memory: list(z.object({ ...drift, process: z.string() })),
  growth: list(z.object({ table: z.string(), tableBytes: z.number(), indexBytes: z.number() })),
  rule,
})

/** What a profile was run for, beside the thresholds. */
export const analysisDocument = z.discriminatedUnion('kind', [spike, stress, recovery, soak])
