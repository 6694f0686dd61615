import { createHash } from 'node:crypto'
import os from 'node:os'
import { ExitCode, JourneysError } from '@journeys/core/ops'
import type { LoadPlan } from '../profiles/plan.ts'
import type { ScenarioSource } from '../scenarios/scenario-source.ts'

/** What must be the same for two runs to be comparable: another value of any of these moves latencies by itself. */
export interface Fingerprint {
  /** Name of the environment: `local`. */
  readonly environment: string
  readonly profile: string
  /** Hash of the resolved plan: stages, users, weights, think time. */
  readonly plan: string
  /** Hash of the scenarios' code, without its comments and layout. */
  readonly scenarios: string
  /** With its version: `k6 1.8.1`. */
  readonly engine: string
  /** What the generator ran on, without its name: `linux x64, 2 cores, 4 GB, AMD EPYC 7B13`. */
  readonly machine: string
}

/** One thing in which two fingerprints differ. */
export interface FingerprintDifference {
  /** In words: `engine`. */
  readonly what: string
  readonly before: string
  readonly after: string
}

const words: Readonly<Record<keyof Fingerprint, string>> = {
  environment: 'environment',
  profile: 'profile',
  plan: 'plan (phases, users, rate, weights, think time)',
  scenarios: "scenarios' code",
  engine: 'engine',
  machine: 'machine',
}

/**
 * The fingerprint of a run that is about to begin.
 * @param environment its name; its URL and keys have no part in it
 * @throws JourneysError `bundle_failed` when the scenarios cannot be read
 */
export async function fingerprintOf(run: {
  readonly environment: string
  readonly plan: LoadPlan
  readonly scenarios: Pick<ScenarioSource, 'module'>
  readonly engine: { readonly name: string; readonly version: string }
}): Promise<Fingerprint> {
  return {
    environment: run.environment,
    profile: run.plan.profile,
    plan: hash(JSON.stringify(ordered(run.plan))),
    scenarios: hash(await code(run.scenarios.module)),
    engine: `${run.engine.name} ${run.engine.version}`,
    machine: machine(),
  }
}

/** Empty when they are the same. */
export function fingerprintDifferences(before: Fingerprint, after: Fingerprint): FingerprintDifference[] {
  return (Object.keys(words) as (keyof Fingerprint)[])
    .filter((key) => before[key] !== after[key])
    .map((key) => ({ what: words[key], before: before[key], after: after[key] }))
}

/** `the engine is k6 1.8.1, was k6 1.7.0` */
export function differenceText({ what, before, after }: FingerprintDifference): string {
  return `the ${what} is ${after}, was ${before}`
}

/**
 * For before a run: a comparison that will not be made is not worth a load.
 * @throws JourneysError `baseline_not_comparable` (exit 2) that says in what they differ
 */
export function checkComparable(before: Fingerprint, after: Fingerprint, name: string, force = false): void {
  const differences = fingerprintDifferences(before, after)
  if (differences.length === 0 || force) return
  throw new JourneysError('baseline_not_comparable', `the baseline "${name}" was measured on something else`, {
    detail: differences.map(differenceText).join('; '),
    hint: `save a new one (journeys loadtest baseline save ${name}), or compare all the same with --force`,
    exitCode: ExitCode.usage,
  })
}

/** The scenarios with all they import, as k6 would get them. */
async function code(module: string): Promise<string> {
  const { build } = await import('esbuild')
  try {
    const { outputFiles } = await build({
      entryPoints: [module],
      bundle: true,
      write: false,
      minify: true,
      legalComments: 'none',
      format: 'esm',
      platform: 'neutral',
      target: 'es2020',
      external: ['k6', 'k6/*'],
      logLevel: 'silent',
    })
    return outputFiles[0]?.text ?? ''
  } catch (error) {
    throw new JourneysError('bundle_failed', 'the scenarios could not be read', {
      detail: (error as Error).message,
      cause: error,
    })
  }
}

/** No host name, no address: baselines are committed. */
function machine(): string {
  const cores = os.availableParallelism()
  const memory = Math.round(os.totalmem() / 2 ** 30)
  const model = os.cpus()[0]?.model.replace(/\s+/g, ' ').trim()
  const size = `${os.platform()} ${os.arch()}, ${cores} ${cores === 1 ? 'core' : 'cores'}, ${memory} GB`
  return model ? `${size}, ${model}` : size
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

/** Keys in one order, at every depth. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, ordered(one)]),
  )
}
