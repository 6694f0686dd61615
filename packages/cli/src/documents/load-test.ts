import { z } from 'zod'

const count = z.number()
const ms = z.number().exactOptional()

const figures = {
  requests: count,
  rate: z.number().describe('requests per second'),
  errors: count,
  limited: count.describe('answered 429; part of errors'),
  avg: ms,
  min: ms,
  max: ms,
  p50: ms,
  p90: ms,
  p95: ms,
  p99: ms,
}
const whole = z
  .object(figures)
  .describe('from the first request to the last; the figures beside it are of the steady part')
const checks = z.object({ passed: count, failed: count })
const phase = z.enum(['ramp', 'steady', 'down'])
const scenario = z.enum(['journal_creation', 'profile_updates', 'progress_viewing', 'premium_purchases'])
const metric = z.enum(['http_req_duration', 'http_req_failed', 'http_reqs', 'checks', 'iterations'])

/** What a load test found, in milliseconds and shares of 1. */
export const loadTestDocument = z.object({
  id: z.string(),
  version: z.literal(1),
  environment: z.object({ name: z.string(), url: z.string() }),
  profile: z.string(),
  engine: z.object({ name: z.enum(['k6', 'builtin']), version: z.string() }),
  users: count.describe('planned at the top'),
  plan: z.object({
    profile: z.string(),
    users: count,
    stages: z.array(z.object({ phase, durationMs: z.number(), users: count })).readonly(),
    thinkTime: z.object({ minMs: z.number(), maxMs: z.number() }),
    weights: z.record(scenario, z.number()),
    round: z.array(scenario).readonly().describe('the scenario of the n-th iteration is round[n % length]'),
    requestTimeoutMs: z.number(),
  }),
  startedAt: z.string(),
  durationMs: z.number(),
  interrupted: z.boolean(),
  verdict: z.enum(['pass', 'fail', 'inconclusive', 'invalid']),
  exitCode: z.number(),
  reasons: z.array(z.string()).readonly().describe('why, most important first'),
  warnings: z.array(z.string()).readonly(),
  steady: z.object({ startMs: z.number(), endMs: z.number() }),
  phases: z.array(z.object({ phase, startMs: z.number(), endMs: z.number() })).readonly(),
  scenarios: z
    .array(
      z.object({
        name: scenario,
        weight: z.number(),
        planned: z.number(),
        achieved: z.number(),
        iterations: count,
        checks,
        ...figures,
        whole,
      }),
    )
    .readonly(),
  requests: z.array(z.object({ name: z.string(), ...figures, whole })).readonly(),
  total: z.object({ iterations: count, checks, ...figures, whole }),
  thresholds: z
    .array(
      z.object({
        scenario: scenario.exactOptional().describe('absent: all scenarios together'),
        metric,
        expression: z.string(),
        title: z.string(),
        value: z.number().exactOptional(),
        ok: z.boolean().nullable().describe('null: not judged, and note says why'),
        note: z.string().exactOptional(),
        whole: z.object({ value: z.number(), ok: z.boolean() }).exactOptional(),
      }),
    )
    .readonly(),
  failures: z
    .array(z.object({ name: z.string(), status: z.number(), error: z.string().exactOptional(), count }))
    .readonly(),
  failedChecks: z.array(z.object({ scenario, name: z.string(), count })).readonly(),
  timeline: z
    .array(
      z.object({ second: z.number(), phase, users: count, requests: count, errors: count, p50: ms, p95: ms, p99: ms }),
    )
    .readonly(),
  distribution: z.array(z.object({ fromMs: z.number(), toMs: z.number(), requests: count })).readonly(),
  testUsers: z.object({
    made: count,
    ms: z.number(),
    how: z.enum(['database', 'api']),
    removed: z.boolean(),
    removedMs: z.number().exactOptional(),
    leftovers: count,
  }),
  reportFile: z.string().exactOptional(),
  command: z.string(),
})
