import { z } from 'zod'
import { anonymizeOne } from '../anonymize-one.ts'
import { defineCommand } from '../command.ts'
import { confirmProduction } from '../confirmation.ts'
import { erasureOutcomeDocument } from '../documents/erasure-outcome.ts'
import { erasurePlanDocument } from '../documents/erasure-plan.ts'
import { calendarDay, flag, toggle } from '../flag.ts'
import { renderErasureOutcome } from '../views/erasure-outcome.ts'
import { renderErasurePlan } from '../views/erasure-plan.ts'

export const command = defineCommand({
  name: 'gdpr anonymize',
  description:
    'Erases a person: their sessions, rows and files, then their account; then the whole database is searched for what is left of them, ' +
    'and a receipt is signed. Without --plan and --confirm it shows what would happen, in a read-only transaction. Killed or failed at any ' +
    'moment, the same command with the id of the erasure goes on. Exits with 0 when it is done, 3 when a legal hold keeps a part, 1 when the ' +
    'search found something.',
  arguments: {
    user: flag(
      '<user>',
      "the person's id (uuid) or e-mail address, or an erasure that has begun (E-7F3AC1B2)",
      z.string().trim().min(1, 'needs an id or an e-mail address'),
    ),
  },
  flags: {
    keepStatistics: toggle('--keep-statistics', 'keep scores, unlinked, where so many others wrote some in that month'),
    plan: flag('--plan <id>', 'do what this plan says; it must still be so', z.string().optional()),
    confirm: flag('--confirm <user>', 'do it: the same id or e-mail address again', z.string().optional()),
    confirmProduction,
    received: flag(
      '--received <day>',
      'when the request came in: the month of Art. 12(3) GDPR runs from then',
      calendarDay().optional(),
    ),
    reason: flag(
      '--reason <text>',
      'for the ledger: where the request is filed, nothing about the person',
      z.string().optional(),
    ),
    dismiss: flag(
      '--dismiss <finding>',
      'answer for something that the search found (F-1A2B3C4D), with a --reason, and search again',
      z.string().optional(),
    ),
    dryRun: toggle('--dry-run', 'show the plan even with --confirm'),
  },
  document: z.object({
    user: z
      .object({ id: z.string(), email: z.string().nullable(), createdAt: z.string().nullable() })
      .nullable()
      .describe('null for an erasure that was done before: it names nobody any more'),
    plan: erasurePlanDocument,
    next: z.string().nullable().describe('the command that does what the plan says; null when it was done'),
    result: erasureOutcomeDocument.nullable().describe('null: nothing has been changed'),
  }),
  examples: [
    { words: 'gdpr anonymize anna@example.org', says: 'what would happen, and the plan to agree to' },
    { words: 'gdpr anonymize anna@example.org --plan 7f3ac1b20c4d --confirm anna@example.org', says: 'do it' },
    { words: 'gdpr anonymize E-7F3AC1B2', says: 'go on with one that was stopped' },
  ],
  resume: 'nothing was changed; run the same command again',
  run: (context, input) => anonymizeOne(context, input),
  render: ({ user, plan, next, result }, look, about) =>
    result === null
      ? renderErasurePlan({ user, plan, next }, look, about)
      : renderErasureOutcome({ user, plan, result }, look, about),
})
