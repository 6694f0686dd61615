import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { formatDuration } from '../output/duration.ts'
import { renderHeader } from '../output/header.ts'

export const command = defineCommand({
  name: 'stop',
  description: 'Stops the local stack. Its data stays; nothing is left running.',
  arguments: {},
  flags: {},
  document: z.object({ stopped: z.boolean().describe('false when nothing was running') }),
  examples: [{ words: 'stop', says: 'stop it; also right when it is not up' }],
  resume: 'journeys stop goes on from there',
  async run(context) {
    const { stopStack } = await import('@journeys/stack')
    context.localOnly()
    context.output.progress.show('stopping the local stack')
    const { stopped } = await stopStack({ workdir: context.workdir() })
    return { document: { stopped } }
  },
  render({ stopped }, look, { environment, durationMs }) {
    return renderHeader(
      ['Journeys', environment],
      stopped ? `stopped in ${formatDuration(durationMs)}` : 'was not running',
      look,
    )
  },
})
