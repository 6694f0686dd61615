import { type PurgePlan, planPurge, purgeLedger } from '@journeys/core/ops'
import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { confirmEnvironment, confirmProduction, isConfirmed } from '../confirmation.ts'
import { gdprContext } from '../gdpr-context.ts'
import { purgeCommand, renderPurge } from '../views/purge-ledger.ts'

const candidate = z.object({
  erasure: z.string(),
  finishedAt: z.string(),
  receipts: z.number(),
  openByHand: z.array(z.string()).describe('steps that nobody has ticked'),
})

export const command = defineCommand({
  name: 'gdpr purge-ledger',
  description:
    'What is remembered of an erasure may itself not be kept for ever: forgets those that were done longer ago than gdpr.ledgerPeriod ' +
    'says and of which every step by hand is ticked. Their rows, the text of their receipts, the files and their lines of the list go; ' +
    'numbers and hashes stay, so that the chain of receipts still holds. Without --confirm it shows which.',
  arguments: {},
  flags: {
    confirm: confirmEnvironment,
    confirmProduction,
  },
  document: z.object({
    applied: z.boolean(),
    period: z.string().describe('gdpr.ledgerPeriod'),
    before: z.string().describe('what was finished before this moment is too old'),
    purge: z.array(candidate),
    waiting: z.array(candidate).describe('old enough, but something is still to be done by hand'),
    receipts: z.number().exactOptional().describe('receipts whose text was emptied'),
    files: z.number().exactOptional().describe('files that were removed'),
  }),
  examples: [
    { words: 'gdpr purge-ledger', says: 'what is too old to be remembered' },
    { words: 'gdpr purge-ledger --confirm local', says: 'forget it' },
  ],
  notes: 'Copies of receipts and of ledger.jsonl that are kept elsewhere are beyond its reach.',
  resume: 'what is forgotten stays forgotten; the same command removes files that are left',
  async run(context, { confirm, confirmProduction }) {
    const gdpr = await gdprContext(context)
    const environment = await context.environment()
    const confirmed = isConfirmed({
      typed: confirm,
      expected: [environment.name],
      production: confirmProduction,
      environment,
      full: purgeCommand(environment.name),
    })
    if (!confirmed) return { document: { applied: false, ...presentable(await planPurge(gdpr)) } }
    const { receipts, files, ...plan } = await purgeLedger(gdpr)
    return { document: { applied: true, ...presentable(plan), receipts, files } }
  },
  render: (document, look, about) => renderPurge(document, look, about),
})

function presentable({ before, period, purge, waiting }: PurgePlan) {
  const shown = (list: PurgePlan['purge']) =>
    list.map((one) => ({ ...one, finishedAt: one.finishedAt.toISOString(), openByHand: [...one.openByHand] }))
  return { period, before: before.toISOString(), purge: shown(purge), waiting: shown(waiting) }
}
