import { findRestriction, unrestrictPerson } from '@journeys/core/ops'
import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { dayText } from '../day-flag.ts'
import { restrictionDocument, restrictionDocumentOf } from '../documents/restriction.ts'
import { flag } from '../flag.ts'
import { operatorName } from '../operator-name.ts'
import { renderHeader } from '../output/header.ts'
import { environmentFlag, placedLines, whoOf } from '../views/restriction.ts'

export const command = defineCommand({
  name: 'gdpr unrestrict',
  description:
    "Ends the restriction of a person's processing. Art. 18(3) GDPR wants them told before: --informed names the day on which they were, " +
    'and goes into the audit log. Without it the restriction is shown, and nothing changes.',
  arguments: {
    user: flag(
      '<user>',
      "the person's id (uuid) or e-mail address",
      z.string().min(1, 'needs an id or an e-mail address'),
    ),
  },
  flags: {
    informed: flag('--informed <day>', 'end it: the day on which they were told, 2026-11-23', dayText.optional()),
  },
  document: z.object({
    ended: z.boolean(),
    auditId: z.number().nullable().describe('the row of private.audit_log that proves it'),
    restriction: restrictionDocument,
  }),
  examples: [
    { words: 'gdpr unrestrict anna@example.org', says: 'since when and why' },
    { words: 'gdpr unrestrict anna@example.org --informed 2026-11-20', says: 'end it' },
  ],
  resume:
    'one transaction does it: it has happened whole or not at all; journeys gdpr restrict lists who is restricted',
  async run(context, { user, informed }) {
    const database = await context.database()
    if (informed === undefined) {
      const restriction = restrictionDocumentOf(await findRestriction(database, user))
      return { document: { ended: false, auditId: null, restriction } }
    }
    const options = { informedOn: informed, actor: operatorName(context.processEnv) }
    const { restriction, auditId } = await unrestrictPerson(database, user, options)
    return { document: { ended: true, auditId, restriction: restrictionDocumentOf(restriction) } }
  },
  render({ ended, auditId, restriction }, look, about) {
    const who = whoOf(restriction)
    const verdict = ended ? look.paint.green('ended') : 'RESTRICTED'
    return [
      renderHeader(['Journeys restriction', about.environment, who], verdict, look),
      '',
      ...placedLines(restriction, look),
      '',
      ...(ended
        ? [`Audit record ${auditId}. Their data can be changed again.`]
        : [
            'Nothing has been changed. Once they have been told (Art. 18(3) GDPR):',
            `  journeys gdpr unrestrict ${who}${environmentFlag(about)} --informed YYYY-MM-DD`,
          ]),
    ].join('\n')
  },
})
