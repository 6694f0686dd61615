import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { ExitCode, eraseSeveral, JourneysError, parsePeople, planSeveral } from '@journeys/core/ops'
import type { AnonymizeInput } from './anonymize-one.ts'
import type { Outcome } from './command.ts'
import { isConfirmed } from './confirmation.ts'
import type { CommandContext } from './context.ts'
import { type SeveralDocument, severalDocumentOf } from './documents/several.ts'
import { gdprContext } from './gdpr-context.ts'
import { usageError } from './usage-error.ts'

export interface AnonymizeSeveralInput extends Omit<AnonymizeInput, 'user'> {
  /** A file, or `-` for what is typed or piped in. */
  usersFrom: string
}

interface AnonymizeSeveralDocument {
  user: null
  next: string | null
  result: null
  several: SeveralDocument
}

/** Shows the plan for everybody in a file, or erases them, one after the other. */
export async function anonymizeSeveral(
  context: CommandContext,
  input: AnonymizeSeveralInput,
): Promise<Outcome<AnonymizeSeveralDocument>> {
  const { keepStatistics, plan, received, reason } = input
  if (input.dismiss !== undefined) throw usageError('--dismiss is about one erasure, not about several')
  const listed = parsePeople(await readList(context, input.usersFrom))
  const gdpr = await gdprContext(context)
  const planned = await planSeveral(gdpr, listed, { keepStatistics })
  context.output.progress.clear()
  const count = planned.people.length
  const next = confirmingCommand(context, input, planned.id, count)
  const isAgreed = await isAgreedTo(context, input, count, next)
  if (!isAgreed || input.dryRun) {
    const document = { user: null, next: count === 0 ? null : next, result: null, several: severalDocumentOf(planned) }
    return { document, exitCode: planned.refused.length > 0 ? ExitCode.findings : ExitCode.ok }
  }
  if (plan !== planned.id) throw stale(plan ?? '', planned.id, next)
  let done = 0
  const results = await eraseSeveral(gdpr, planned, {
    keepStatistics,
    requestedAt: received,
    reason,
    onResult: ({ line, outcome, erasure }) =>
      context.output.progress.note(`${++done} of ${count}   line ${line}   ${erasure ?? '–'}   ${outcome}`),
  })
  const several = severalDocumentOf(planned, results)
  return { document: { user: null, next: null, result: null, several }, exitCode: exitCodeOf(several) }
}

function exitCodeOf({ counts }: SeveralDocument): number {
  if ((counts?.failed ?? 0) > 0) return ExitCode.failed
  return (counts?.partial ?? 0) > 0 ? ExitCode.findings : ExitCode.ok
}

/** @throws JourneysError exit code 2 for half a confirmation, or another number of people */
async function isAgreedTo(
  context: CommandContext,
  { plan, confirm, confirmProduction }: AnonymizeSeveralInput,
  count: number,
  full: string,
): Promise<boolean> {
  if (plan !== undefined && confirm === undefined) throw usageError('--plan needs --confirm: nothing was changed', full)
  if (confirm !== undefined && confirm !== String(count)) {
    throw usageError(`--confirm takes the number of people, and that is ${count}: nothing was changed`, full)
  }
  const environment = await context.environment()
  const expected = [String(count)]
  const confirmed = isConfirmed({ typed: confirm, expected, production: confirmProduction, environment, full })
  if (confirmed && plan === undefined) {
    throw usageError('--confirm needs the --plan that it agrees to: nothing was changed', full)
  }
  return confirmed
}

/** @throws JourneysError `people_unreadable` (exit code 2) */
async function readList({ stdin, cwd }: CommandContext, file: string): Promise<string> {
  if (file === '-') return await text(stdin)
  try {
    return await readFile(resolve(cwd, file), 'utf8')
  } catch (cause) {
    throw new JourneysError('people_unreadable', `${file} cannot be read`, {
      detail: cause instanceof Error ? cause.message : String(cause),
      hint: 'name a file with one uuid or e-mail address a line, or - to type them in',
      exitCode: ExitCode.usage,
      cause,
    })
  }
}

function confirmingCommand(context: CommandContext, input: AnonymizeSeveralInput, plan: string, count: number): string {
  const { usersFrom, keepStatistics, received, reason } = input
  return [
    `journeys gdpr anonymize --users-from ${/\s/.test(usersFrom) ? JSON.stringify(usersFrom) : usersFrom}`,
    ...(context.environmentName === 'local' ? [] : [`--env ${context.environmentName}`]),
    ...(keepStatistics ? ['--keep-statistics'] : []),
    ...(received === undefined ? [] : [`--received ${received.toISOString().slice(0, 10)}`]),
    ...(reason === undefined ? [] : [`--reason ${JSON.stringify(reason)}`]),
    `--plan ${plan} --confirm ${count}`,
  ].join(' ')
}

function stale(asked: string, now: string, next: string): JourneysError {
  return new JourneysError('plan_stale', `Plan ${asked} no longer fits what there is; nothing was changed`, {
    detail: `the list, or the data of somebody on it, has changed since: the plan is now ${now}`,
    hint: `look at the new plan first: leave out --plan and --confirm; then ${next}`,
  })
}
