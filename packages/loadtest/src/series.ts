import { mkdir } from 'node:fs/promises'
import { findBaseline } from './baseline/baseline-file.ts'
import { compareRuns, noBaseline } from './baseline/compare-runs.ts'
import type { BaselineComparison, BaselineVerdict } from './baseline/comparison.ts'
import { checkComparable } from './baseline/fingerprint.ts'
import { measuredRun } from './baseline/measured-run.ts'
import type { BaselineSettings } from './baseline/settings.ts'
import { type LoadTestOptions, prepareLoadTest, runLoadTest } from './load-test.ts'
import { type Output, type OutputKind, prepareOutputs, writeOutputs } from './outputs/output.ts'
import type { LoadProgress } from './progress.ts'
import { writeReport } from './report/write-report.ts'
import type { LoadTestResult, RunFile, Verdict } from './result.ts'
import { runFilePath, writeRunFile } from './run-file.ts'
import { exitCodeOf } from './verdict/judge.ts'

export interface SeriesOptions extends LoadTestOptions {
  /** Runs one after the other. @defaultValue 1 */
  readonly repeat?: number | undefined
  readonly baseline?:
    | {
        readonly name: string
        /** Absolute. */
        readonly folder: string
        readonly settings: BaselineSettings
        /** Compare although the fingerprints differ. */
        readonly force: boolean
      }
    | undefined
  /** The HTML report and the run file go there; made when missing. */
  readonly reportFolder: string
  /** Beside them. */
  readonly outputs?: readonly Output[] | undefined
  /** What relative files of `outputs` are relative to. */
  readonly cwd: string
}

export interface LoadTestSeries {
  /** Of several runs the one in the middle by its p95, with the verdict of all of them. */
  readonly result: LoadTestResult
  /** All runs, in their order. */
  readonly repeats: readonly LoadTestResult[]
  readonly outputs: readonly { readonly kind: OutputKind; readonly file: string }[]
}

/**
 * Runs a load test once or several times, compares it with a baseline, and writes the report, the run files and the outputs.
 * @throws JourneysError as `runLoadTest`, and for a baseline or an output that cannot be used (2), before anything runs
 */
export async function runLoadTests(options: SeriesOptions): Promise<LoadTestSeries> {
  const { outputs = [], reportFolder, cwd, baseline } = options
  const folders = { folder: reportFolder, workdir: cwd }
  const prepared = await prepareLoadTest(options)
  const before = baseline && (await findBaseline(baseline.folder, baseline.name))
  const [first] = before?.runs ?? []
  if (baseline && first) checkComparable(first.fingerprint, prepared.fingerprint, baseline.name, baseline.force)
  await prepareOutputs(outputs, folders)
  await mkdir(reportFolder, { recursive: true })

  const files = await allRuns(options, prepared)
  const comparison = baseline && compare(before?.runs, files, baseline)
  const repeats = files.map(({ result }) => result)
  const chosen = verdictOfAll(middle(repeats), repeats, comparison)
  const data = (files.find(({ result }) => result.id === chosen.id) as RunFile).data
  const reported = await writeReport(chosen, reportFolder, repeats)
  await writeRunFile({ schema: 'journeys/loadtest-run/1', result: reported, data }, reportFolder)
  const written = await writeOutputs(outputs, reported, { ...folders, repeats })
  return {
    result: reported,
    // Each with its own verdict: that of all of them is the result's.
    repeats: repeats.map((run) =>
      run.id === reported.id ? { ...run, reportFile: reported.reportFile as string } : run,
    ),
    outputs: written,
  }
}

async function allRuns(
  options: SeriesOptions,
  prepared: Awaited<ReturnType<typeof prepareLoadTest>>,
): Promise<[RunFile, ...RunFile[]]> {
  const of = options.repeat ?? 1
  const files: RunFile[] = []
  for (let number = 1; number <= of; number++) {
    const { onProgress } = options
    const run = of > 1 ? { run: { number, of } } : {}
    const told = onProgress && ((now: LoadProgress) => onProgress({ ...now, ...run }))
    const played = await runLoadTest({ ...options, onProgress: told }, prepared)
    const series = { id: files[0]?.result.id ?? played.result.id, number, of }
    const result = {
      ...played.result,
      ...(of > 1 ? { series } : {}),
      runFile: runFilePath(played.result, options.reportFolder),
    }
    const file = { ...played, result }
    // At once: what was measured must not be lost with a later run.
    await writeRunFile(file, options.reportFolder)
    files.push(file)
    if (result.interrupted) break
  }
  return files as [RunFile, ...RunFile[]]
}

function compare(
  before: Parameters<typeof compareRuns>[0] | undefined,
  files: readonly RunFile[],
  { name, settings, force }: NonNullable<SeriesOptions['baseline']>,
): BaselineComparison {
  const after = files.map(measuredRun)
  return before ? compareRuns(before, after, settings, { name, force }) : noBaseline(name, after, settings)
}

/** From best to worst; of several runs the worst counts. */
const order: readonly Verdict[] = ['pass', 'warn', 'inconclusive', 'invalid', 'fail']

const asVerdict: Record<BaselineVerdict, Verdict> = {
  pass: 'pass',
  warn: 'warn',
  fail: 'fail',
  inconclusive: 'inconclusive',
  // The first run of all must not pass silently for one that was compared.
  'no-baseline': 'inconclusive',
}

function verdictOfAll(
  chosen: LoadTestResult,
  repeats: readonly LoadTestResult[],
  comparison: BaselineComparison | undefined,
): LoadTestResult {
  const interrupted = repeats.some((run) => run.interrupted)
  const compared = comparison && asVerdict[comparison.verdict]
  const verdict = [...repeats.map((run) => run.verdict), ...(compared ? [compared] : [])].reduce((worst, one) =>
    order.indexOf(one) > order.indexOf(worst) ? one : worst,
  )
  const ofOthers = repeats
    .filter((run) => run.id !== chosen.id && run.verdict === verdict && chosen.verdict !== verdict)
    .flatMap((run) => run.reasons.map((reason) => `run ${repeats.indexOf(run) + 1}: ${reason}`))
  const ofBaseline =
    comparison && comparison.verdict !== 'pass'
      ? comparison.reasons.map((reason) => `baseline ${comparison.name}: ${reason}`)
      : []
  const own = chosen.verdict === 'pass' && verdict !== 'pass' ? [] : chosen.reasons
  return {
    ...chosen,
    verdict,
    interrupted,
    exitCode: exitCodeOf({ verdict, interrupted }),
    reasons: compared === verdict ? [...ofBaseline, ...ofOthers, ...own] : [...ofOthers, ...own, ...ofBaseline],
    ...(comparison ? { baseline: comparison } : {}),
  }
}

/** By p95: neither the best nor the worst stands for all. */
function middle(runs: readonly LoadTestResult[]): LoadTestResult {
  const finished = runs.filter(({ interrupted }) => !interrupted)
  const sorted = (finished.length > 0 ? finished : [...runs]).sort((a, b) => (a.total.p95 ?? 0) - (b.total.p95 ?? 0))
  return sorted[Math.floor((sorted.length - 1) / 2)] as LoadTestResult
}
