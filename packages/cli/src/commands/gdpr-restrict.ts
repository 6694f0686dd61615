import { readRestrictions, restrictPerson } from '@journeys/core/ops'
import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { restrictionDocument, restrictionDocumentOf } from '../documents/restriction.ts'
import { flag } from '../flag.ts'
import { operatorName } from '../operator-name.ts'
import { renderHeader, renderNext } from '../output/header.ts'
import { usageError } from '../usage-error.ts'
import { environmentFlag, line, placedLines, renderRestrictions, whoOf } from '../views/restriction.ts'

export const command = defineCommand({
  name: 'gdpr restrict',
  description:
    "Restricts the processing of a person's data (Art. 18 GDPR): from then on the database refuses whoever wants to write, change or " +
    'remove anything of theirs, the app, the service key, operators and retention alike, files included. They can still sign in and ' +
    'read: storage is what the article leaves, and access is their right. Whoever was just writing is waited for. Without a person it ' +
    'lists who is restricted.',
  arguments: { user: flag('[user]', "the person's id (uuid) or e-mail address", z.string().optional()) },
  flags: {
    reason: flag('--reason <text>', 'on which ground, and where the request is filed', z.string().optional()),
  },
  document: z.object({
    placed: z.boolean().describe('false: nothing was written'),
    auditId: z.number().nullable().describe('the row of private.audit_log that proves it'),
    named: z.boolean().describe('a person was named: the list has one entry'),
    restrictions: z.array(restrictionDocument),
  }),
  examples: [
    { words: 'gdpr restrict', says: 'who is restricted' },
    {
      words: 'gdpr restrict anna@example.org --reason "accuracy contested, file 2026-114"',
      says: 'restrict them',
    },
  ],
  resume:
    'one transaction does it: it has happened whole or not at all; journeys gdpr restrict lists who is restricted',
  async run(context, { user, reason }) {
    if (user === undefined) {
      if (reason !== undefined)
        throw usageError('--reason needs a person', 'journeys gdpr restrict <user> --reason TEXT')
      const restrictions = await (await context.database()).readOnly(readRestrictions)
      return {
        document: {
          placed: false,
          auditId: null,
          named: false,
          restrictions: restrictions.map(restrictionDocumentOf),
        },
      }
    }
    if (reason === undefined) {
      throw usageError(
        '--reason is needed: the person will be told why',
        `journeys gdpr restrict ${user} --reason TEXT`,
      )
    }
    const options = { reason, actor: operatorName(context.processEnv) }
    const { placed, auditId, restriction } = await restrictPerson(await context.database(), user, options)
    return {
      document: {
        placed,
        auditId: auditId ?? null,
        named: true,
        restrictions: [restrictionDocumentOf(restriction)],
      },
    }
  },
  render({ placed, auditId, named, restrictions }, look, about) {
    const [restriction] = restrictions
    if (!named || restriction === undefined) return renderRestrictions(restrictions, look, about)
    const who = whoOf(restriction)
    const verdict = placed ? look.paint.green('RESTRICTED') : 'unchanged'
    return [
      renderHeader(['Journeys restriction', about.environment, who], verdict, look),
      '',
      ...placedLines(restriction, look),
      line('so', 'they read and sign in; nobody writes, changes or removes anything of theirs', look),
      '',
      placed ? `Audit record ${auditId}.` : 'They were restricted already: nothing was changed.',
      '',
      renderNext([`journeys gdpr unrestrict ${who}${environmentFlag(about)}`], look),
    ].join('\n')
  },
})
