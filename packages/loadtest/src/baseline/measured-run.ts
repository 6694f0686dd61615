import { z } from 'zod'
import type { RunFile } from '../result.ts'

const milliseconds = z.number().min(0)

const fingerprint = z.strictObject({
  environment: z.string(),
  profile: z.string(),
  plan: z.string(),
  scenarios: z.string(),
  engine: z.string(),
  machine: z.string(),
})

const phase = z.strictObject({
  name: z.string(),
  judged: z.boolean(),
  startMs: milliseconds,
  endMs: milliseconds,
})

const samples = z
  .strictObject({
    of: z.int().min(0),
    at: z.array(milliseconds),
    ms: z.array(milliseconds),
  })
  .refine(({ at, ms }) => at.length === ms.length, 'at and ms must be equally long')

const request = z.strictObject({
  name: z.string(),
  requests: z.int().min(0),
  errors: z.int().min(0),
  p50: milliseconds.optional(),
  p95: milliseconds.optional(),
  samples: samples.optional(),
})

/** One run as far as a comparison needs it: what a baseline file has of it. */
export const measuredRunSchema = z.strictObject({
  id: z.string(),
  startedAt: z.string(),
  verdict: z.enum(['pass', 'warn', 'fail', 'inconclusive', 'invalid']),
  interrupted: z.boolean(),
  fingerprint,
  phases: z.array(phase),
  requests: z.array(request),
})

export type MeasuredRun = z.infer<typeof measuredRunSchema>

/** Takes out of a run's file what a comparison needs: no URL, no user, no command, no body of an answer. */
export function measuredRun({ result, data }: RunFile): MeasuredRun {
  const { environment, profile, plan, scenarios, engine, machine } = result.fingerprint
  return {
    id: result.id,
    startedAt: result.startedAt,
    verdict: result.verdict,
    interrupted: result.interrupted,
    fingerprint: { environment, profile, plan, scenarios, engine, machine },
    phases: result.phases.map(({ name, judged, startMs, endMs }) => ({ name, judged, startMs, endMs })),
    requests: result.requests.map(({ name, requests, errors, p50, p95 }) => {
      const drawn = Object.hasOwn(data.samples, name) ? data.samples[name] : undefined
      return {
        name,
        requests,
        errors,
        ...(p50 !== undefined && { p50 }),
        ...(p95 !== undefined && { p95 }),
        ...(drawn && { samples: { of: drawn.of, at: [...drawn.at], ms: [...drawn.ms] } }),
      }
    }),
  }
}
