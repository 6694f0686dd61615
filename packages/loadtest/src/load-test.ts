import {
  type Config,
  type Environment,
  ExitCode,
  JourneysError,
  requireSetting,
  resolveThresholds,
} from '@journeys/core/ops'
import { fingerprintOf } from './baseline/fingerprint.ts'
import { chooseEngine, type EngineChoice } from './engines/choose-engine.ts'
import type { K6Options } from './engines/engine.ts'
import type { Fault } from './fault/fault.ts'
import { LoadRun } from './load-run.ts'
import { mayLoad } from './permission.ts'
import { planLoad } from './profiles/plan.ts'
import { checkThresholdTags } from './profiles/threshold-tags.ts'
import type { LoadProgress } from './progress.ts'
import type { RunFile } from './result.ts'
import { resultOf } from './result-of-run.ts'
import { runId } from './run-id.ts'
import type { LoadedScenarios } from './scenario-file/load-scenario-files.ts'
import { appScenarios } from './scenarios/index.ts'
import type { ServerProcess } from './usage/process-usage.ts'

export interface LoadTestOptions {
  readonly target: Environment
  readonly config: Config
  /** A name in `config.loadtest.profiles`. */
  readonly profile: string
  /** `auto`: k6 when it is found, else the built-in engine. */
  readonly engine: EngineChoice
  /** Instead of the profile's: see `planLoad`. */
  readonly users?: number | undefined
  /** Iterations per second instead of the profile's: see `planLoad`. */
  readonly rate?: number | undefined
  /** Of the whole run, `40s` or seconds: the profile's phases are scaled to it. */
  readonly duration?: string | number | undefined
  /** Instead of the app's four. */
  readonly scenarios?: LoadedScenarios | undefined
  /** What a `recovery` profile breaks; needed for it, and refused for any other. */
  readonly fault?: Fault | undefined
  /** The server's processes on this machine, asked for again and again: their CPU and memory are in the result. */
  readonly processes?: (() => Promise<ServerProcess[]>) | undefined
  readonly k6?: K6Options | undefined
  /** The users and what they wrote stay in the database. @defaultValue false */
  readonly keepData?: boolean | undefined
  /** Every half second. */
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined
  /** Ends the load at once; users are removed and there is a result all the same. */
  readonly signal?: AbortSignal | undefined
  /** The environment's name, typed by a person: needed when the target is not this machine. */
  readonly confirm?: string | undefined
  readonly processEnv: NodeJS.ProcessEnv
}

/**
 * Makes users, puts the profile's load on the target, judges it and removes the users. Writes no file.
 *
 * @param prepared of the same options, by who runs them more than once
 * @returns the result also when thresholds failed or the run was interrupted: `exitCode` says so (0, 99, 5, 1, 130)
 * @throws JourneysError when there is no result: wrong profile, thresholds or numbers (2), a target that must not be loaded (2), users
 *   that could not be made, k6 that broke down, a fault that could not be injected (1), a target that cannot be reached (4). Users
 *   made until then are removed.
 */
export async function runLoadTest(options: LoadTestOptions, prepared?: PreparedLoadTest): Promise<RunFile> {
  const { plan, rules, engine, scenarios, url, fingerprint } = prepared ?? (await prepareLoadTest(options))
  const startedAt = new Date()
  const id = runId(startedAt)
  const run = new LoadRun({ options, plan, rules, engine, scenarios, url, id })
  const played = await run.play()
  const { recorder } = run
  const result = resultOf({ id, url, options, plan, rules, engine, fingerprint, startedAt, recorder, ...played })
  return { schema: 'journeys/loadtest-run/1', result, data: recorder.data() }
}

type PreparedLoadTest = Awaited<ReturnType<typeof prepareLoadTest>>

/**
 * Everything that can be wrong before anything runs.
 * @throws JourneysError as `runLoadTest`
 */
export async function prepareLoadTest(options: LoadTestOptions) {
  const { target, config } = options
  const url = requireSetting(target, 'supabaseUrl')
  const plan = planLoad({ ...options, config: config.loadtest, weights: options.scenarios?.weights })
  mayLoad(target, options.confirm, plan)
  const rules = {
    limits: checkThresholdTags(resolveThresholds(config.loadtest.thresholds), plan),
    warnings: checkThresholdTags(resolveThresholds(config.loadtest.warnings), plan),
  }
  checkFault(options, plan.kind)
  const engine = await chooseEngine(options.engine, options.processEnv, options.k6)
  const scenarios = options.scenarios?.source ?? appScenarios
  const fingerprint = await fingerprintOf({ environment: target.name, plan, scenarios, engine })
  return { plan, rules, engine, scenarios, url, fingerprint }
}

function checkFault({ fault, profile, target }: LoadTestOptions, kind: string): void {
  if (kind === 'recovery' && !fault) {
    throw new JourneysError('fault_missing', `the profile ${profile} needs something that breaks the database`, {
      detail: `${target.name} is not the local stack, whose database could be killed`,
      hint: `journeys loadtest --env ${target.name} --profile ${profile} --inject '<command>'`,
      exitCode: ExitCode.usage,
    })
  }
  if (kind !== 'recovery' && fault) {
    throw new JourneysError('fault_unused', `the profile ${profile} breaks nothing`, {
      hint: 'journeys loadtest --profile recovery',
      exitCode: ExitCode.usage,
    })
  }
}
