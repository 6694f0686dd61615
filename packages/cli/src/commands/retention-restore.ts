import { restoreMonth } from '@journeys/core/ops'
import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { flag } from '../flag.ts'
import { operatorName } from '../operator-name.ts'
import { formatDuration } from '../output/duration.ts'
import { renderFields, renderHeader } from '../output/header.ts'
import { formatCount } from '../output/number.ts'

export const command = defineCommand({
  name: 'retention restore',
  description:
    'Puts a retired month back into the journal, at once and whatever its size, as long as its days of grace are not over. Runs of ' +
    'retention leave it alone until the day of --until; without one, for as many days as retention.graceDays says.',
  arguments: {
    partition: flag(
      '<partition>',
      'its name, as retention plan lists it: journal_entries_2022_11',
      z.string().min(1, 'needs the name of a retired month'),
    ),
  },
  flags: {
    until: flag(
      '--until <date>',
      'retention takes it again from this day on: YYYY-MM-DD',
      z.iso.date('must be a day such as 2027-01-31').optional(),
    ),
  },
  document: z.object({
    name: z.string(),
    from: z.string().nullable(),
    to: z.string().describe('the day after the last one'),
    rows: z.number(),
    rowsEstimated: z.boolean(),
    keepUntil: z.string(),
  }),
  examples: [
    { words: 'retention restore journal_entries_2022_11', says: 'bring it back for the days of grace' },
    { words: 'retention restore journal_entries_2022_11 --until 2027-01-31', says: 'and until a day of your own' },
  ],
  resume: 'either the month is back or it is not: journeys retention plan shows which',
  async run(context, { partition, until }) {
    const { config } = await context.config()
    const database = await context.database()
    const { graceDays, lockTimeoutMs } = config.retention
    const document = await restoreMonth(database, partition, {
      actor: operatorName(context.processEnv),
      until,
      graceDays,
      lockTimeoutMs,
      onWait: (who) => context.output.progress.note(`waiting for ${who}`),
      signal: context.signal,
    })
    return { document: { ...document } }
  },
  render({ name, from, to, rows, rowsEstimated, keepUntil }, look, { environment, durationMs }) {
    const right = look.paint.green(`back in ${formatDuration(durationMs)}`)
    const fields: [string, string][] = [
      ['month', name],
      ['days', `${from ?? 'the beginning'} to before ${to}`],
      ['entries', `${rowsEstimated ? 'about ' : ''}${formatCount(rows)}`],
      ['stays until', `${keepUntil}; the next run after it retires it again`],
    ]
    return [renderHeader(['Journeys retention', environment], right, look), '', renderFields(fields, look)].join('\n')
  },
})
