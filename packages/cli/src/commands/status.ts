import { stackStatus } from '@journeys/stack'
import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { flag } from '../flag.ts'
import { shellAssignment, withoutPassword } from '../local-stack.ts'
import { renderFields, renderHeader, renderNext } from '../output/header.ts'
import { usageError } from '../usage-error.ts'

const variables = z.object({
  SUPABASE_URL: z.string(),
  SUPABASE_ANON_KEY: z.string(),
  SUPABASE_SERVICE_ROLE_KEY: z.string(),
  DATABASE_URL: z.string(),
})

export const command = defineCommand({
  name: 'status',
  description: 'Says whether the local stack is up and where. Keys and passwords are shown only by --env.',
  arguments: {},
  flags: {
    env: flag(
      '--env [name]',
      'print SUPABASE_URL=... and the keys, one line each, for a shell to evaluate; with a name: the environment, as everywhere',
      z.union([z.literal(true), z.string()]).optional(),
    ),
  },
  document: z.object({
    running: z.boolean(),
    apiUrl: z.string().optional(),
    databaseUrl: z.string().optional().describe('without its password'),
    startedAt: z.string().optional(),
    variables: variables.optional().describe('with --env: secrets'),
  }),
  examples: [
    { words: 'status', says: 'is it up, and where' },
    { words: 'status --env', says: 'the lines SUPABASE_URL=..., SUPABASE_ANON_KEY=..., and so on' },
    { words: 'status --env > .env', says: "for the app's development server" },
  ],
  notes: 'In a shell: eval "$(journeys status --env)"',
  async run(context, { env }) {
    context.localOnly()
    const status = await stackStatus({ workdir: context.workdir() })
    const { state } = status
    if (state === undefined || !status.running) {
      if (env === true) throw usageError('the local stack is not up, so it has no keys yet', 'journeys start')
      return { document: { running: false } }
    }
    const { apiUrl, databaseUrl, startedAt, anonKey, serviceRoleKey } = state
    const keys = {
      SUPABASE_URL: apiUrl,
      SUPABASE_ANON_KEY: anonKey,
      SUPABASE_SERVICE_ROLE_KEY: serviceRoleKey,
      DATABASE_URL: databaseUrl,
    }
    const document = { running: true, apiUrl, databaseUrl: withoutPassword(databaseUrl), startedAt }
    return { document: env === true ? { ...document, variables: keys } : document }
  },
  render({ running, apiUrl, databaseUrl, startedAt, variables }, look, { environment }) {
    if (variables) {
      return Object.entries(variables)
        .map(([name, value]) => shellAssignment(name, value))
        .join('\n')
    }
    if (!running) {
      return [renderHeader(['Journeys', environment], 'not up', look), '', renderNext(['journeys start'], look)].join(
        '\n',
      )
    }
    return [
      renderHeader(['Journeys', environment], look.paint.green('up'), look),
      '',
      renderFields(
        [
          ['API', apiUrl ?? ''],
          ['Database', databaseUrl ?? ''],
          ['since', startedAt ?? ''],
        ],
        look,
      ),
    ].join('\n')
  },
})
