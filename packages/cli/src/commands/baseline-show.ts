import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { flag } from '../flag.ts'

export const command = defineCommand({
  name: 'loadtest baseline show',
  description:
    'Shows what a baseline holds: its runs, what they were measured with, and the latencies of every request.',
  arguments: { name: flag('<name>', 'of the baseline', z.string().min(1, 'needs a name')) },
  flags: {},
  document: z.object({ name: z.string() }),
  examples: [{ words: 'loadtest baseline show main', says: 'what is in it' }],
  async run(context, { name }) {
    void context
    return { document: { name } }
  },
  render: ({ name }) => name,
})
