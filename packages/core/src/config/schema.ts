import { z } from 'zod'
import { gdpr } from './gdpr.ts'
import { builtInProfiles, type LoadProfile } from './load-profile.ts'
import { loadtest } from './loadtest.ts'
import { personalData } from './personal-data.ts'
import { builtInPeriods, retention, type WrittenRule } from './retention.ts'
import type { ThresholdSetting } from './threshold-rule.ts'
import { settingsOf, type ThresholdSettings } from './threshold-rule.ts'

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

const sections = {
  slo: slo.meta({ id: 'slo' }).prefault({}).describe('what the service promises'),
  alerts: alerts.meta({ id: 'alerts' }).prefault({}).describe('from which figures `journeys health` speaks up'),
  health: health.meta({ id: 'health' }).prefault({}).describe('limits of single health checks'),
  loadtest: loadtest
    .meta({ id: 'loadtest' })
    .prefault({})
    .describe('what `journeys loadtest` sends, and what it must withstand'),
  retention: retention
    .meta({ id: 'retention' })
    .prefault({})
    .describe('how long data is kept, and how gently what has expired is removed'),
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
    // Not for each environment: the law is the same in all of them.
    personalData: personalData
      .meta({ id: 'personalData' })
      .prefault({})
      .describe('what an erasure does with each column that may be about a person'),
    gdpr: gdpr.meta({ id: 'gdpr' }).prefault({}).describe('deadlines, and what is remembered of an erasure'),
    ...sections,
  })
  .describe('journeys.config.json')

/** The effective configuration: defaults, file, environment and flags in one. */
export interface Config
  extends Pick<z.output<typeof configFileSchema>, 'slo' | 'alerts' | 'health' | 'personalData' | 'gdpr'> {
  environments: Record<string, { url?: string | undefined; production: boolean }>
  loadtest: Omit<z.output<typeof loadtest>, 'thresholds' | 'warnings' | 'profiles'> & {
    /** By key: what must hold, or the run fails; every list may be empty. Read them with `resolveThresholds`. */
    thresholds: Record<string, ThresholdSetting[]>
    /** The same grammar; what does not hold only warns. */
    warnings: Record<string, ThresholdSetting[]>
    profiles: Record<string, LoadProfile>
  }
  retention: Omit<z.output<typeof retention>, 'rules'> & {
    /** By name, the built-in ones included: a period, a whole rule, or null where it is switched off. */
    rules: Record<string, WrittenRule>
  }
}

export type ScenarioName = keyof Config['loadtest']['weights']

/** Fills in what follows from something else: the built-in profiles, and thresholds out of the service levels. */
export function completeConfig({ $schema: _, ...parsed }: z.output<typeof configFileSchema>): Config {
  const { slo: levels, alerts: limits, loadtest: load } = parsed
  return {
    ...parsed,
    environments: Object.fromEntries(
      Object.entries(parsed.environments).map(([name, { url, production }]) => [name, { url, production }]),
    ),
    loadtest: {
      ...load,
      profiles: { ...builtInProfiles, ...load.profiles },
      thresholds: {
        http_req_duration: [`p(95)<${levels.responseTimeP95Ms}`],
        http_req_failed: [`rate<${Number((levels.errorRatePercent / 100).toPrecision(12))}`],
        http_reqs: [`rate>${levels.requestsPerSecond}`],
        ...listed(load.thresholds),
      },
      warnings: { http_req_duration: [`p(99)<${limits.warning.responseTimeMs}`], ...listed(load.warnings) },
    },
    retention: { ...parsed.retention, rules: { ...builtInPeriods, ...parsed.retention.rules } },
  }
}

/** What holds where nobody has set anything. */
export function defaultConfig(): Config {
  return completeConfig(configFileSchema.parse({}))
}

function listed(settings: ThresholdSettings = {}): Record<string, ThresholdSetting[]> {
  return Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, [...settingsOf(value)]]))
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
