import type { Baseline } from '@journeys/loadtest'
import { z } from 'zod'
import { count, list } from './load-figures.ts'

export const fingerprintDocument = z.object({
  environment: z.string(),
  profile: z.string(),
  plan: z.string().describe('hash of phases, users, rate, weights and think time'),
  scenarios: z.string().describe("hash of the scenarios' code"),
  engine: z.string(),
  machine: z.string(),
})

/** A baseline without its samples. */
export const baselineDocument = z.object({
  name: z.string(),
  file: z.string(),
  bytes: count,
  fingerprint: fingerprintDocument,
  runs: list(z.object({ id: z.string(), startedAt: z.string(), verdict: z.string() })),
  requests: list(
    z.object({
      name: z.string(),
      requests: count.describe('of all runs together'),
      p50: list(z.number()).describe('in ms, one of each run'),
      p95: list(z.number()),
    }),
  ),
})

export type BaselineDocument = z.output<typeof baselineDocument>

/** What a baseline holds, for a screen. */
export function describeBaseline(baseline: Baseline, file: string, bytes: number): BaselineDocument {
  const { name, runs } = baseline
  const [first] = runs
  const all = runs.flatMap((run) => run.requests)
  return {
    name,
    file,
    bytes,
    fingerprint: first?.fingerprint ?? {
      environment: '',
      profile: '',
      plan: '',
      scenarios: '',
      engine: '',
      machine: '',
    },
    runs: runs.map(({ id, startedAt, verdict }) => ({ id, startedAt, verdict })),
    requests: [...new Set(all.map((one) => one.name))].map((request) => {
      const own = all.filter((one) => one.name === request)
      return {
        name: request,
        requests: own.reduce((sum, one) => sum + one.requests, 0),
        p50: own.flatMap((one) => one.p50 ?? []),
        p95: own.flatMap((one) => one.p95 ?? []),
      }
    }),
  }
}
