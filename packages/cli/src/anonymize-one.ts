import {
  dismissFinding,
  type ErasureOutcome,
  ExitCode,
  eraseUser,
  findTarget,
  type GdprContext,
  type LedgerEntry,
  type LedgerPlan,
  type Person,
  planErasure,
  resumeErasure,
} from '@journeys/core/ops'
import type { Outcome } from './command.ts'
import { isConfirmed } from './confirmation.ts'
import type { CommandContext } from './context.ts'
import { type ErasureOutcomeDocument, erasureOutcomeDocumentOf } from './documents/erasure-outcome.ts'
import { type ErasurePlanDocument, erasurePlanDocumentOf } from './documents/erasure-plan.ts'
import { gdprContext } from './gdpr-context.ts'
import { usageError } from './usage-error.ts'

export interface AnonymizeInput {
  user: string
  keepStatistics: boolean
  plan: string | undefined
  confirm: string | undefined
  confirmProduction: string | undefined
  received: Date | undefined
  reason: string | undefined
  dismiss: string | undefined
  dryRun: boolean
}

interface AnonymizeDocument {
  user: { id: string; email: string | null; createdAt: string | null } | null
  plan: ErasurePlanDocument
  next: string | null
  result: ErasureOutcomeDocument | null
}

/** Shows the plan for one person, does what a plan says, or goes on with an erasure that has begun. */
export async function anonymizeOne(
  context: CommandContext,
  input: AnonymizeInput,
): Promise<Outcome<AnonymizeDocument>> {
  const gdpr = await gdprContext(context)
  const target = await findTarget(gdpr, input.user, input.plan)
  if (target.entry !== undefined) return await goOn(context, gdpr, target.entry, input)
  if (input.dismiss !== undefined) {
    throw usageError('--dismiss is about an erasure that has begun, and this person has none', 'journeys gdpr status')
  }
  const { person } = target
  const plan = await planErasure(gdpr, person.id, { keepStatistics: input.keepStatistics })
  const next = confirmingCommand(context, input, plan.id)
  if (!(await isAgreedTo(context, input, person, next)) || input.dryRun) {
    return { document: { user: personOf(person), plan: erasurePlanDocumentOf(plan), next, result: null } }
  }
  const outcome = await eraseUser(gdpr, person.id, {
    plan: input.plan ?? '',
    keepStatistics: input.keepStatistics,
    requestedAt: input.received,
    reason: input.reason,
  })
  return answer(context, outcome, personOf(person))
}

async function goOn(
  context: CommandContext,
  gdpr: GdprContext,
  entry: LedgerEntry,
  input: AnonymizeInput,
): Promise<Outcome<AnonymizeDocument>> {
  const user = entry.userId === null ? null : { id: entry.userId, email: null, createdAt: null }
  if (input.dryRun) {
    const plan = erasurePlanDocumentOf(entry.plan as unknown as LedgerPlan)
    return { document: { user, plan, next: `journeys gdpr anonymize ${entry.id}${envFlag(gdpr)}`, result: null } }
  }
  if (input.dismiss !== undefined) await dismissFinding(gdpr, entry.id, input.dismiss, input.reason)
  return answer(context, await resumeErasure(gdpr, entry.id), user)
}

const exitCodes = { done: ExitCode.ok, partial: ExitCode.findings, failed: ExitCode.failed } as const

function answer(
  { cwd }: CommandContext,
  outcome: ErasureOutcome,
  user: AnonymizeDocument['user'],
): Outcome<AnonymizeDocument> {
  return {
    document: {
      user,
      plan: erasurePlanDocumentOf(outcome.plan),
      next: null,
      result: erasureOutcomeDocumentOf(outcome, cwd),
    },
    exitCode: exitCodes[outcome.outcome],
  }
}

/** @throws JourneysError exit code 2 for half a confirmation: nobody agrees to a plan that they have not named */
async function isAgreedTo(
  context: CommandContext,
  { user, plan, confirm, confirmProduction }: AnonymizeInput,
  person: Person,
  full: string,
): Promise<boolean> {
  if (plan !== undefined && confirm === undefined) throw usageError('--plan needs --confirm: nothing was changed', full)
  const environment = await context.environment()
  const expected = [user, person.id, ...(person.email === null ? [] : [person.email])]
  const confirmed = isConfirmed({ typed: confirm, expected, production: confirmProduction, environment, full })
  if (confirmed && plan === undefined) {
    throw usageError('--confirm needs the --plan that it agrees to: nothing was changed', full)
  }
  return confirmed
}

function confirmingCommand(context: CommandContext, input: AnonymizeInput, plan: string): string {
  const { user, keepStatistics, received, reason } = input
  return [
    `journeys gdpr anonymize ${user}`,
    ...(context.environmentName === 'local' ? [] : [`--env ${context.environmentName}`]),
    ...(keepStatistics ? ['--keep-statistics'] : []),
    ...(received === undefined ? [] : [`--received ${received.toISOString().slice(0, 10)}`]),
    ...(reason === undefined ? [] : [`--reason ${JSON.stringify(reason)}`]),
    `--plan ${plan} --confirm ${user}`,
  ].join(' ')
}

function envFlag({ environment }: GdprContext): string {
  return environment.name === 'local' ? '' : ` --env ${environment.name}`
}

function personOf({ id, email, createdAt }: Person): NonNullable<AnonymizeDocument['user']> {
  return { id, email, createdAt: createdAt?.toISOString() ?? null }
}
