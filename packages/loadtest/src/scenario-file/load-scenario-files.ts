import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { ExitCode, JourneysError } from '@journeys/core/ops'
import { removeLeftoverFolders } from '../leftover-folders.ts'
import type { ScenarioSource } from '../scenarios/scenario-source.ts'
import type { Scenario } from '../scenarios/visitor.ts'
import { weightedRound } from '../scenarios/weights.ts'
import { bundleScenarioFiles } from './bundle-scenario-files.ts'
import { scenarioProblems } from './scenario-problem.ts'
import { tryScenarioBundle } from './try-scenarios.ts'

const folderPrefix = 'journeys-scenarios-'
const endings = ['.ts', '.mts', '.js', '.mjs']

/** Scenarios out of files, instead of the app's four. */
export interface LoadedScenarios {
  readonly source: ScenarioSource
  /** As they were named. */
  readonly files: readonly string[]
  /** By name, in the order of the files. */
  readonly weights: Readonly<Record<string, number>>
  /** Removes the bundle: only after the run, for k6 reads it when the load begins. */
  remove(): Promise<void>
}

/**
 * Reads, bundles and tries scenario files before anything else happens: they are there, they bundle, they need nothing that
 * k6 or the built-in engine lacks, and each scenario can be played against an empty answer and against none.
 *
 * @param workdir relative paths begin there, and so do the places in errors
 * @throws JourneysError (exit 2): `scenario_file_missing`, `scenario_file_invalid` with file, line and what to write instead
 */
export async function loadScenarioFiles(files: readonly string[], workdir: string): Promise<LoadedScenarios> {
  const paths = [...new Set(files.map((file) => path.resolve(workdir, file)))]
  for (const file of paths) await mustBeThere(file, workdir)
  const bundles = await bundleScenarioFiles(paths, workdir)
  const weights = await tryScenarioBundle(bundles, paths, workdir)
  try {
    weightedRound(weights)
  } catch (error) {
    const [place] = paths.map((file) => path.relative(workdir, file)) as [string]
    throw scenarioProblems([{ place, problem: (error as Error).message, fix: 'use small whole numbers: 3, 2, 1' }])
  }

  await removeLeftoverFolders(os.tmpdir(), folderPrefix)
  const folder = await mkdtemp(path.join(os.tmpdir(), `${folderPrefix}${process.pid}-`))
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    const module = path.join(folder, 'scenarios.mjs')
    await writeFile(module, bundles.module)
    const { scenarios } = (await import(pathToFileURL(module).href)) as { scenarios: Record<string, Scenario> }
    return { source: { scenarios, module }, files, weights, remove }
  } catch (error) {
    await remove()
    throw error
  }
}

async function mustBeThere(file: string, workdir: string): Promise<void> {
  const shown = path.relative(workdir, file)
  const found = await stat(file).catch(() => undefined)
  if (found?.isFile() && endings.includes(path.extname(file))) return
  if (found?.isFile()) {
    const fix = `a scenario file ends with ${endings.join(', ')}`
    throw scenarioProblems([{ place: shown, problem: 'it is neither TypeScript nor JavaScript', fix }])
  }
  const folder = found ? file : path.dirname(file)
  const there = (await readdir(folder).catch(() => [])).filter((name) => endings.includes(path.extname(name)))
  throw new JourneysError(
    'scenario_file_missing',
    found ? `${shown} is a folder, not a scenario file` : `there is no file ${shown}`,
    {
      detail: there.length > 0 ? `there: ${there.sort().slice(0, 10).join(', ')}` : undefined,
      hint: `journeys loadtest new ${path.basename(file, path.extname(file)).replace(/[^\w-]/g, '-')} writes one`,
      exitCode: ExitCode.usage,
    },
  )
}
