import { findHold, removeHold } from '@journeys/core/ops'
import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { confirmProduction, isConfirmed } from '../confirmation.ts'
import { holdDocument, holdDocumentOf } from '../documents/restriction.ts'
import { flag, wholeNumber } from '../flag.ts'
import { operatorName } from '../operator-name.ts'
import { renderHeader } from '../output/header.ts'
import { coverageOf, environmentFlag, line, placedLines, whoOf } from '../views/restriction.ts'

export const command = defineCommand({
  name: 'gdpr hold remove',
  description:
    'Ends a legal hold: what it covered may be erased and may expire again, as far as no other hold covers it. Without --confirm it ' +
    'shows the hold, and nothing changes.',
  arguments: {
    hold: flag('<hold>', 'its number, as journeys gdpr hold list shows it', wholeNumber(1, Number.MAX_SAFE_INTEGER)),
  },
  flags: {
    confirm: flag('--confirm <user>', 'do it: the id or e-mail address of whom it is about', z.string().optional()),
    confirmProduction,
  },
  document: z.object({
    removed: z.boolean(),
    auditId: z.number().nullable().describe('the row of private.audit_log that proves it'),
    hold: holdDocument,
  }),
  examples: [
    { words: 'gdpr hold remove 3', says: 'what it keeps, and why' },
    { words: 'gdpr hold remove 3 --confirm anna@example.org', says: 'end it' },
  ],
  resume: 'one transaction does it: it has happened whole or not at all; journeys gdpr hold list shows the holds',
  async run(context, { hold: id, confirm, confirmProduction }) {
    const environment = await context.environment()
    const database = await context.database()
    const hold = await findHold(database, id)
    const full = `journeys gdpr hold remove ${id}${environmentFlag({ environment: environment.name })} --confirm ${whoOf(hold)}`
    const expected = [hold.user.id, ...(hold.user.email === null ? [] : [hold.user.email])]
    if (!isConfirmed({ typed: confirm, expected, production: confirmProduction, environment, full })) {
      return { document: { removed: false, auditId: null, hold: holdDocumentOf(hold) } }
    }
    const done = await removeHold(database, id, { actor: operatorName(context.processEnv) })
    return { document: { removed: true, auditId: done.auditId, hold: holdDocumentOf(done.hold) } }
  },
  render({ removed, auditId, hold }, look, about) {
    const who = whoOf(hold)
    const verdict = removed ? look.paint.green('removed') : 'in force'
    return [
      renderHeader(['Journeys legal hold', about.environment, who, `hold ${hold.id}`], verdict, look),
      '',
      ...placedLines(hold, look),
      line('covers', coverageOf(hold), look),
      ...(hold.reviewOn === null ? [] : [line('review', hold.reviewOn, look)]),
      '',
      ...(removed
        ? [`Audit record ${auditId}. What it covered may be erased and may expire again.`]
        : [
            'Nothing has been changed. To end it:',
            `  journeys gdpr hold remove ${hold.id}${environmentFlag(about)} --confirm ${who}`,
          ]),
    ].join('\n')
  },
})
