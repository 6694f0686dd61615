import { planRetention, type RetentionPlan, runRetention } from '@journeys/core/ops'
import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { confirmProduction, isConfirmed } from '../confirmation.ts'
import { flag, toggle } from '../flag.ts'
import { formatDuration } from '../output/duration.ts'
import { renderFields, renderHeader } from '../output/header.ts'
import { formatBytes, formatCount, formatPlural } from '../output/number.ts'
import { renderTable } from '../output/table.ts'

const partition = z.object({
  table: z.string(),
  from: z.string().nullable(),
  to: z.string(),
  rows: z.number(),
  bytes: z.number(),
})

export const command = defineCommand({
  name: 'retention run',
  description:
    'Deletes journal entries that are older than two years: whole months are dropped by their real bounds, the rest of the ' +
    'month that the edge falls into is deleted, and the months ahead are made. Without --confirm it shows what would go, in a ' +
    'read-only transaction.',
  arguments: {},
  flags: {
    confirm: flag(
      '--confirm [env]',
      "do it: the environment's name, which may be left out on local",
      z.union([z.literal(true).transform(() => 'local'), z.string()]).optional(),
    ),
    confirmProduction,
    dryRun: toggle('--dry-run', 'show the plan even with --confirm'),
  },
  document: z.object({
    applied: z.boolean(),
    edge: z.string().describe('the oldest day that is kept'),
    lastRun: z.string().nullable(),
    plan: z.object({
      partitions: z.array(partition).describe('months dropped whole'),
      boundaryRows: z.number().describe('entries deleted from the month that the edge falls into'),
      rows: z.number(),
    }),
    result: z
      .object({
        rowsDeleted: z.number(),
        partitionsDropped: z.array(z.string()),
        partitionsCreated: z.array(z.string()),
      })
      .exactOptional(),
  }),
  examples: [
    { words: 'retention run', says: 'what is older than two years' },
    { words: 'retention run --confirm local', says: 'delete it on the local stack' },
    { words: 'retention run --env staging --confirm staging', says: 'and on an environment of the config' },
  ],
  resume: 'one transaction does it all: either nothing or everything has happened; journeys retention run shows which',
  async run(context, { confirm, confirmProduction, dryRun }) {
    const environment = await context.environment()
    const database = await context.database()
    const plan = await planRetention(database)
    const full = confirmingCommand(environment.name)
    const expected = [environment.name]
    const confirmed = isConfirmed({ typed: confirm, expected, production: confirmProduction, environment, full })
    if (!confirmed || dryRun) return { document: { applied: false, ...presentable(plan) } }
    context.output.progress.show(`deleting ${formatPlural(plan.rows, 'entry', 'entries')}`)
    const { edge, ...result } = await runRetention(database)
    return { document: { applied: true, ...presentable(plan), edge, result } }
  },
  render({ applied, edge, lastRun, plan, result }, look, { environment, durationMs }) {
    const header = (right: string) => renderHeader(['Journeys retention', environment], right, look)
    if (result) {
      const fields: [string, string][] = [
        ['deleted', `${formatPlural(result.rowsDeleted, 'entry', 'entries')} from before ${edge}`],
        ['dropped', result.partitionsDropped.join(', ') || 'no month'],
        ['made', result.partitionsCreated.join(', ') || 'no month: all were there'],
      ]
      return [header(look.paint.green(`done in ${formatDuration(durationMs)}`)), '', renderFields(fields, look)].join(
        '\n',
      )
    }
    const columns = [
      { heading: 'month' },
      { heading: 'from' },
      { heading: 'entries', align: 'right' as const },
      { heading: 'size', align: 'right' as const },
    ]
    const rows = plan.partitions.map(({ table, from, rows, bytes }) => [
      table,
      from ?? '–',
      formatCount(rows),
      formatBytes(bytes),
    ])
    const fields: [string, string][] = [
      ['keep from', edge],
      ['delete', plan.rows === 0 ? 'no entry is older' : formatPlural(plan.rows, 'entry', 'entries')],
      ['of these', `${formatCount(plan.boundaryRows)} in the month that ${edge} falls into`],
      ['last run', lastRun ?? 'never'],
    ]
    return [
      header(applied ? '' : 'PLAN'),
      '',
      renderFields(fields, look),
      ...(rows.length > 0 ? ['', renderTable(columns, rows, look)] : []),
      '',
      'Nothing has been changed. To do it, and to make the months ahead:',
      `  ${confirmingCommand(environment)}`,
    ].join('\n')
  },
})

function confirmingCommand(environment: string): string {
  return `journeys retention run${environment === 'local' ? '' : ` --env ${environment}`} --confirm ${environment}`
}

function presentable({ edge, partitions, boundary, rows, lastRun }: RetentionPlan) {
  return { edge, lastRun: lastRun?.toISOString() ?? null, plan: { partitions, boundaryRows: boundary.rows, rows } }
}
