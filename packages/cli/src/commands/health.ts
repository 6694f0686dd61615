import { healthCheckIds, healthExitCode, runHealth } from '@journeys/core/ops'
import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { choice, flag, listOf, wholeNumber } from '../flag.ts'
import { renderHealth } from '../views/health.ts'
import { watchHealth } from '../watch-health.ts'

const states = ['ok', 'warning', 'critical', 'unknown'] as const
const state = z.enum(states)

/** What a Nagios plugin answers when it could not look. */
const unknownToNagios = 3

export const command = defineCommand({
  name: 'health',
  description:
    'Checks API, auth, database and data, and gives one verdict. The exit code is that of a Nagios plugin: 0 ok, 1 warning, ' +
    '2 critical, 3 unknown. A check that could not look is unknown, never ok.',
  arguments: {},
  flags: {
    only: flag('--only <checks>', 'only these, parted by commas', listOf(healthCheckIds).optional(), healthCheckIds),
    failOn: choice('--fail-on <state>', 'the mildest state with an exit code other than 0; default: unknown', [
      'unknown',
      'warning',
      'critical',
    ]),
    watch: flag(
      '--watch [seconds]',
      'check again every few seconds (5) until Ctrl-C; off a terminal one line a time, with --json one document a line',
      z.preprocess((seconds) => (seconds === true ? '5' : seconds), wholeNumber(1, 3600).optional()),
    ),
  },
  document: z.object({
    verdict: state,
    checkedAt: z.string(),
    counts: z.object({ ok: z.number(), warning: z.number(), critical: z.number(), unknown: z.number() }),
    checks: z.array(
      z.object({
        id: z.string(),
        title: z.string(),
        state,
        value: z.number().exactOptional(),
        unit: z.string().exactOptional(),
        threshold: z
          .object({ warning: z.number().exactOptional(), critical: z.number().exactOptional() })
          .exactOptional(),
        summary: z.string(),
        why: z.string().exactOptional(),
        remediation: z.string().exactOptional().describe('what to type'),
        rows: z.array(z.record(z.string(), z.unknown())),
        durationMs: z.number(),
      }),
    ),
  }),
  examples: [
    { words: 'health', says: 'one verdict, what is wrong, what to do' },
    { words: 'health --watch', says: 'drawn again every five seconds' },
    { words: 'health --only database,migrations', says: 'these two checks' },
    { words: 'health --env staging --fail-on critical', says: 'for cron and CI' },
  ],
  failureExitCode: unknownToNagios,
  async run(context, { only, failOn, watch }) {
    const environment = await context.environment({ evenBroken: true })
    const { config } = await context.config()
    const check = async () => {
      if (watch === undefined) context.output.progress.show('checking')
      const workdir = context.workdir()
      const { durationMs, ...document } = await runHealth({
        environment,
        config,
        workdir,
        signal: context.signal,
        ...(only && { only }),
      })
      return { document, durationMs, exitCode: healthExitCode(document, failOn) }
    }
    return watch === undefined ? check() : watchHealth(context, watch, check)
  },
  render: (document, look, about) => renderHealth(document, look, about),
})
