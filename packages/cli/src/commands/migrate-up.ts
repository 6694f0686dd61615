import { join } from 'node:path'
import { migrateUp } from '@journeys/core/ops'
import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { toggle } from '../flag.ts'
import { formatDuration } from '../output/duration.ts'
import { renderHeader } from '../output/header.ts'
import { renderTable } from '../output/table.ts'

export const command = defineCommand({
  name: 'migrate up',
  description:
    'Applies the pending migrations of supabase/migrations in order, each in one transaction with its record in the history ' +
    'that the Supabase CLI keeps too. Killed at any moment, it leaves whole migrations only.',
  arguments: {},
  flags: { dryRun: toggle('--dry-run', 'list what is pending, in a read-only transaction') },
  document: z.object({
    dryRun: z.boolean(),
    applied: z.array(z.object({ version: z.string(), name: z.string(), ms: z.number() })),
    pending: z
      .array(z.object({ version: z.string(), name: z.string() }))
      .describe('with --dry-run: what would be applied'),
    warnings: z.array(z.string()),
  }),
  examples: [
    { words: 'migrate up --dry-run', says: 'what would be applied' },
    { words: 'migrate up', says: 'apply it to the local stack' },
    { words: 'migrate up --env staging', says: 'to an environment in journeys.config.json' },
  ],
  resume: 'journeys migrate up goes on from there',
  async run(context, { dryRun }) {
    const database = await context.database()
    const { progress } = context.output
    const result = await migrateUp(database, join(context.workdir(), 'supabase', 'migrations'), {
      dryRun,
      signal: context.signal,
      onProgress: ({ kind, version, name, number, total, reason }) => {
        if (kind === 'start') progress.show(`${number} of ${total}  ${version}_${name}`)
        if (kind === 'retry') progress.note(`again    ${version}_${name}: ${reason ?? 'a lock was taken'}`)
      },
    })
    return { document: { dryRun, ...result } }
  },
  render({ dryRun, applied, pending, warnings }, look, { environment, durationMs }) {
    const header = (right: string) => renderHeader(['Journeys migrations', environment], right, look)
    const notes = warnings.flatMap((warning) => ['', `${look.paint.yellow('note')}   ${warning}`])
    if (dryRun && pending.length > 0) {
      const rows = pending.map(({ version, name }) => [version, name, look.paint.yellow('pending')])
      const table = renderTable(
        [{ heading: 'version' }, { heading: 'name', flexible: true }, { heading: '' }],
        rows,
        look,
      )
      return [header('DRY RUN'), '', table, ...notes, '', 'Nothing has been changed.'].join('\n')
    }
    if (applied.length === 0) return [header(look.paint.green('nothing to do')), ...notes].join('\n')
    const rows = applied.map(({ version, name, ms }) => [version, name, formatDuration(ms)])
    const columns = [
      { heading: 'version' },
      { heading: 'name', flexible: true },
      { heading: 'took', align: 'right' as const },
    ]
    const done = `${applied.length} applied in ${formatDuration(durationMs)}`
    return [header(look.paint.green(done)), '', renderTable(columns, rows, look), ...notes].join('\n')
  },
})
