import { ExitCode, listHolds } from '@journeys/core/ops'
import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { holdDocument, holdDocumentOf } from '../documents/restriction.ts'
import { flag, toggle } from '../flag.ts'
import { renderHolds } from '../views/restriction.ts'

export const command = defineCommand({
  name: 'gdpr hold list',
  description:
    'Lists the legal holds: about whom, since when, what they keep and why. Read-only. With --due only those that somebody has to look at ' +
    'again by now, and exit code 3 when there are any.',
  arguments: {
    user: flag('[user]', 'only those about this person: id (uuid) or e-mail address', z.string().optional()),
  },
  flags: { due: toggle('--due', 'only those whose day of review has come; exit code 3 when there is any') },
  document: z.object({ onlyDue: z.boolean(), holds: z.array(holdDocument).describe('the oldest first') }),
  examples: [
    { words: 'gdpr hold list', says: 'all of them' },
    { words: 'gdpr hold list --due --env production', says: 'for cron: exit code 3 when one has to be looked at' },
  ],
  async run(context, { user, due }) {
    const all = await listHolds(await context.database(), user)
    const holds = all.filter(({ reviewDue }) => reviewDue || !due).map(holdDocumentOf)
    return {
      document: { onlyDue: due, holds },
      exitCode: due && holds.length > 0 ? ExitCode.findings : ExitCode.ok,
    }
  },
  render: ({ onlyDue, holds }, look, about) => renderHolds(holds, onlyDue, look, about),
})
