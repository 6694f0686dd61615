import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { isConfirmed } from '../confirmation.ts'
import { flag } from '../flag.ts'
import { formatDuration } from '../output/duration.ts'
import { renderFields, renderHeader } from '../output/header.ts'

const full = 'journeys reset --confirm local'

export const command = defineCommand({
  name: 'reset',
  description:
    'Throws away all data of the local stack and starts again from nothing: an empty database, the migrations, the seed. ' +
    'Without --confirm it only says what would go.',
  arguments: {},
  flags: { confirm: flag('--confirm <env>', 'do it: must be "local"', z.string().optional()) },
  document: z.object({
    applied: z.boolean(),
    running: z.boolean().describe('whether the stack was up before'),
    erases: z.string().describe('the folder whose content goes'),
    apiUrl: z.string().exactOptional(),
  }),
  examples: [
    { words: 'reset', says: 'what would be thrown away' },
    { words: 'reset --confirm local', says: 'throw it away and start again' },
  ],
  resume: 'the old data may be gone; journeys start makes the stack whole',
  async run(context, { confirm }) {
    const { resetStack, stackStatus } = await import('@journeys/stack')
    context.localOnly()
    const workdir = context.workdir()
    const { running } = await stackStatus({ workdir })
    const plan = { running, erases: '.journeys/' }
    const environment = { name: 'local', production: false }
    if (!isConfirmed({ typed: confirm, expected: ['local'], production: undefined, environment, full })) {
      return { document: { applied: false, ...plan } }
    }
    const { progress } = context.output
    progress.show('resetting the local stack')
    const { apiUrl } = await resetStack({
      workdir,
      signal: context.signal,
      processEnv: context.processEnv,
      onProgress: ({ message }) => progress.show(`resetting the local stack: ${message}`),
    })
    return { document: { applied: true, ...plan, apiUrl } }
  },
  render(document, look, { environment, durationMs }) {
    const { applied, running, erases, apiUrl } = document
    if (applied) {
      const fields = apiUrl === undefined ? [] : [renderFields([['API', apiUrl]], look)]
      return [
        renderHeader(['Journeys', environment], look.paint.green(`new in ${formatDuration(durationMs)}`), look),
        '',
        ...fields,
      ].join('\n')
    }
    return [
      renderHeader(['Journeys', environment], 'PLAN', look),
      '',
      renderFields(
        [
          ['erase', `all local data in ${erases}: database, keys, users`],
          ['stack', running ? 'is up, will be stopped and started' : 'is not up, will be started'],
        ],
        look,
      ),
      '',
      'Nothing has been changed. To do it:',
      `  ${full}`,
    ].join('\n')
  },
})
