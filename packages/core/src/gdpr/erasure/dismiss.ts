import { ExitCode, JourneysError } from '../../errors.ts'
import { type Dismissal, findEntry } from '../ledger.ts'
import { namesSomebody } from '../person.ts'
import type { GdprContext } from './context.ts'
import { readSteps } from './step.ts'

interface RecordedFinding {
  id: string
  table: string
  column: string
}

/**
 * Notes that somebody looked at what the search found and answers for its staying: another person's text that says the same, a public
 * figure's name. It stands in the ledger, in the audit log and in the receipt.
 *
 * @param finding `F-1A2B3C4D`, one of those that the last search found
 * @throws JourneysError `finding_not_found`, `reason_missing`, `reason_personal` (exit code 2)
 */
export async function dismissFinding(
  context: Pick<GdprContext, 'database' | 'actor'>,
  erasure: string,
  finding: string,
  reason: string | undefined,
): Promise<void> {
  const given = requireReason(reason)
  await context.database.transaction(async (transaction) => {
    const entry = await findEntry(transaction, erasure)
    const verify = entry && (await readSteps(transaction, entry.id)).find(({ step }) => step === 'verify')
    const found = (verify?.detail.found ?? []) as RecordedFinding[]
    const one = found.find(({ id }) => id === finding.toUpperCase())
    if (entry === undefined || one === undefined) throw notFound(erasure, finding, found)
    const dismissal: Dismissal = {
      finding: one.id,
      place: `${one.table}.${one.column}`,
      reason: given,
      by: context.actor,
      at: new Date().toISOString(),
    }
    const others = (entry.options.dismissed ?? []).filter((other) => other.finding !== one.id)
    await transaction.query(
      `update private.erasure_ledger set options = options || jsonb_build_object('dismissed', $2::jsonb) where id = $1`,
      [entry.id, JSON.stringify([...others, dismissal])],
    )
    await transaction.query("select private.record_audit('erasure.dismiss', $1::uuid, $2::jsonb, $3)", [
      entry.userId,
      JSON.stringify({ erasure: entry.id, finding: one.id, place: dismissal.place }),
      context.actor,
    ])
  })
}

/** @throws JourneysError `reason_missing`, `reason_personal` (exit code 2) */
export function requireReason(reason: string | undefined): string {
  const given = reason?.trim() ?? ''
  if (given === '') {
    throw new JourneysError('reason_missing', 'A finding is dismissed for a reason, which stands in the receipt', {
      hint: '--reason "the same sentence stands in our own newsletter"',
      exitCode: ExitCode.usage,
    })
  }
  judgeReason(given)
  return given
}

/** @throws JourneysError `reason_personal`, `reason_too_long` (exit code 2): the ledger outlives the person's data */
export function judgeReason(reason: string): void {
  if (reason.length > 500) {
    throw new JourneysError('reason_too_long', `A reason has at most 500 characters, this one ${reason.length}`, {
      hint: 'write down where it is filed, not what it says',
      exitCode: ExitCode.usage,
    })
  }
  if (namesSomebody(reason)) {
    throw new JourneysError('reason_personal', 'A reason must not name the person: it has an address or an id in it', {
      detail: 'the ledger is kept when everything else about them is gone',
      hint: 'write down where it is filed: --reason "letter of 3 December, file 2026-114"',
      exitCode: ExitCode.usage,
    })
  }
}

function notFound(erasure: string, finding: string, found: readonly RecordedFinding[]): JourneysError {
  return new JourneysError('finding_not_found', `The last search of ${erasure} found no ${finding}`, {
    detail:
      found.length === 0
        ? 'it found nothing'
        : found.map(({ id, table, column }) => `${id} in ${table}.${column}`).join('\n'),
    hint: `journeys gdpr anonymize ${erasure} searches again`,
    exitCode: ExitCode.usage,
  })
}
