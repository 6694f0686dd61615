import { z } from 'zod'
import { JourneysError } from '../errors.ts'
import { loadProfile } from './load-profile.ts'
import { thresholdMetrics } from './threshold.ts'
import { resolveThresholds, type ThresholdSettings } from './threshold-rule.ts'

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

const thinkTime = z
  .strictObject({
    minSeconds: z.number().min(0).max(600).default(1),
    maxSeconds: z.number().min(0).max(600).default(3),
  })
  .refine(({ minSeconds, maxSeconds }) => minSeconds <= maxSeconds, 'minSeconds must not be above maxSeconds')
  .describe('how long a person reads, thinks and types between two requests, evenly spread')

const threshold = z.union([
  z.string(),
  z.strictObject({
    threshold: z.string(),
    abortOnFail: z.boolean().optional().describe('its being crossed ends the run'),
    delayAbortEval: z
      .union([z.string(), z.number().nonnegative()])
      .optional()
      .describe('not in the first so much time of the load: 10s, 1m30s'),
  }),
])
const thresholdValue = z.union([threshold, z.array(threshold)]).meta({ id: 'threshold' })

/** Keys are metrics, alone or with tags: an editor completes the metrics, the parser judges the rest. */
const thresholds = z
  .object(Object.fromEntries(Object.keys(thresholdMetrics).map((metric) => [metric, thresholdValue.optional()])))
  .catchall(thresholdValue)
  .superRefine((settings, context) => {
    for (const [key, value] of Object.entries(settings as ThresholdSettings)) {
      for (const [index, one] of [value].flat().entries()) {
        try {
          resolveThresholds({ [key]: one })
        } catch (error) {
          if (!(error instanceof JourneysError)) throw error
          const path = Array.isArray(value) ? [key, index] : [key]
          context.addIssue({ code: 'custom', path, message: `${error.message}; ${error.hint ?? ''}` })
        }
      }
    }
  })
  .transform((settings) => settings as ThresholdSettings)

const baseline = z
  .strictObject({
    folder: z.string().min(1).default('loadtest-baselines').describe('made to be committed'),
    maxSlowdownPercent: z.number().positive().default(10).describe('slower than this is a regression'),
    floorMs: z.number().nonnegative().default(2).describe('a difference of fewer milliseconds is none'),
    minSamples: z.int().min(1).default(200).describe('fewer answers of a request are not compared'),
    confidence: z.number().min(0.5).max(0.9999).default(0.95).describe('how sure a comparison must be'),
    runNoisePercent: z
      .number()
      .nonnegative()
      .max(100)
      .default(3)
      .describe('how much a percentile differs between two runs of the same thing anyway; repeats measure it'),
  })
  .describe('when a run is slower than a saved one')

const profileName = z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, 'a profile is named in lower case, digits and hyphens')

export const loadtest = z.strictObject({
  weights: weights.prefault({}),
  thinkTime: thinkTime.prefault({}),
  requestTimeoutSeconds: z
    .number()
    .positive()
    .max(600)
    .default(30)
    .describe('a request without an answer by then has failed'),
  thresholds: thresholds
    .optional()
    .describe(
      "what must hold, in k6's grammar; a metric that is left out follows from `slo`, [] asks for nothing. " +
        'A key may have tags: http_req_duration{scenario:journal_creation,phase:during}',
    ),
  warnings: thresholds.optional().describe('the same grammar; what does not hold only warns'),
  ceiling: z
    .strictObject({
      users: z.int().min(1).default(5000).describe('never more at once'),
      rate: z.int().min(1).default(2000).describe('never more iterations per second'),
    })
    .prefault({})
    .describe('no profile and no flag goes above it'),
  baseline: baseline.prefault({}),
  profiles: z
    .record(profileName, loadProfile)
    .prefault({})
    .describe('added to the built-in ones; the same name changes the built-in one'),
})
