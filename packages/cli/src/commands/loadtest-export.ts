import { join, resolve } from 'node:path'
import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { flag, oneOf, wholeNumber } from '../flag.ts'
import { durationText, loadFlags, mustBeProfile } from '../load-flags.ts'
import { renderHeader, renderNext } from '../output/header.ts'
import { labelled } from '../output/lines.ts'
import { formatCount, formatPlural } from '../output/number.ts'
import { renderTable } from '../output/table.ts'
import { shownPath } from '../shown-path.ts'
import { usageError } from '../usage-error.ts'

const targets = ['k6-operator', 'grafana-cloud'] as const

export const command = defineCommand({
  name: 'loadtest export',
  description:
    'Writes the same load for k6 on other machines: for the k6 operator the bundled script, its config map and a TestRun manifest, ' +
    'for Grafana Cloud the archive. The users are made now and stay until --remove; their tokens are in files of their own, which ' +
    'only you can read and which do not belong into a repository.',
  arguments: {},
  flags: {
    to: flag('--to <target>', 'what runs it', oneOf(targets).optional(), targets),
    ...loadFlags,
    parallelism: flag(
      '--parallelism <n>',
      'k6-operator: pods that share the load; default: one for every 500 users',
      wholeNumber(1, 1000).optional(),
    ),
    validHours: flag('--valid-hours <n>', 'how long the tokens are good; default: 24', wholeNumber(1, 168).default(24)),
    folder: flag(
      '--folder <dir>',
      'where its folder is made; default: .journeys/exports',
      z.string().min(1).optional(),
    ),
    remove: flag('--remove <id>', 'the users of an export, and all they wrote', z.string().min(1).optional()),
  },
  document: z.object({
    id: z.string(),
    removed: z.object({ removed: z.number(), left: z.number() }).exactOptional().describe('after --remove'),
    export: z
      .object({
        to: z.enum(targets),
        folder: z.string(),
        files: z.array(z.object({ name: z.string(), what: z.string(), secret: z.boolean() })).readonly(),
        commands: z.array(z.string()).readonly().describe('to type in that folder, in order'),
        notes: z.array(z.string()).readonly(),
        users: z.number(),
        validUntil: z.string(),
      })
      .exactOptional(),
  }),
  examples: [
    { words: 'loadtest export --to k6-operator --env staging --confirm staging', says: 'a TestRun for Kubernetes' },
    {
      words: 'loadtest export --to grafana-cloud --env staging --confirm staging',
      says: 'an archive for k6 cloud run',
    },
    { words: 'loadtest export --remove 20261123-140211-9f3a', says: 'its users go again' },
  ],
  resume: 'users that were made are removed; run journeys loadtest export again',
  async run(context, flags) {
    if (flags.remove !== undefined) {
      const { removeExport } = await import('@journeys/loadtest')
      const removed = await removeExport(await context.environment(), flags.remove)
      return { document: { id: flags.remove, removed }, exitCode: removed.left === 0 ? 0 : 1 }
    }
    if (flags.to === undefined) throw usageError('--to is missing', `One of: ${targets.join(', ')}`)
    const { config } = await context.config()
    mustBeProfile(config, flags.profile)
    const { exportLoadTest, loadScenarioFiles } = await import('@journeys/loadtest')
    const scenarios = flags.scenario.length > 0 ? await loadScenarioFiles(flags.scenario, context.cwd) : undefined
    try {
      const { progress } = context.output
      const { id, ...exported } = await exportLoadTest({
        to: flags.to,
        target: await context.environment(),
        config,
        profile: flags.profile,
        scenarios,
        users: flags.users,
        rate: flags.rate,
        duration: durationText(flags.duration),
        parallelism: flags.parallelism,
        validHours: flags.validHours,
        folder:
          flags.folder === undefined
            ? join(context.workdir(), '.journeys', 'exports')
            : resolve(context.cwd, flags.folder),
        onProgress: ({ made, of }) => progress.show(`users ${formatCount(made)} of ${formatCount(of)}`),
        confirm: flags.confirm,
        signal: context.signal,
        processEnv: context.processEnv,
      })
      return { document: { id, export: { ...exported, folder: shownPath(exported.folder, context.cwd) } } }
    } finally {
      await scenarios?.remove()
    }
  },
  render({ id, removed, export: exported }, look, { environment }) {
    const { paint, width } = look
    const label = (name: string, text: string) => labelled(`  ${name}`, text, { column: 10, width })
    if (exported === undefined) {
      const left = removed?.left ?? 0
      return [
        renderHeader(
          ['Journeys load test', environment, `export ${id}`],
          left === 0 ? paint.green('removed') : paint.red('not all removed'),
          look,
        ),
        '',
        label('users', `${formatCount(removed?.removed ?? 0)} removed, ${formatCount(left)} left`),
      ].join('\n')
    }
    const { to, folder, files, commands, notes, users, validUntil } = exported
    const rows = files.map(({ name, what, secret }) => [name, what, secret ? paint.yellow('secret') : ''])
    return [
      renderHeader(['Journeys load test', environment, `export to ${to}`], paint.green('written'), look),
      '',
      label('folder', folder),
      label(
        'users',
        `${formatPlural(users, 'user')} made, their tokens are good until ${validUntil.slice(0, 16).replace('T', ' ')} UTC`,
      ),
      '',
      renderTable([{ heading: 'file' }, { heading: '', flexible: true }, { heading: '' }], rows, look),
      '',
      ...notes.map((text) => label(paint.yellow('note'), text)),
      '',
      renderNext(
        [`cd ${folder}`, ...commands, `journeys loadtest export --env ${environment} --remove ${id}   # when done`],
        look,
      ),
    ].join('\n')
  },
})
