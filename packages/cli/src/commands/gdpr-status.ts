import {
  countErasures,
  type ErasureState,
  type ErasureStatus,
  ExitCode,
  erasureFolder,
  erasureStates,
  readErasures,
  refileReceipts,
} from '@journeys/core/ops'
import { z } from 'zod'
import { defineCommand } from '../command.ts'
import type { CommandContext } from '../context.ts'
import { erasureDocument, erasureDocumentOf } from '../documents/erasure.ts'
import { flag, listOf, toggle } from '../flag.ts'
import { shownPath } from '../shown-path.ts'
import { renderErasures } from '../views/erasures.ts'

export const command = defineCommand({
  name: 'gdpr status',
  description:
    'Which erasures are under way, when they are due (one month after the request, Art. 12(3) GDPR), and what is left to do by hand. ' +
    'One of them, named by its id, its plan, or its person, is shown with every step, and files of its receipt that are missing are ' +
    'written again. In the database nothing changes. With --overdue it exits with 3 when ' +
    'something is late.',
  arguments: {
    which: flag(
      '[which]',
      'an erasure (E-7F3AC1B2), a plan, or a person by uuid or e-mail address',
      z.string().optional(),
    ),
  },
  flags: {
    overdue: toggle('--overdue', 'only what is late; exit code 3 when there is any'),
    state: flag(
      '--state <states>',
      'only these, with commas between them',
      listOf(erasureStates).optional(),
      erasureStates,
    ),
    all: toggle('--all', 'the finished ones, too'),
  },
  document: z.object({
    counts: z.object({ open: z.number(), failed: z.number(), partial: z.number(), done: z.number() }),
    named: z.boolean().describe('one was asked for: the text shows its steps'),
    onlyOverdue: z.boolean(),
    erasures: z.array(erasureDocument).describe('what has to be done first comes first'),
    files: z.record(z.string(), z.string()).describe('of those that were named: where the last receipt is filed'),
  }),
  examples: [
    { words: 'gdpr status', says: 'what is under way, and what is left to do by hand' },
    { words: 'gdpr status E-7F3AC1B2', says: 'every step of one of them' },
    { words: 'gdpr status --overdue --env production', says: 'for cron: exit code 3 when one is late' },
  ],
  async run(context, { which, overdue, state, all }) {
    // A uuid that was erased is found by its hash only: no other question needs the key.
    const keys = which !== undefined && /^[0-9a-f-]{36}$/i.test(which.trim()) ? await context.gdprKeys() : undefined
    const database = await context.database()
    const states = state as ErasureState[] | undefined
    const { counts, found } = await database.readOnly(async (transaction) => ({
      counts: await countErasures(transaction),
      found: await readErasures(transaction, { which, states, keys, ...(all && { all }) }),
    }))
    const shown = overdue ? found.filter((one) => one.overdue || one.byHandOverdue) : found
    const files = which === undefined ? {} : await receiptFiles(context, shown)
    return {
      document: {
        counts,
        named: which !== undefined,
        onlyOverdue: overdue,
        erasures: shown.map(erasureDocumentOf),
        files,
      },
      exitCode: overdue && shown.length > 0 ? ExitCode.findings : ExitCode.ok,
    }
  },
  render: (document, look, about) => renderErasures(document, look, about),
})

async function receiptFiles(context: CommandContext, erasures: readonly ErasureStatus[]) {
  const { config, environment } = await context.config()
  const folder = erasureFolder(context.workdir(), config.gdpr, environment.name)
  const withReceipt = erasures.filter(({ receipts }) => receipts.length > 0)
  const files = await refileReceipts(await context.database(), folder, withReceipt)
  return Object.fromEntries(Object.entries(files).map(([erasure, file]) => [erasure, shownPath(file, context.cwd)]))
}
