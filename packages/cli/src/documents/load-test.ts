import { z } from 'zod'
import { fingerprintDocument } from './baseline.ts'
import { comparisonDocument } from './comparison.ts'
import { analysisDocument } from './load-analysis.ts'
import { checks, count, figures, list, ms, whole } from './load-figures.ts'
import { serverSideDocument } from './server-side.ts'

const metric = z.enum([
  'http_req_duration',
  'http_req_failed',
  'http_reqs',
  'checks',
  'iterations',
  'dropped_iterations',
])

const plan = z.object({
  profile: z.string(),
  kind: z.enum(['load', 'spike', 'stress', 'recovery', 'soak']),
  model: z.enum(['closed', 'open']).describe('closed: users who wait for their answers; open: iterations at a rate'),
  executor: z.enum(['ramping-vus', 'ramping-arrival-rate', 'constant-arrival-rate']),
  users: count,
  start: z.number(),
  stages: list(z.object({ phase: z.string(), judged: z.boolean(), durationMs: z.number(), target: z.number() })),
  gracefulStopMs: z.number(),
  gracefulRampDownMs: z.number(),
  thinkTime: z.object({ minMs: z.number(), maxMs: z.number() }),
  weights: z.record(z.string(), z.number()),
  round: list(z.string()).describe('the scenario of the n-th iteration is round[n % length]'),
  requestTimeoutMs: z.number(),
  faultAtMs: z.number().exactOptional().describe('since the load began'),
  trackWrites: z.boolean(),
})

const phase = z.object({
  name: z.string(),
  judged: z.boolean(),
  startMs: z.number(),
  endMs: z.number(),
  target: z.number().describe('at its end: users, or iterations per second'),
  iterations: count,
  dropped: count,
  total: z.object(figures),
  scenarios: list(z.object({ name: z.string(), ...figures })),
})

const scenario = z.object({
  name: z.string(),
  weight: z.number(),
  planned: z.number(),
  achieved: z.number(),
  iterations: count,
  checks,
  ...figures,
  whole,
})

const threshold = z.object({
  level: z.enum(['limit', 'warning']).describe('not met, the run fails, or only warns'),
  scenario: z.string().exactOptional().describe('absent: all scenarios together'),
  phase: z.string().exactOptional(),
  metric,
  key: z.string(),
  expression: z.string(),
  title: z.string(),
  value: z.number().exactOptional(),
  ok: z.boolean().nullable().describe('null: not judged, and note says why'),
  note: z.string().exactOptional(),
  aborted: z.boolean().exactOptional().describe('its being crossed ended the run'),
  whole: z.object({ value: z.number(), ok: z.boolean() }).exactOptional(),
})

const failure = z.object({
  kind: z.enum(['limited', 'server', 'client', 'network']),
  name: z.string(),
  status: z.number().describe('0: no answer'),
  code: z.string().exactOptional(),
  error: z.string().exactOptional(),
  body: z.string().exactOptional().describe('of the first such answer, tokens struck out'),
  otherCodes: list(z.string()).exactOptional(),
  count,
  firstMs: z.number(),
})

const timelinePoint = z.object({
  second: z.number(),
  phase: z.string(),
  users: count,
  requests: count,
  errors: count,
  dropped: count,
  p50: ms,
  p95: ms,
  p99: ms,
})

const generator = z.object({
  cpuCores: z.object({ mean: z.number(), peak: z.number() }).exactOptional(),
  cores: count,
  memoryPeakBytes: z.number().exactOptional(),
  eventLoopLagMs: z.number().exactOptional(),
  startLagMs: z.number().exactOptional(),
  saturated: z.string().exactOptional(),
})

const testUsers = z.object({
  made: count,
  ms: z.number(),
  how: z.enum(['database', 'api']),
  removed: z.boolean().describe('verified by counting what is left'),
  removedMs: z.number().exactOptional(),
  leftovers: count,
})

/** What a load test found, in milliseconds and shares of 1. */
export const loadTestDocument = z.object({
  id: z.string(),
  version: z.literal(2),
  environment: z.object({ name: z.string(), url: z.string() }),
  profile: z.string(),
  engine: z.object({ name: z.enum(['k6', 'builtin']), version: z.string() }),
  users: count.describe('planned at the top, or in an open model at most'),
  plan,
  fingerprint: fingerprintDocument,
  series: z.object({ id: z.string(), number: count, of: count }).exactOptional().describe('one run of --repeat n'),
  segment: z.object({ segment: z.string(), sequence: z.string() }).exactOptional().describe('one generator of several'),
  startedAt: z.string(),
  durationMs: z.number(),
  interrupted: z.boolean(),
  verdict: z.enum(['pass', 'warn', 'fail', 'inconclusive', 'invalid']),
  exitCode: z.number(),
  reasons: list(z.string()).describe('why, most important first'),
  warnings: list(z.string()),
  judgedSeconds: z.number(),
  phases: list(phase),
  scenarios: list(scenario),
  requests: list(z.object({ name: z.string(), ...figures, whole })),
  total: z.object({ iterations: count, dropped: count, checks, ...figures, whole }),
  thresholds: list(threshold),
  failures: list(failure),
  failedChecks: list(z.object({ scenario: z.string(), name: z.string(), count })),
  timeline: list(timelinePoint),
  distribution: list(z.object({ fromMs: z.number(), toMs: z.number(), requests: count })),
  analysis: analysisDocument.exactOptional().describe('what the profile was run for'),
  generator,
  server: serverSideDocument.exactOptional().describe('the same minutes seen from the server'),
  baseline: comparisonDocument.exactOptional(),
  testUsers,
  reportFile: z.string().exactOptional(),
  runFile: z.string().exactOptional(),
  command: z.string(),
})
