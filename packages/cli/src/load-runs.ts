import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ExitCode, JourneysError } from '@journeys/core/ops'
import type { LoadTestResult, RunFile } from '@journeys/loadtest'
import type { CommandContext } from './context.ts'
import { shownPath } from './shown-path.ts'

/** Where load tests put their reports and run files, unless they were told otherwise. */
export function reportsFolder(context: Pick<CommandContext, 'workdir'>): string {
  return join(context.workdir(), '.journeys', 'reports')
}

/** Where baselines are kept. */
export async function baselineFolder(context: CommandContext): Promise<string> {
  const { config } = await context.config()
  return resolve(context.workdir(), config.loadtest.baseline.folder)
}

/** With its files as a person at this prompt would type them. */
export function withShownPaths(result: LoadTestResult, cwd: string): LoadTestResult {
  const { reportFile, runFile } = result
  return {
    ...result,
    ...(reportFile !== undefined && { reportFile: shownPath(reportFile, cwd) }),
    ...(runFile !== undefined && { runFile: shownPath(runFile, cwd) }),
  }
}

/**
 * The runs that were named, by file or by id; without a name the latest load test, with all its repeats.
 * @throws JourneysError `run_not_found` (exit code 2)
 */
export async function openRuns(context: CommandContext, named: readonly string[]): Promise<RunFile[]> {
  const { readRunFile } = await import('@journeys/loadtest')
  const paths = named.length > 0 ? await Promise.all(named.map((one) => runPath(context, one))) : await latest(context)
  return Promise.all(paths.map((path) => readRunFile(path)))
}

/** A file as it was typed, or the run with that id in the reports. */
async function runPath(context: CommandContext, named: string): Promise<string> {
  const path = resolve(context.cwd, named)
  if (existsSync(path)) return path
  const folder = reportsFolder(context)
  const found = await runNamed(folder, named)
  if (found !== undefined) return found
  throw new JourneysError('run_not_found', `there is no run ${named}`, {
    detail: `neither a file of that name nor a run in ${folder}`,
    hint: 'name a run file, or the id at the begin of its name',
    exitCode: ExitCode.usage,
  })
}

/** One side of a comparison: a file as it was typed, a run in the reports by its id, else what was typed, the name of a baseline. */
export async function sourceOf(context: CommandContext, named: string): Promise<string> {
  const path = resolve(context.cwd, named)
  if (existsSync(path)) return path
  const file = await runNamed(reportsFolder(context), named)
  return file ?? named
}

async function runNamed(folder: string, id: string): Promise<string | undefined> {
  const name = (await runNames(folder)).find((one) => one.startsWith(`${id}-`))
  return name === undefined ? undefined : join(folder, name)
}

async function latest(context: CommandContext): Promise<string[]> {
  const folder = reportsFolder(context)
  const names = await runNames(folder)
  const [newest] = names
  if (newest === undefined) {
    throw new JourneysError('run_not_found', 'there is no load test to take yet', {
      detail: `${folder} holds no run file`,
      hint: 'journeys loadtest --repeat 5',
      exitCode: ExitCode.usage,
    })
  }
  const { readRunFile } = await import('@journeys/loadtest')
  const { result } = await readRunFile(join(folder, newest))
  const { series } = result
  if (series === undefined) return [join(folder, newest)]
  // Its runs are the newest files, the last one first.
  const paths = names.slice(0, series.number).map((name) => join(folder, name))
  const files = await Promise.all(paths.map(async (path) => ({ path, file: await readRunFile(path) })))
  return files
    .filter(({ file }) => file.result.series?.id === series.id)
    .map(({ path }) => path)
    .reverse()
}

/** `20261123-140211-9f3a-load.json`; what `--out json` puts beside it has another name. */
const runFileName = /^\d{8}-\d{6}-[0-9a-f]{4}(-merged)?-[^.]+\.json$/

/** Run files, the newest first: their names begin with the time. */
async function runNames(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  return names.filter((name) => runFileName.test(name)).sort((a, b) => b.localeCompare(a))
}
