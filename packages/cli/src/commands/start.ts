import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { withoutPassword } from '../local-stack.ts'
import { formatDuration } from '../output/duration.ts'
import { renderFields, renderHeader, renderNext } from '../output/header.ts'

export const command = defineCommand({
  name: 'start',
  description:
    'Brings up the local stack: Postgres, PostgREST, auth and the gateway, with the migrations applied and the seed loaded. ' +
    'A stack that is up stays as it is; one whose supervisor died is taken over.',
  arguments: {},
  flags: {},
  document: z.object({
    startedNow: z.boolean(),
    apiUrl: z.string(),
    databaseUrl: z.string().describe('without its password: journeys status --env prints that'),
    startedAt: z.string(),
  }),
  examples: [
    { words: 'start', says: 'start it, or say that it is up' },
    { words: 'start --json', says: 'the same for a script' },
  ],
  resume: 'journeys start goes on from there',
  async run(context) {
    const { startStack } = await import('@journeys/stack')
    context.localOnly()
    const { progress } = context.output
    progress.show('starting the local stack')
    const state = await startStack({
      workdir: context.workdir(),
      signal: context.signal,
      processEnv: context.processEnv,
      onProgress: ({ message }) => progress.show(`starting the local stack: ${message}`),
    })
    const { startedNow, apiUrl, databaseUrl, startedAt } = state
    return { document: { startedNow, apiUrl, databaseUrl: withoutPassword(databaseUrl), startedAt } }
  },
  render(document, look, { environment, durationMs }) {
    const verdict = document.startedNow ? `ready in ${formatDuration(durationMs)}` : 'already up'
    return [
      renderHeader(['Journeys', environment], look.paint.green(verdict), look),
      '',
      renderFields(
        [
          ['API', document.apiUrl],
          ['Database', document.databaseUrl],
        ],
        look,
      ),
      '',
      renderNext(['journeys health', 'export $(journeys status --env)   # the keys, for this shell'], look),
    ].join('\n')
  },
})
