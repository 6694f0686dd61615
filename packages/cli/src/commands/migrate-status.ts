import { join } from 'node:path'
import { migrationStatus } from '@journeys/core/ops'
import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { renderHeader, renderNext } from '../output/header.ts'
import { formatPlural } from '../output/number.ts'
import { renderTable } from '../output/table.ts'

const migration = z.object({ version: z.string(), name: z.string() })

export const command = defineCommand({
  name: 'migrate status',
  description: 'Compares supabase/migrations with the history of the database, in a read-only transaction.',
  arguments: {},
  flags: {},
  document: z.object({
    applied: z.array(migration),
    pending: z.array(migration),
    unknown: z.array(migration).describe('in the history of the database, not in the folder'),
    problems: z.array(z.object({ kind: z.string(), message: z.string(), hint: z.string(), blocking: z.boolean() })),
  }),
  examples: [
    { words: 'migrate status', says: 'of the local stack' },
    { words: 'migrate status --env staging', says: 'of an environment in journeys.config.json' },
  ],
  async run(context) {
    const status = await migrationStatus(await context.database(), join(context.workdir(), 'supabase', 'migrations'))
    return { document: status }
  },
  render({ applied, pending, unknown, problems }, look, { environment }) {
    const { paint } = look
    const verdict = pending.length > 0 ? paint.yellow(`${pending.length} pending`) : paint.green('up to date')
    const row = (state: string) => (one: { version: string; name: string }) => [one.version, one.name, state]
    const rows = [
      ...applied.map(row('applied')),
      ...pending.map(row(paint.yellow('pending'))),
      ...unknown.map(row(paint.red('unknown'))),
    ]
    const columns = [{ heading: 'version' }, { heading: 'name', flexible: true }, { heading: '' }]
    return [
      renderHeader(
        ['Journeys migrations', environment, formatPlural(applied.length, 'applied', 'applied')],
        verdict,
        look,
      ),
      ...(rows.length > 0 ? ['', renderTable(columns, rows, look)] : []),
      ...problems.flatMap(({ message, hint, blocking }) => [
        '',
        `${blocking ? paint.red('error') : paint.yellow('note ')}  ${message}`,
        `${paint.cyan('do')}     ${hint}`,
      ]),
      ...(pending.length > 0 && !problems.some(({ blocking }) => blocking)
        ? ['', renderNext([nextCommand(environment)], look)]
        : []),
    ].join('\n')
  },
})

function nextCommand(environment: string): string {
  return environment === 'local' ? 'journeys migrate up' : `journeys migrate up --env ${environment}`
}
