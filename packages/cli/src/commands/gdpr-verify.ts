import { erasureFolder, findReceipt, verifyReceipt } from '@journeys/core/ops'
import { z } from 'zod'
import { defineCommand } from '../command.ts'
import type { CommandContext } from '../context.ts'
import { flag, toggle } from '../flag.ts'
import { gdprContext } from '../gdpr-context.ts'
import { shownPath } from '../shown-path.ts'
import { renderVerification } from '../views/receipt.ts'

export const command = defineCommand({
  name: 'gdpr verify',
  description:
    'Holds a receipt against its signature, the chain of all receipts, the ledger, and the database as it is now: nobody with that ' +
    'hash may be among the accounts, in a column with ids, or have a folder of files. Read-only. What does not fit is said, and exits ' +
    'with 1.',
  arguments: {
    receipt: flag('<receipt>', 'its file, or the id of the erasure: E-7F3AC1B2', z.string().min(1, 'needs a file')),
  },
  flags: {
    publicKey: flag(
      '--public-key <key>',
      'believe this key, as it was published, instead of those of the environment',
      z
        .string()
        .regex(/^[\w-]{43}$/, 'is 32 bytes as base64url, as journeys gdpr key shows it')
        .optional(),
    ),
    offline: toggle('--offline', 'signature only: for whoever has the file and no database'),
  },
  document: z.object({
    file: z.string(),
    erasure: z.string(),
    outcome: z.enum(['done', 'partial']),
    seq: z.number().describe('its place in the chain'),
    finishedAt: z.string(),
    deadlineKept: z.boolean(),
    checks: z.array(
      z.object({
        check: z.enum(['form', 'key', 'signature', 'chain', 'ledger', 'database']),
        state: z.enum(['ok', 'failed', 'skipped']),
        says: z.string(),
      }),
    ),
  }),
  examples: [
    { words: 'gdpr verify E-7F3AC1B2', says: 'the last receipt of an erasure' },
    { words: 'gdpr verify 0007-E-7F3AC1B2.json --env production', says: 'a file, from wherever it was filed' },
    {
      words: 'gdpr verify receipt.json --offline --public-key 7RkH2l3m0Z8qY1tX5vB9nC4wE6sD0fG2hJ7kL1pQ3uA',
      says: 'what an auditor types who has the published key and nothing else',
    },
  ],
  async run(context, { receipt: named, publicKey, offline }) {
    const { config, environment } = await context.config()
    const folder = erasureFolder(context.workdir(), config.gdpr, environment.name)
    const { file, text } = await findReceipt(named, { cwd: context.cwd, folder })
    const asked = offline ? await offlineContext(context, publicKey) : await gdprContext(context)
    const { receipt, checks } = await verifyReceipt(asked, text, { publicKey })
    const { erasure, outcome, seq, finishedAt, deadlineKept } = receipt
    return {
      document: { file: shownPath(file, context.cwd), erasure, outcome, seq, finishedAt, deadlineKept, checks },
    }
  },
  render: (document, look, about) => renderVerification(document, look, about),
})

async function offlineContext(context: CommandContext, publicKey: string | undefined) {
  const environment = { name: context.environmentName }
  return publicKey === undefined ? { environment, keys: await context.gdprKeys() } : { environment }
}
