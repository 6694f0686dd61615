import { scheduleRetention } from '@journeys/core/ops'
import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { choice, flag } from '../flag.ts'
import { renderHeader } from '../output/header.ts'
import { wrap } from '../output/lines.ts'

const formats = ['cron', 'github', 'pg_cron'] as const

export const command = defineCommand({
  name: 'retention schedule',
  description:
    'Prints what to install so that retention runs by itself, once a day: a line for cron, a workflow for GitHub Actions, and the ' +
    'statements for pg_cron where the database has it. It installs nothing. With --format it prints one of them and nothing else.',
  arguments: {},
  flags: {
    at: flag(
      '--at <hh:mm>',
      'when, in UTC (default 03:17)',
      z
        .string()
        .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time such as 03:17')
        .default('03:17'),
    ),
    format: choice('--format <kind>', 'only this one, to be piped', formats),
  },
  document: z.object({
    format: z.enum(formats).nullable(),
    expression: z.string(),
    cron: z.string(),
    githubActions: z.object({ path: z.string(), text: z.string() }),
    pgCron: z
      .object({ sql: z.string(), installed: z.boolean() })
      .nullable()
      .describe('null: the database has no pg_cron'),
  }),
  examples: [
    { words: 'retention schedule --env production', says: 'all three' },
    {
      words: 'retention schedule --env production --format github > .github/workflows/retention.yml',
      says: 'the workflow as a file',
    },
  ],
  async run(context, { at, format }) {
    const environment = await context.environment()
    const database = await context.database()
    const schedule = await scheduleRetention(database, { environment, workdir: context.workdir(), at })
    return { document: { format: format ?? null, ...schedule } }
  },
  render({ format, expression, cron, githubActions, pgCron }, look, { environment }) {
    const pgCronText = pgCron?.sql ?? `-- ${noPgCron}`
    if (format !== null) return { cron, github: githubActions.text, pg_cron: pgCronText }[format]
    const { bold, dim } = look.paint
    const note = (text: string) => dim(wrap(text, look.width))
    return [
      renderHeader(['Journeys retention', environment], expression, look),
      '',
      bold('cron'),
      note('With crontab -e, in UTC. Errors go to the mail of the user whose crontab it is.'),
      cron,
      '',
      bold(`GitHub Actions: ${githubActions.path}`),
      note('The secret DATABASE_URL belongs to the environment of that name.'),
      githubActions.text.trimEnd(),
      '',
      bold('pg_cron'),
      note(
        pgCron === null
          ? `${noPgCron}.`
          : 'Inside the database no month can be detached concurrently: it does a bounded piece a day, so this is the second choice.',
      ),
      ...(pgCron === null ? [] : [pgCron.sql]),
    ].join('\n')
  },
})

const noPgCron = 'this database has no pg_cron'
