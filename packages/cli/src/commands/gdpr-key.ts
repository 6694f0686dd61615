import { type KeyUse, newKey, readKeyUse } from '@journeys/core/ops'
import { z } from 'zod'
import { defineCommand } from '../command.ts'
import type { CommandContext } from '../context.ts'
import { flag, toggle } from '../flag.ts'
import { renderKeys } from '../views/gdpr-key.ts'

export const command = defineCommand({
  name: 'gdpr key',
  description:
    'The key under which the ledger of erasures knows people, and that signs receipts: its id and public key, never the key itself, and ' +
    'whether everything in the ledger was made with keys that are at hand. With --new it writes one into .env.<environment>; a key that ' +
    'was there before is kept beside it, in JOURNEYS_GDPR_OLD_KEYS. Keep a copy where the database and its backups are not.',
  arguments: {},
  flags: {
    new: toggle('--new', 'make a key'),
    confirm: flag('--confirm <id>', 'with --new: the id of the key that it takes the place of', z.string().optional()),
  },
  document: z.object({
    written: z.string().nullable().describe('the file that a new key was written into'),
    current: z.object({ id: z.string(), publicKey: z.string().describe('Ed25519, base64url: publish it') }),
    keys: z
      .array(
        z.object({
          id: z.string(),
          publicKey: z.string().nullable().describe('null: the key is not at hand'),
          unfinished: z.number().describe('erasures in the ledger that are not done'),
          finished: z.number(),
          receipts: z.number(),
        }),
      )
      .nullable()
      .describe('null after --new, which does not look into the database'),
  }),
  examples: [
    { words: 'gdpr key', says: 'the public key, and whether old entries can still be proven' },
    { words: 'gdpr key --new --env production', says: 'the first key of an environment' },
  ],
  resume: 'a key is written whole or not at all; journeys gdpr key shows which is in use',
  async run(context, { new: isNew, confirm }) {
    if (isNew) return { document: await makeKey(context, confirm) }
    const keys = await context.gdprKeys()
    const uses = await readKeyUse(await context.database())
    const { id, publicKey } = keys.current
    const missing = uses.some(({ keyId }) => !keys.all.some((key) => key.id === keyId))
    return {
      document: { written: null, current: { id, publicKey }, keys: listed(keys.all, uses) },
      exitCode: missing ? 3 : 0,
    }
  },
  render: (document, look, about) => renderKeys(document, look, about),
})

async function makeKey(context: CommandContext, confirm: string | undefined) {
  const { environment } = await context.config()
  const { file, ...current } = await newKey(context.workdir(), environment, confirm)
  return { written: file, current, keys: null }
}

/** Those at hand, then those that the ledger names and nobody has. */
function listed(atHand: readonly { id: string; publicKey: string }[], uses: readonly KeyUse[]) {
  const none = { unfinished: 0, finished: 0, receipts: 0 }
  const useOf = (id: string) => {
    const { keyId: _, ...use } = uses.find(({ keyId }) => keyId === id) ?? { keyId: id, ...none }
    return use
  }
  const lost = uses.filter(({ keyId }) => !atHand.some(({ id }) => id === keyId))
  return [
    ...atHand.map(({ id, publicKey }) => ({ id, publicKey, ...useOf(id) })),
    ...lost.map(({ keyId }) => ({ id: keyId, publicKey: null, ...useOf(keyId) })),
  ]
}
