import { isAbsolute, join, relative, resolve } from 'node:path'
import type { LoadProgress } from '@journeys/loadtest'
import { z } from 'zod'
import { defineCommand } from '../command.ts'
import type { CommandContext } from '../context.ts'
import { loadTestDocument } from '../documents/load-test.ts'
import { duration, flag, oneOf, plainDuration, toggle, wholeNumber } from '../flag.ts'
import { formatDuration } from '../output/duration.ts'
import { formatCount } from '../output/number.ts'
import { resolveFlags } from '../usage-error.ts'
import { renderLiveLoad, renderLoadTest } from '../views/load-test.ts'

const engines = ['auto', 'k6', 'builtin'] as const
const builtInProfiles = ['load', 'smoke']

export const command = defineCommand({
  name: 'loadtest',
  description:
    'Makes users, sends what the app really sends in exactly the planned mix, judges the steady part against the thresholds, ' +
    'removes the users and writes an HTML report. Runs on k6 where it is found, else on the built-in engine. The exit code is ' +
    '99 when a threshold is not met. A production environment is refused.',
  arguments: {},
  flags: {
    profile: flag('--profile <name>', 'the load profile; default: load', z.string().default('load'), builtInProfiles),
    engine: flag('--engine <name>', 'what sends the load; default: auto', oneOf(engines).default('auto'), engines),
    users: flag('--users <n>', "users at once, instead of the profile's", wholeNumber(1, 100_000).optional()),
    duration: flag(
      '--duration <time>',
      'of the whole run, such as 30s or 2m; the phases are scaled to it',
      duration(1000, 24 * 3_600_000).optional(),
    ),
    keepData: toggle('--keep-data', 'leave the users and what they wrote in the database'),
    reportFolder: flag(
      '--report-folder <dir>',
      'where the HTML report goes; default: .journeys/reports',
      z.string().min(1, 'needs a folder').optional(),
    ),
    confirm: flag('--confirm <env>', 'needed for a target that is not this machine: its name', z.string().optional()),
  },
  document: z.object({ result: loadTestDocument }),
  examples: [
    { words: 'loadtest', says: '1,000 users for a minute' },
    { words: 'loadtest --profile smoke', says: 'ten users for ten seconds' },
    { words: 'loadtest --users 200 --duration 30s --engine builtin', says: 'smaller, without k6' },
    { words: 'loadtest --env staging --confirm staging --json', says: 'a project of the config, for CI' },
  ],
  notes: 'Profiles, scenario weights and thresholds are in journeys.config.json: journeys config show',
  resume: 'the users that were made are removed; run journeys loadtest again',
  async run(context, flags) {
    const { config } = await context.config()
    // The names are those of the configuration, known only now; the mistake is the same as with any other flag.
    const profiles = Object.keys(config.loadtest.profiles)
    resolveFlags({ profile: flag('--profile <name>', '', oneOf(profiles)) }, { profile: flags.profile })
    const target = await context.environment()
    const { runLoadTest } = await import('@journeys/loadtest')
    const result = await runLoadTest({
      target,
      config,
      profile: flags.profile,
      engine: flags.engine,
      users: flags.users,
      duration: flags.duration === undefined ? undefined : plainDuration(flags.duration),
      keepData: flags.keepData,
      reportFolder: reportFolder(context, flags.reportFolder),
      confirm: flags.confirm,
      signal: context.signal,
      onProgress: liveProgress(context),
      processEnv: context.processEnv,
    })
    return { document: { result: withShortPath(result, context.cwd) }, exitCode: result.exitCode }
  },
  render: ({ result }, look) => renderLoadTest(result, look),
})

function reportFolder(context: CommandContext, named: string | undefined): string {
  return named === undefined ? join(context.workdir(), '.journeys', 'reports') : resolve(context.cwd, named)
}

/** `.journeys/reports/…` where that is what a person at this prompt would type. */
function withShortPath<R extends { reportFile?: string }>(result: R, cwd: string): R {
  if (result.reportFile === undefined) return result
  const path = relative(cwd, result.reportFile)
  return path.startsWith('..') || isAbsolute(path) ? result : { ...result, reportFile: path }
}

/** A line that is redrawn on a terminal; a log gets one line when the users are there. */
function liveProgress({ output }: CommandContext): (progress: LoadProgress) => void {
  let users = false
  const began = performance.now()
  return (progress) => {
    if (progress.phase !== 'users' && progress.phase !== 'cleanup' && !users) {
      users = true
      output.progress.note(usersLine(progress, performance.now() - began))
    }
    if (output.progress.live) output.progress.show(renderLiveLoad(progress, output.err))
  }
}

function usersLine({ plannedUsers, engine }: LoadProgress, ms: number): string {
  const name = engine.name === 'builtin' ? 'the built-in engine' : `k6 ${engine.version}`
  return `users    ${formatCount(plannedUsers)} made in ${formatDuration(ms)}, now ${name} starts`
}
