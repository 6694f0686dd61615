import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { ExitCode, JourneysError } from '@journeys/core/ops'
import { cachedK6 } from './cache-folder.ts'
import { programsOnPath } from './find-program.ts'

export interface K6 {
  readonly path: string
  /** `1.8.1` */
  readonly version: string
}

/** Older ones read neither TypeScript's output nor our options. */
const oldestMajor = 1

/**
 * Looks for k6: `JOURNEYS_K6`, then `PATH`, then the cache that `journeys k6 install` fills.
 * @returns undefined when there is none; a program called k6 that is not k6, or is older than 1.0, is passed over
 * @throws JourneysError `k6_unusable` (exit 2) when `JOURNEYS_K6` points at something that is not k6 1.x or newer: who set it
 *   would not want another engine instead
 */
export async function findK6(processEnv: NodeJS.ProcessEnv): Promise<K6 | undefined> {
  const asked = processEnv.JOURNEYS_K6
  if (asked !== undefined && asked !== '') {
    const found = await k6At(path.resolve(asked))
    if (found) return found
    throw new JourneysError('k6_unusable', 'JOURNEYS_K6 does not point at k6 1.0 or newer', {
      detail: asked,
      hint: 'set it to the path of a k6 program, or unset it: journeys k6 install gets one',
      exitCode: ExitCode.usage,
    })
  }
  for (const candidate of [...programsOnPath('k6', processEnv), cachedK6(processEnv)]) {
    const found = await k6At(candidate)
    if (found) return found
  }
  return undefined
}

export const executableName = process.platform === 'win32' ? 'k6.exe' : 'k6'

/** The k6 at this path, or `undefined` when there is none that can be used. */
export async function k6At(file: string): Promise<K6 | undefined> {
  try {
    await access(file, constants.X_OK)
    const { stdout } = await promisify(execFile)(file, ['version'], { timeout: 10_000 })
    const version = /^k6(?:\.exe)? v(\d+)(\.\d+\.\d+\S*)/.exec(stdout)
    return version && Number(version[1]) >= oldestMajor
      ? { path: file, version: `${version[1]}${version[2]}` }
      : undefined
  } catch {
    return undefined
  }
}
