import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { type Config, type Environment, loadConfig } from '@journeys/core/ops'
import { type LoadTestResult, runLoadTests, type SeriesOptions } from '@journeys/loadtest'
import type { TestStack } from '../support/stack.ts'

/** The stack of a test as the environment that `journeys loadtest` acts on. */
export function targetOf(stack: TestStack): Environment {
  return {
    name: 'local',
    production: false,
    isLocal: true,
    supabaseUrl: stack.url,
    anonKey: stack.anonKey,
    serviceRoleKey: stack.serviceRoleKey,
    jwtSecret: stack.jwtSecret,
    databaseUrl: stack.database.url,
  }
}

/** A folder that is gone after `work`. */
export async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'journeys-loadtest-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The built-in configuration with the profile `quick` (12 users, some seconds), and some of `loadtest` replaced. */
export function quickConfig(loadtest: Partial<Config['loadtest']> = {}): Promise<Config> {
  const profiles = {
    quick: { kind: 'load', users: 12, rampUpSeconds: 1, holdSeconds: 5, rampDownSeconds: 1 },
  } as const
  return withFolder(async (workdir) => {
    const { config } = await loadConfig({ workdir, processEnv: {} })
    return { ...config, loadtest: { ...config.loadtest, profiles, ...loadtest } }
  })
}

/** A load of seconds, the report in `folder`. */
export async function quickLoad(
  stack: TestStack,
  folder: string,
  options: Pick<SeriesOptions, 'engine'> & Partial<SeriesOptions>,
): Promise<LoadTestResult> {
  const { result } = await runLoadTests({
    target: targetOf(stack),
    config: options.config ?? (await quickConfig()),
    profile: 'quick',
    reportFolder: folder,
    cwd: folder,
    processEnv: process.env,
    ...options,
  })
  return result
}
