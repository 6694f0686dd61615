import { resolve } from 'node:path'
import type { LoadProgress, LoadTestResult } from '@journeys/loadtest'
import { z } from 'zod'
import { defineCommand } from '../command.ts'
import type { CommandContext } from '../context.ts'
import { loadTestDocument } from '../documents/load-test.ts'
import { flag, oneOf, repeated, toggle, wholeNumber } from '../flag.ts'
import { durationText, loadFlags, mustBeProfile } from '../load-flags.ts'
import { reportsFolder } from '../load-runs.ts'
import { outFlag } from '../out-flag.ts'
import { formatDuration } from '../output/duration.ts'
import { formatCount } from '../output/number.ts'
import { segment } from '../segment.ts'
import { shownPath } from '../shown-path.ts'
import { usageError } from '../usage-error.ts'
import { renderLiveLoad } from '../views/live-load.ts'
import { renderLoadTest } from '../views/load-test.ts'

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
    if (flags.segment && flags.engine === 'builtin') {
      throw usageError(
        '--segment is for k6: the built-in engine makes the whole load',
        'journeys k6 install, and leave --engine out',
      )
    }
    throw new Error('todo')
  },
  render: ({ result }, look) => renderLoadTest(result, look),
})
