import { z } from 'zod'
import { anonymizeOne } from '../anonymize-one.ts'
import { anonymizeSeveral } from '../anonymize-several.ts'
import { defineCommand } from '../command.ts'
import { confirmProduction } from '../confirmation.ts'
import { erasureOutcomeDocument } from '../documents/erasure-outcome.ts'
import { erasurePlanDocument } from '../documents/erasure-plan.ts'
import { severalDocument } from '../documents/several.ts'
import { calendarDay, flag, toggle } from '../flag.ts'
import { usageError } from '../usage-error.ts'
import { renderErasureOutcome } from '../views/erasure-outcome.ts'
import { renderErasurePlan } from '../views/erasure-plan.ts'
import { renderSeveral } from '../views/several.ts'

export const command = defineCommand({
  name: 'gdpr anonymize',
  description:
    'Erases a person: their sessions, rows and files, then their account; then the whole database is searched for what is left of them, ' +
    'and a receipt is signed. Without --plan and --confirm it shows what would happen, in a read-only transaction. Killed or failed at any ' +
    'moment, the same command with the id of the erasure goes on. Exits with 0 when it is done, 3 when a legal hold keeps a part, 1 when the ' +
    'search found something.',
  arguments: {
    user: flag(
      '[user]',
      "the person's id (uuid) or e-mail address, or an erasure that has begun (E-7F3AC1B2)",
      z.string().trim().min(1, 'needs an id or an e-mail address').optional(),
    ),
  },
  flags: {
    usersFrom: flag(
      '--users-from <file>',
      'everybody in this file, one id or address a line; - to type them in',
      z.string().min(1, 'needs a file').optional(),
    ),
    keepStatistics: toggle('--keep-statistics', 'keep scores, unlinked, where so many others wrote some in that month'),
    plan: flag('--plan <id>', 'do what this plan says; it must still be so', z.string().optional()),
    confirm: flag(
      '--confirm <user>',
      'do it: the same id or e-mail address again; with --users-from the number of people',
      z.string().optional(),
    ),
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
    plan: erasurePlanDocument.exactOptional().describe('absent with --users-from'),
    next: z.string().nullable().describe('the command that does what the plan says; null when it was done'),
    result: erasureOutcomeDocument.nullable().describe('null: nothing has been changed, or several has it'),
    several: severalDocument.exactOptional().describe('with --users-from'),
  }),
  examples: [
    { words: 'gdpr anonymize anna@example.org', says: 'what would happen, and the plan to agree to' },
    { words: 'gdpr anonymize anna@example.org --plan 7f3ac1b20c4d --confirm anna@example.org', says: 'do it' },
    { words: 'gdpr anonymize --users-from people.txt', says: 'the same for everybody in a file, and one plan for all' },
    { words: 'gdpr anonymize E-7F3AC1B2', says: 'go on with one that was stopped' },
  ],
  resume: 'nothing was changed; run the same command again',
  async run(context, { user, usersFrom, ...input }) {
    if (user !== undefined && usersFrom === undefined) return await anonymizeOne(context, { ...input, user })
    if (user === undefined && usersFrom !== undefined) return await anonymizeSeveral(context, { ...input, usersFrom })
    throw usageError(
      user === undefined ? 'missing <user>' : 'a person and --users-from: it is one or the other',
      'journeys gdpr anonymize <user>, or journeys gdpr anonymize --users-from <file>',
    )
  },
  render({ user, plan, next, result, several }, look, about) {
    if (several !== undefined) return renderSeveral(several, next, look, about)
    if (plan === undefined) return ''
    return result === null
      ? renderErasurePlan({ user, plan, next }, look, about)
      : renderErasureOutcome({ user, plan, result }, look, about)
  },
})
