import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { ExitCode, JourneysError } from '@journeys/core/ops'
import { parseBaseline, readBaseline } from '../baseline/baseline-file.ts'
import { compareRuns } from '../baseline/compare-runs.ts'
import type { BaselineComparison } from '../baseline/comparison.ts'
import { differenceText, fingerprintDifferences } from '../baseline/fingerprint.ts'
import { type MeasuredRun, measuredRun, measuredRunSchema } from '../baseline/measured-run.ts'
import type { BaselineSettings } from '../baseline/settings.ts'
import type { RunFile } from '../result.ts'
import { compareSummaries, type SummaryComparison } from './compare-summaries.ts'
import { type K6Summary, parseK6Summary } from './k6-summary.ts'

export interface CompareFilesOptions {
  /** Each a run's file, a baseline's file, a baseline's name, or a summary that k6 wrote. */
  readonly before: string
  readonly after: string
  /** Relative paths begin there. */
  readonly workdir: string
  /** `config.loadtest.baseline`; its folder is looked into for names. */
  readonly settings: BaselineSettings
  /** Compare although the fingerprints differ. @defaultValue false */
  readonly force?: boolean | undefined
}

/** `runs`: tested. `summaries`: only set side by side. */
export type LoadComparison =
  | { readonly kind: 'runs'; readonly comparison: BaselineComparison }
  | { readonly kind: 'summaries'; readonly comparison: SummaryComparison }

type Side = { readonly name: string } & ({ readonly runs: readonly MeasuredRun[] } | { readonly summary: K6Summary })

/**
 * Compares what is in two files.
 * @throws JourneysError (exit 2): no such file or baseline, a file of another kind, one of each kind, or different fingerprints
 *   without `force`
 */
export async function compareFiles(options: CompareFilesOptions): Promise<LoadComparison> {
  const before = await readSide(options.before, options)
  const after = await readSide(options.after, options)
  if ('summary' in before && 'summary' in after)
    return { kind: 'summaries', comparison: compareSummaries(before, after) }
  if ('summary' in before || 'summary' in after) {
    throw new JourneysError('not_comparable', 'a k6 summary and a run of journeys loadtest cannot be compared', {
      detail: 'a summary has no samples and does not say what its load was',
      hint: 'give two summaries, or two runs or baselines',
      exitCode: ExitCode.usage,
    })
  }
  checkSame(before.runs, after.runs, options.force ?? false)
  const names = { name: before.name, beforeName: before.name, afterName: after.name }
  const comparison = compareRuns(before.runs, after.runs, options.settings, { ...names, force: options.force ?? false })
  return { kind: 'runs', comparison }
}

function checkSame(before: readonly MeasuredRun[], after: readonly MeasuredRun[], force: boolean): void {
  const [first] = before
  const [second] = after
  const differences = first && second ? fingerprintDifferences(first.fingerprint, second.fingerprint) : []
  if (differences.length === 0 || force) return
  throw new JourneysError('not_comparable', 'the two were measured on different things', {
    detail: differences.map(differenceText).join('; '),
    hint: 'compare all the same with --force',
    exitCode: ExitCode.usage,
  })
}

async function readSide(given: string, { workdir, settings }: CompareFilesOptions): Promise<Side> {
  const file = path.resolve(workdir, given)
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new JourneysError('file_unreadable', `${given} cannot be read`, {
      detail: error.message,
      exitCode: ExitCode.usage,
      cause: error,
    })
  })
  if (text === undefined) {
    if (/[/\\]|\.json$/.test(given)) {
      throw new JourneysError('file_missing', `there is no file ${given}`, { exitCode: ExitCode.usage })
    }
    const { runs } = await readBaseline(path.resolve(workdir, settings.folder), given)
    return { name: given, runs }
  }
  return sideOf(text, file)
}

function sideOf(text: string, file: string): Side {
  const name = path.basename(file)
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw unknownFile(name, (error as Error).message, error)
  }
  const schema = typeof json === 'object' && json !== null && 'schema' in json ? String(json.schema) : ''
  if (schema.startsWith('journeys/loadtest-baseline/')) return { name, runs: parseBaseline(text, file).runs }
  if (schema.startsWith('journeys/loadtest-run/')) return { name, runs: [runOf(json, name)] }
  const summary = parseK6Summary(json)
  if (summary) return { name, summary }
  throw unknownFile(name)
}

function runOf(json: unknown, name: string): MeasuredRun {
  try {
    return measuredRunSchema.parse(measuredRun(json as RunFile))
  } catch (error) {
    throw unknownFile(name, (error as Error).message, error)
  }
}

function unknownFile(name: string, detail?: string, cause?: unknown): JourneysError {
  return new JourneysError('not_comparable', `${name} is neither a run, nor a baseline, nor a summary of k6's`, {
    detail,
    hint: 'k6 writes a summary with --summary-export FILE; runs are in .journeys/reports',
    exitCode: ExitCode.usage,
    cause,
  })
}
