import { z } from 'zod'
import { JourneysError } from '../errors.ts'
import { parseThreshold, type ThresholdMetric, thresholdMetrics } from './threshold.ts'

// Every default is a figure of the document that the project began with, or stands beside the reason for it.

const milliseconds = z.number().positive().max(600_000)
const seconds = z.number().nonnegative().max(86_400)
const percent = z.number().min(0).max(100)

const slo = z.strictObject({
  responseTimeP95Ms: milliseconds
    .default(200)
    .describe('95 of 100 requests are answered within this many milliseconds'),
  errorRatePercent: percent.default(2).describe('fewer requests than this fail, in percent'),
  requestsPerSecond: z.number().positive().default(100).describe('more requests per second than this are served'),
  databaseLatencyMs: milliseconds.default(50).describe('the database answers `select 1` within this many milliseconds'),
  cacheHitRatePercent: percent.default(85).describe('this share of reads is served from memory, in percent'),
})

const alerts = z.strictObject({
  warning: z
    .strictObject({
      responseTimeMs: milliseconds.default(500).describe('an API probe slower than this'),
      databaseConnectionsPercent: percent.default(60).describe('of the connections that applications may open'),
      cacheHitRatePercent: percent.default(80).describe('a cache hit rate under this'),
    })
    .prefault({}),
  critical: z
    .strictObject({
      responseTimeMs: milliseconds.default(1000).describe('an API probe slower than this'),
      databaseConnectionsPercent: percent.default(80).describe('of the connections that applications may open'),
    })
    .prefault({}),
})

const health = z.strictObject({
  checkTimeoutMs: milliseconds.default(10_000).describe('a check that takes longer is `unknown`'),
  longRunningQueries: z
    .strictObject({ warningSeconds: seconds.default(60) })
    .prefault({})
    .describe('a statement that runs longer than this'),
  blockedQueries: z
    .strictObject({ warningSeconds: seconds.default(5), criticalSeconds: seconds.default(60) })
    .prefault({})
    .describe('a statement that waits longer than this for the lock of another'),
  idleInTransaction: z
    .strictObject({ warningSeconds: seconds.default(300), warningCount: z.int().positive().default(100) })
    .prefault({})
    .describe('transactions left open by an idle client: how old one may be, how many there may be'),
  retention: z
    .strictObject({ maxAgeDays: z.int().positive().default(32) })
    .prefault({})
    .describe('a monthly run that is older than this was missed'),
  wraparound: z
    .strictObject({ warningPercent: percent.default(50), criticalPercent: percent.default(80) })
    .prefault({})
    .describe('of the two billion transaction ids, used since the oldest row was frozen'),
  sequences: z
    .strictObject({ warningPercent: percent.default(90) })
    .prefault({})
    .describe('of the numbers that a sequence and its column can hold'),
})

const weight = z.int().min(0).max(1000)
const weights = z
  .strictObject({
    journal_creation: weight.default(40),
    profile_updates: weight.default(20),
    progress_viewing: weight.default(30),
    premium_purchases: weight.default(10),
  })
  .refine((all) => Object.values(all).some((one) => one > 0), 'at least one weight must be above 0')
  .describe("each scenario's share of the traffic, relative to their sum")

const thresholds = z.strictObject({
  ...Object.fromEntries(
    Object.keys(thresholdMetrics).map((metric) => [metric, expressions(metric as ThresholdMetric)]),
  ),
} as Record<ThresholdMetric, ReturnType<typeof expressions>>)

function expressions(metric: ThresholdMetric) {
  const expression = z.string().superRefine((text, context) => {
    try {
      parseThreshold(text, metric)
    } catch (error) {
      if (!(error instanceof JourneysError)) throw error
      context.addIssue({ code: 'custom', message: `${error.message}; ${error.hint ?? ''}` })
    }
  })
  return z.array(expression).optional()
}

const profile = z
  .strictObject({
    users: z.int().min(1).max(100_000).describe('how many are active at once at the top'),
    rampUpSeconds: seconds,
    holdSeconds: seconds.min(1).describe('the steady part, on which the thresholds are judged'),
    rampDownSeconds: seconds,
  })
  .describe('a load profile: users come, stay, and go')

/** `load` is the run of the document (1000 users at once), in about a minute; `smoke` says within seconds whether anything works at all. */
const defaultProfiles = {
  load: { users: 1000, rampUpSeconds: 10, holdSeconds: 40, rampDownSeconds: 8 },
  smoke: { users: 10, rampUpSeconds: 1, holdSeconds: 8, rampDownSeconds: 1 },
}

const profileName = z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, 'a profile is named in lower case, digits and hyphens')

const loadtest = z.strictObject({
  weights: weights.prefault({}),
  thresholds: thresholds
    .optional()
    .describe("k6's grammar; a metric that is left out follows from `slo`, [] asks for nothing"),
  profiles: z.record(profileName, profile).prefault({}).describe('added to the built-in ones; the same name replaces'),
})

const sections = {
  slo: slo.prefault({}).describe('what the service promises'),
  alerts: alerts.prefault({}).describe('from which figures `journeys health` speaks up'),
  health: health.prefault({}).describe('limits of single health checks'),
  loadtest: loadtest.prefault({}).describe('what `journeys loadtest` sends, and what it must withstand'),
}

const environmentName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,30}$/, 'an environment is named in lower case, digits and hyphens')
  .refine((name) => name !== 'local', 'local is the stack of this repository and needs no entry')

const environment = z
  .strictObject({
    url: z
      .string()
      .superRefine((text, context) => {
        const problem = urlProblem(text)
        if (problem) context.addIssue({ code: 'custom', message: problem })
      })
      .optional()
      .describe("the project's URL; SUPABASE_URL may say it instead"),
    production: z.boolean().default(false).describe('refuses load tests, asks twice before anything destructive'),
    ...sections,
  })
  .describe(
    'a Supabase project; its sections override the ones at the top. Secrets belong into the environment or .env.<name>',
  )

/** journeys.config.json as written: every key may be left out, an unknown one is an error. */
export const configFileSchema = z
  .strictObject({
    $schema: z.string().optional(),
    environments: z.record(environmentName, environment).prefault({}),
    ...sections,
  })
  .describe('journeys.config.json')

/** The effective configuration: defaults, file, environment and flags in one. */
export interface Config extends Pick<z.output<typeof configFileSchema>, 'slo' | 'alerts' | 'health'> {
  environments: Record<string, { url?: string | undefined; production: boolean }>
  loadtest: {
    weights: z.output<typeof weights>
    thresholds: Partial<Record<ThresholdMetric, string[]>>
    profiles: Record<string, LoadProfile>
  }
}

export type LoadProfile = z.output<typeof profile>
export type ScenarioName = keyof z.output<typeof weights>

/** Fills in what follows from something else: the built-in profiles, and thresholds out of the service levels. */
export function completeConfig({ $schema: _, ...parsed }: z.output<typeof configFileSchema>): Config {
  const { slo: levels, loadtest: load } = parsed
  return {
    ...parsed,
    environments: Object.fromEntries(
      Object.entries(parsed.environments).map(([name, { url, production }]) => [name, { url, production }]),
    ),
    loadtest: {
      ...load,
      profiles: { ...defaultProfiles, ...load.profiles },
      thresholds: {
        http_req_duration: [`p(95)<${levels.responseTimeP95Ms}`],
        http_req_failed: [`rate<${Number((levels.errorRatePercent / 100).toPrecision(12))}`],
        http_reqs: [`rate>${levels.requestsPerSecond}`],
        ...(load.thresholds as Config['loadtest']['thresholds'] | undefined),
      },
    },
  }
}

/** What is wrong with a project's URL, if anything. It never repeats the URL: it may hold a password. */
export function urlProblem(text: string): string | undefined {
  if (!URL.canParse(text)) return 'is not a URL such as https://abcdefgh.supabase.co'
  const url = new URL(text)
  if (url.username || url.password) return 'must not hold a user or a password'
  const loopback = url.hostname === 'localhost' || url.hostname === '[::1]' || /^127\./.test(url.hostname)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback)) {
    return 'must be https: only an address of this machine may be plain http'
  }
  if (url.pathname !== '/' || url.search || url.hash) return 'must be the bare address of the project, without a path'
  return undefined
}
