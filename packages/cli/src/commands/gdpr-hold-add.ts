import { addHold } from '@journeys/core/ops'
import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { dayText } from '../day-flag.ts'
import { holdDocument, holdDocumentOf } from '../documents/restriction.ts'
import { flag } from '../flag.ts'
import { operatorName } from '../operator-name.ts'
import { renderHeader, renderNext } from '../output/header.ts'
import { formatPlural } from '../output/number.ts'
import { coverageOf, environmentFlag, line, placedLines, whoOf } from '../views/restriction.ts'

const tableNames = z.string().transform((typed, context) => {
  const names = [...new Set(typed.split(',').map((name) => name.trim()))].filter((name) => name !== '')
  if (names.length === 0) {
    context.issues.push({ code: 'custom', message: 'needs at least one table', input: typed })
  }
  return names
})

export const command = defineCommand({
  name: 'gdpr hold add',
  description:
    'Places a legal hold (Art. 17(3)(e) GDPR): what it covers is neither changed nor removed by anybody, not by an erasure, not by ' +
    'retention, not by the person or an operator; the database sees to it. New rows can be added. Without --tables it covers everything, ' +
    'and an erasure is refused; with them an erasure of the rest ends as partial. The account stays with every hold. It ends only by ' +
    'journeys gdpr hold remove.',
  arguments: {
    user: flag(
      '<user>',
      "the person's id (uuid) or e-mail address",
      z.string().min(1, 'needs an id or an e-mail address'),
    ),
  },
  flags: {
    reason: flag(
      '--reason <text>',
      'whose claim it is, and where it is filed',
      z.string({ error: 'is needed: --reason "claim of the insurer, file 2026-114"' }),
    ),
    tables: flag(
      '--tables <names>',
      'only these, with commas between them: purchases,storage.objects',
      tableNames.optional(),
    ),
    reviewOn: flag('--review-on <day>', 'when somebody has to look at it again, 2027-05-01', dayText.optional()),
  },
  document: z.object({
    auditId: z.number().describe('the row of private.audit_log that proves it'),
    hold: holdDocument,
    erasure: z
      .string()
      .nullable()
      .describe('one that has begun already: what it erased is gone, and it leaves the rest'),
    retired: z
      .array(z.object({ table: z.string(), rows: z.number() }))
      .describe('months that were about to be dropped and now wait, with the rows of this person'),
  }),
  examples: [
    { words: 'gdpr hold add anna@example.org --reason "claim, file 2026-114"', says: 'keep everything' },
    {
      words: 'gdpr hold add anna@example.org --reason "tax audit" --tables purchases --review-on 2027-05-01',
      says: 'keep one table, and be reminded',
    },
  ],
  resume: 'one transaction does it: it has happened whole or not at all; journeys gdpr hold list shows the holds',
  async run(context, { user, reason, tables, reviewOn }) {
    const options = { reason, tables, reviewOn, actor: operatorName(context.processEnv) }
    const { hold, ...result } = await addHold(await context.database(), user, options)
    return { document: { hold: holdDocumentOf(hold), ...result } }
  },
  render({ hold, auditId, erasure, retired }, look, about) {
    const { paint } = look
    const rows = retired.reduce((sum, one) => sum + one.rows, 0)
    const env = environmentFlag(about)
    return [
      renderHeader(['Journeys legal hold', about.environment, whoOf(hold)], paint.green(`hold ${hold.id}`), look),
      '',
      ...placedLines(hold, look),
      line('covers', `${coverageOf(hold)}; the account stays, too`, look),
      line('review', hold.reviewOn ?? 'nobody is reminded: --review-on names a day', look),
      ...(retired.length > 0
        ? [
            line(
              'retired',
              `${formatPlural(rows, 'entry', 'entries')} in months on their way out stay: ${retired.map(({ table }) => table).join(', ')}`,
              look,
            ),
          ]
        : []),
      ...(erasure === null
        ? []
        : [
            line(
              paint.yellow('erasure'),
              `${erasure} has begun: what it erased is gone; it leaves the rest of what is held`,
              look,
            ),
          ]),
      '',
      `Audit record ${auditId}.`,
      '',
      renderNext(
        [
          ...(erasure === null ? [] : [`journeys gdpr status ${erasure}${env}`]),
          `journeys gdpr hold list ${whoOf(hold)}${env}`,
        ],
        look,
      ),
    ].join('\n')
  },
})
