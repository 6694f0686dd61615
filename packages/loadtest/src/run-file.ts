import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { ExitCode, JourneysError } from '@journeys/core/ops'
import { writeWhole } from './outputs/output.ts'
import type { LoadTestResult, RunFile } from './result.ts'

const schema: RunFile['schema'] = 'journeys/loadtest-run/1'

/** `<folder>/20261123-140211-9f3a-load.json` */
export function runFilePath({ id, profile }: Pick<LoadTestResult, 'id' | 'profile'>, folder: string): string {
  return path.join(folder, `${id}-${profile}.json`)
}

/** Writes a run where `runFilePath` says. @returns its path */
export async function writeRunFile(file: RunFile, folder: string): Promise<string> {
  const target = runFilePath(file.result, folder)
  await writeWhole(target, `${JSON.stringify(file)}\n`)
  return target
}

/** @throws JourneysError `run_file_unreadable` (exit 2) for what is not there, or not a run file of this version */
export async function readRunFile(file: string): Promise<RunFile> {
  const problem = (detail: string, cause?: unknown) =>
    new JourneysError('run_file_unreadable', `${file} is not the file of a load test`, {
      detail,
      hint: 'journeys loadtest writes one for every run into .journeys/reports',
      exitCode: ExitCode.usage,
      cause,
    })
  let json: Partial<RunFile> | null
  try {
    json = JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    throw problem((error as Error).message, error)
  }
  if (json?.schema !== schema) throw problem(`its schema is ${JSON.stringify(json?.schema)}, not "${schema}"`)
  if (json.result?.version !== 2 || !json.data?.histograms || !json.data.samples)
    throw problem('a part of it is missing')
  return json as RunFile
}
