import { type AnonymizationPlan, anonymizeUser, planAnonymization } from '@journeys/core/ops'
import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { confirmProduction, isConfirmed } from '../confirmation.ts'
import { flag, toggle } from '../flag.ts'
import { operatorName } from '../operator-name.ts'
import { formatDuration } from '../output/duration.ts'
import { renderHeader } from '../output/header.ts'
import { renderAnonymizationPlan } from '../views/anonymization.ts'

const part = z.object({ table: z.string(), count: z.number(), note: z.string().exactOptional() })

export const command = defineCommand({
  name: 'gdpr anonymize',
  description:
    "Erases a person's data and unties what must stay from them. Without --confirm it shows what would happen, per table with " +
    'counts, in a read-only transaction. With it everything happens in one transaction with an audit record.',
  arguments: {
    user: flag(
      '<user>',
      "the person's id (uuid) or e-mail address",
      z.string().min(1, 'needs an id or an e-mail address'),
    ),
  },
  flags: {
    confirm: flag('--confirm <user>', 'do it: the same id or e-mail address again', z.string().optional()),
    confirmProduction,
    dryRun: toggle('--dry-run', 'show the plan even with --confirm'),
  },
  document: z.object({
    applied: z.boolean(),
    auditId: z.number().exactOptional().describe('the row of private.audit_log that proves it'),
    user: z.object({ id: z.string(), email: z.string().nullable(), createdAt: z.string().nullable() }),
    erase: z.array(part),
    overwrite: z.array(part),
    keep: z.array(part),
    notCovered: z.array(z.string()).describe('what a person has to do by hand'),
  }),
  examples: [
    { words: 'gdpr anonymize anna@example.org', says: 'what would happen' },
    { words: 'gdpr anonymize anna@example.org --confirm anna@example.org', says: 'do it' },
  ],
  resume:
    'one transaction does it all: either nothing or everything has happened; run journeys gdpr anonymize <user> to see',
  async run(context, { user, confirm, confirmProduction, dryRun }) {
    const environment = await context.environment()
    const database = await context.database()
    const plan = await planAnonymization(database, user)
    const expected = [user, plan.user.id, ...(plan.user.email === null ? [] : [plan.user.email])]
    const full = confirmingCommand(user, environment.name)
    const confirmed = isConfirmed({ typed: confirm, expected, production: confirmProduction, environment, full })
    if (!confirmed || dryRun) return { document: { applied: false, ...presentable(plan) } }
    const { auditId, ...done } = await anonymizeUser(database, plan.user.id, {
      actor: operatorName(context.processEnv),
    })
    return { document: { applied: true, auditId, ...presentable(done) } }
  },
  render(document, look, { environment, durationMs }) {
    const { applied, user } = document
    const who = user.email ?? user.id
    const right = applied ? look.paint.green(`done in ${formatDuration(durationMs)}`) : 'PLAN'
    return [
      renderHeader(['Journeys anonymize', environment, who], right, look),
      '',
      renderAnonymizationPlan(document, look),
      '',
      ...(applied
        ? [`Audit record ${document.auditId}. What is listed under "by hand" remains to be done.`]
        : ['Nothing has been changed. To do it:', `  ${confirmingCommand(who, environment)}`]),
    ].join('\n')
  },
})

function confirmingCommand(user: string, environment: string): string {
  return `journeys gdpr anonymize ${user}${environment === 'local' ? '' : ` --env ${environment}`} --confirm ${user}`
}

function presentable(plan: AnonymizationPlan) {
  return { ...plan, user: { ...plan.user, createdAt: plan.user.createdAt?.toISOString() ?? null } }
}
