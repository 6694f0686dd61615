import { resolve } from 'node:path'
import type { Environment } from '@journeys/core/ops'
import type { Fault, LoadProgress, LoadTestResult } from '@journeys/loadtest'
import type { StackProcess } from '@journeys/stack'
import { z } from 'zod'
import { defineCommand } from '../command.ts'
import type { CommandContext } from '../context.ts'
import { loadTestDocument } from '../documents/load-test.ts'
import { flag, oneOf, repeated, toggle, wholeNumber } from '../flag.ts'
import { durationText, loadFlags, mustBeProfile } from '../load-flags.ts'
import { baselineFolder, reportsFolder, withShownPaths } from '../load-runs.ts'
import { outFlag } from '../out-flag.ts'
import { formatDuration } from '../output/duration.ts'
import { formatCount } from '../output/number.ts'
import { segment } from '../segment.ts'
import { shownPath } from '../shown-path.ts'
import { usageError } from '../usage-error.ts'
import { renderLiveLoad } from '../views/live-load.ts'
import { renderRepeats } from '../views/load-repeats.ts'
import { renderLoadTest, renderOutputs } from '../views/load-test.ts'

const engines = ['auto', 'k6', 'builtin'] as const

export const command = defineCommand({
  name: 'loadtest',
  description:
    'Makes users, sends what the app really sends in exactly the planned mix, judges every phase against the thresholds, looks at the ' +
    'server meanwhile, removes the users and writes an HTML report. Runs on k6 where it is found, else on the built-in engine. The ' +
    'exit code is 99 when a threshold is not met, 5 when it cannot be told, 1 when the planned load was not there. A production ' +
    'environment is refused.',
  arguments: {},
  flags: {
    ...loadFlags,
    engine: flag('--engine <name>', 'what sends the load; default: auto', oneOf(engines).default('auto'), engines),
    repeat: flag('--repeat <n>', 'run it so often, to tell a change from chance', wholeNumber(1, 50).default(1)),
    baseline: flag(
      '--baseline <name>',
      'compare with a baseline: slower is exit code 99',
      z.string().min(1).optional(),
    ),
    force: toggle('--force', 'compare although engine, plan, scenarios or machine differ'),
    inject: flag(
      '--inject <command>',
      'recovery: what breaks the database; the local one is killed without it',
      z.string().min(1, 'needs a command').optional(),
    ),
    out: outFlag,
    k6Out: repeated(
      '--k6-out <output>',
      "one of k6's own outputs, such as json=raw.json; may be given several times",
      z.string().min(1),
    ),
    segment: flag(
      '--segment <from:to>',
      "this generator's part of the load, such as 0:1/2; see loadtest merge",
      segment.optional(),
    ),
    keepData: toggle('--keep-data', 'leave the users and what they wrote in the database'),
    reportFolder: flag(
      '--report-folder <dir>',
      'where reports and run files go; default: .journeys/reports',
      z.string().min(1, 'needs a folder').optional(),
    ),
  },
  document: z.object({
    result: loadTestDocument.describe('of --repeat n the run in the middle'),
    repeats: z.array(loadTestDocument).readonly().exactOptional().describe('all runs of --repeat n, in their order'),
    outputs: z
      .array(z.object({ kind: z.string(), file: z.string() }))
      .readonly()
      .describe('what --out wrote'),
  }),
  examples: [
    { words: 'loadtest', says: '1,000 users for a minute' },
    { words: 'loadtest --profile smoke', says: 'ten users for ten seconds' },
    { words: 'loadtest --profile stress', says: 'how much it can take' },
    { words: 'loadtest --profile recovery', says: 'the database is killed in the middle' },
    { words: 'loadtest --users 200 --duration 30s --engine builtin', says: 'smaller, without k6' },
    { words: 'loadtest --repeat 5 --baseline main --out markdown=comment.md', says: 'a gate for a pull request' },
    { words: 'loadtest --env staging --confirm staging --json', says: 'a project of the config, for CI' },
  ],
  notes: 'Profiles, scenario weights and thresholds are in journeys.config.json: journeys config show',
  resume: 'the users that were made are removed; run journeys loadtest again',
  async run(context, flags) {
    const { config } = await context.config()
    mustBeProfile(config, flags.profile)
    if (flags.engine === 'builtin' && (flags.segment || flags.k6Out.length > 0)) {
      const option = flags.segment ? '--segment' : '--k6-out'
      throw usageError(
        `${option} needs k6: the built-in engine does not have it`,
        'journeys k6 install, and no --engine builtin',
      )
    }
    const { describeLoad, loadScenarioFiles, planLoad, runLoadTests } = await import('@journeys/loadtest')
    const scenarios = flags.scenario.length > 0 ? await loadScenarioFiles(flags.scenario, context.cwd) : undefined
    try {
      const load = {
        profile: flags.profile,
        users: flags.users,
        rate: flags.rate,
        duration: durationText(flags.duration),
      }
      // A mistake in what was typed is said before a stack is started for it.
      const plan = planLoad({ ...load, config: config.loadtest, weights: scenarios?.weights })
      if (flags.inject !== undefined && plan.kind !== 'recovery') {
        throw usageError(
          '--inject is for a recovery profile',
          `journeys loadtest --profile recovery --inject '${flags.inject}'`,
        )
      }
      const target = await context.environment()
      if (!target.isLocal && flags.confirm === target.name)
        context.output.progress.note(describeLoad(plan, target).cost)
      const { result, repeats, outputs } = await runLoadTests({
        ...load,
        target,
        config,
        engine: flags.engine,
        scenarios,
        fault: plan.kind === 'recovery' ? await faultOf(context, target, flags.inject) : undefined,
        processes: target.isLocal ? () => stackProcessesOf(context) : undefined,
        k6: { outputs: flags.k6Out, segment: flags.segment },
        repeat: flags.repeat,
        baseline:
          flags.baseline === undefined
            ? undefined
            : {
                name: flags.baseline,
                folder: await baselineFolder(context),
                settings: config.loadtest.baseline,
                force: flags.force,
              },
        outputs: flags.out,
        cwd: context.cwd,
        keepData: flags.keepData,
        reportFolder:
          flags.reportFolder === undefined ? reportsFolder(context) : resolve(context.cwd, flags.reportFolder),
        confirm: flags.confirm,
        signal: context.signal,
        onProgress: liveProgress(context),
        processEnv: context.processEnv,
      })
      const shown = (one: LoadTestResult) => withShownPaths(one, context.cwd)
      return {
        document: {
          result: shown(result),
          ...(repeats.length > 1 && { repeats: repeats.map(shown) }),
          outputs: outputs.map(({ kind, file }) => ({ kind, file: shownPath(file, context.cwd) })),
        },
        exitCode: result.exitCode,
      }
    } finally {
      await scenarios?.remove()
    }
  },
  render({ result, repeats, outputs }, look) {
    return [
      renderLoadTest(result, look),
      ...renderOutputs(outputs),
      ...(repeats ? ['', renderRepeats(repeats, look)] : []),
    ].join('\n')
  },
})

/** What breaks the database: the command that was typed, else for the local stack kill -9; elsewhere there is nothing to kill. */
async function faultOf(
  context: CommandContext,
  target: Environment,
  command: string | undefined,
): Promise<Fault | undefined> {
  const { commandFault, postmasterFault } = await import('@journeys/loadtest')
  if (command !== undefined) return commandFault(command, context.processEnv)
  if (!target.isLocal) return undefined
  return postmasterFault(async () => {
    const processes = await stackProcessesOf(context)
    return processes.find(({ name }) => name === 'database')?.pid ?? Number.NaN
  })
}

async function stackProcessesOf(context: CommandContext): Promise<StackProcess[]> {
  const { stackProcesses } = await import('@journeys/stack')
  return stackProcesses({ workdir: context.workdir() })
}

/** A line that is redrawn on a terminal; a log gets one line when the users of a run are there. */
function liveProgress({ output }: CommandContext): (progress: LoadProgress) => void {
  let told = -1
  let began = performance.now()
  return (progress) => {
    const run = progress.run?.number ?? 0
    if (progress.phase === 'users' && progress.users === 0) began = performance.now()
    if (progress.phase !== 'users' && progress.phase !== 'cleanup' && told !== run) {
      told = run
      output.progress.note(usersLine(progress, performance.now() - began))
    }
    if (output.progress.live) output.progress.show(renderLiveLoad(progress, output.err))
  }
}

function usersLine({ plannedUsers, engine, run }: LoadProgress, ms: number): string {
  const name = engine.name === 'builtin' ? 'the built-in engine' : `k6 ${engine.version}`
  const which = run === undefined ? '' : `, run ${run.number} of ${run.of}`
  return `users    ${formatCount(plannedUsers)} made in ${formatDuration(ms)}, now ${name} starts${which}`
}
