import { join } from 'node:path'
import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { flag } from '../flag.ts'
import { renderFields, renderHeader, renderNext } from '../output/header.ts'
import { shownPath } from '../shown-path.ts'

export const command = defineCommand({
  name: 'loadtest new',
  description:
    'Writes a scenario of your own into loadtest/, commented, that works as it is: what one signed-in user does in one visit. ' +
    'The same file runs inside k6 and in the built-in engine.',
  arguments: { name: flag('<name>', 'such as read-a-week', z.string().min(1, 'needs a name')) },
  flags: {},
  document: z.object({
    file: z.string().describe('from the folder that the command was typed in'),
    scenario: z.string().describe('its name in the results and in the tags of thresholds'),
  }),
  examples: [{ words: 'loadtest new read-a-week', says: 'writes loadtest/read-a-week.ts' }],
  resume: 'run journeys loadtest new again',
  async run(context, { name }) {
    const { newScenario } = await import('@journeys/loadtest')
    const written = await newScenario(name, context.workdir())
    return { document: { file: shownPath(join(context.workdir(), written.file), context.cwd), scenario: written.name } }
  },
  render: ({ file, scenario }, look) =>
    [
      renderHeader(['Journeys load test', 'new scenario'], look.paint.green('written'), look),
      '',
      renderFields(
        [
          ['file', file],
          ['scenario', scenario],
        ],
        look,
      ),
      '',
      renderNext([`journeys loadtest --scenario ${file} --profile smoke`], look),
    ].join('\n'),
})
