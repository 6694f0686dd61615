import { tickByHand } from '@journeys/core/ops'
import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { erasureDocument, erasureDocumentOf } from '../documents/erasure.ts'
import { flag, toggle } from '../flag.ts'
import { operatorName } from '../operator-name.ts'
import { renderTick } from '../views/erasure-tick.ts'

export const command = defineCommand({
  name: 'gdpr tick',
  description:
    'Writes into the ledger that you did what no command can do: asked the payment provider, wrote down when the last backup expires. ' +
    'Your name and the time go with it, into the audit log, too. What is ticked already stays as it is. A note says where the proof is ' +
    'filed, and never who it is about: the ledger outlives the data.',
  arguments: {
    erasure: flag('<erasure>', 'which one: E-7F3AC1B2', z.string().min(1, 'needs the id of an erasure')),
    step: flag('<step>', 'as journeys gdpr status names it: backups', z.string().min(1, 'needs the name of a step')),
  },
  flags: {
    note: flag('--note <text>', 'where the proof is filed, or until when something runs out', z.string().optional()),
    undo: toggle('--undo', 'take the tick back'),
  },
  document: z.object({
    step: z.string(),
    changed: z.boolean().describe('false: it was so already, and nothing was written'),
    undo: z.boolean(),
    erasure: erasureDocument,
  }),
  examples: [
    {
      words: 'gdpr tick E-7F3AC1B2 mail-provider --note "file 2026-114"',
      says: 'the provider confirmed, and the answer is filed',
    },
    { words: 'gdpr tick E-7F3AC1B2 mail-provider --undo', says: 'it was another one' },
  ],
  async run(context, { erasure, step, note, undo }) {
    const actor = operatorName(context.processEnv)
    const result = await tickByHand(await context.database(), erasure, step, { actor, note, undo })
    return {
      document: {
        step: result.step.step,
        changed: result.changed,
        undo,
        erasure: erasureDocumentOf(result.erasure),
      },
    }
  },
  render: (document, look, about) => renderTick(document, look, about),
})
