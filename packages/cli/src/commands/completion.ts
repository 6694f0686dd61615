import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { flag, oneOf } from '../flag.ts'

const shells = ['bash', 'zsh', 'fish'] as const

export const command = defineCommand({
  name: 'completion',
  description: 'Prints a script that completes commands, options and their values with the Tab key.',
  arguments: { shell: flag('<shell>', 'the shell that will read it', oneOf(shells), shells) },
  flags: {},
  document: z.object({ shell: z.enum(shells), script: z.string() }),
  examples: [
    { words: 'completion bash > ~/.local/share/bash-completion/completions/journeys', says: 'bash, for good' },
    { words: 'completion zsh > ~/.zfunc/_journeys', says: 'zsh; ~/.zfunc must be in $fpath before compinit' },
    { words: 'completion fish > ~/.config/fish/completions/journeys.fish', says: 'fish, for good' },
  ],
  notes: 'For the current shell only: source <(journeys completion bash)',
  async run(_context, { shell }) {
    const { completionScript } = await import('../completion.ts')
    return { document: { shell, script: await completionScript(shell) } }
  },
  render: ({ script }) => script,
})
