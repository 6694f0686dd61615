import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { ExitCode, type InputIssue, JourneysError } from '../errors.ts'
import type { FoundVariable } from './environment.ts'
import { suggestion } from './suggestion.ts'

/** Looks in the process's environment, then in `.env.<environment>`, then in `.env`. An empty value counts as none. */
export async function variableFinder(
  workdir: string,
  processEnv: NodeJS.ProcessEnv,
  environment: string,
): Promise<(name: string) => FoundVariable | undefined> {
  const files = [`.env.${environment}`, '.env']
  const places: [string, Record<string, string | undefined>][] = [['env', processEnv]]
  for (const file of files) places.push([file, await readEnvFile(join(workdir, file), file)])
  return (name) => {
    for (const [place, values] of places) {
      const value = values[name]?.trim()
      if (value) return { value, place }
    }
    return undefined
  }
}

async function readEnvFile(path: string, name: string): Promise<Record<string, string | undefined>> {
  try {
    return parseEnv((await readFile(path, 'utf8')).replace(/^\uFEFF/, ''))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new JourneysError('env_file_unreadable', `${name} cannot be read`, {
      detail: path,
      hint: `check that ${name} is a file that you may read`,
      exitCode: ExitCode.usage,
      cause,
    })
  }
}

/** `alerts.warning.databaseConnectionsPercent` → `JOURNEYS_ALERTS_WARNING_DATABASE_CONNECTIONS_PERCENT` */
export function variableOf(path: string): string {
  return `JOURNEYS_${path
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('.', '_')
    .toUpperCase()}`
}

/**
 * Settings from the process's environment, by their dotted paths. A variable that starts like one of ours but is none is an
 * issue: a mistyped limit would otherwise silently not apply.
 */
export function settingsFromEnvironment(
  processEnv: NodeJS.ProcessEnv,
  paths: string[],
): { values: Record<string, unknown>; issues: InputIssue[] } {
  const byVariable = new Map(paths.map((path) => [variableOf(path), path]))
  const values: Record<string, unknown> = {}
  const issues: InputIssue[] = []
  for (const [variable, text] of Object.entries(processEnv)) {
    if (!text || !/^JOURNEYS_(SLO|ALERTS|HEALTH|LOADTEST)_/.test(variable)) continue
    const path = byVariable.get(variable)
    if (path === undefined) {
      issues.push({ path: [variable], message: `no such setting; ${suggestion(variable, [...byVariable.keys()])}` })
    } else {
      const number = Number(text)
      values[path] = Number.isNaN(number) ? text : number
    }
  }
  return { values, issues }
}
