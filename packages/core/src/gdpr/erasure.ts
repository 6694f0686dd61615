import type { Session } from '../database/connection.ts'
import { ExitCode, JourneysError } from '../errors.ts'
import type { GdprContext } from './erasure/context.ts'
import { fileReceipts } from './erasure/finish.ts'
import { lockPerson } from './erasure/lock.ts'
import { type OpenOptions, openErasure } from './erasure/open.ts'
import { type ErasureOutcome, readOutcome } from './erasure/outcome.ts'
import { runErasure } from './erasure/run.ts'
import { endStep, readSteps } from './erasure/step.ts'
import { keyWithId } from './key.ts'
import {
  findDoneByPlan,
  findEntry,
  findFinished,
  findUnfinished,
  type LedgerEntry,
  unfinishedEntries,
} from './ledger.ts'
import { findPerson, type Person } from './person.ts'
import { unsealPerson } from './seal.ts'

const erasureId = /^E-[0-9A-F]{8}$/i
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Somebody to erase, or an erasure that has begun. */
export type ErasureTarget = { person: Person; entry?: never } | { entry: LedgerEntry; person?: never }

/**
 * Whom the words mean: somebody with an account, or an erasure of the ledger, by its id (`E-7F3AC1B2`), by the person's uuid, or, until
 * it is done, by their address. It changes nothing.
 *
 * @param plan the plan that was agreed to: a command that was killed at its very end finds what it did by it, whatever the words are
 * @throws JourneysError as `findPerson`; `erasure_not_found` (exit code 1); `gdpr_key_missing` (2)
 */
export async function findTarget(
  context: Pick<GdprContext, 'database' | 'keys'>,
  who: string,
  plan?: string,
): Promise<ErasureTarget> {
  const { database, keys } = context
  const wanted = who.trim()
  if (erasureId.test(wanted)) {
    const entry = await findEntry(database, wanted)
    if (entry === undefined) throw notFound(wanted)
    return { entry }
  }
  try {
    const person = await findPerson(database, wanted)
    const entry = await findUnfinished(database, person.id)
    return entry === undefined ? { person } : { entry }
  } catch (error) {
    if (!(error instanceof JourneysError) || error.code !== 'user_not_found') throw error
    const entry = uuid.test(wanted)
      ? ((await findUnfinished(database, wanted)) ?? (await findFinished(database, keys, wanted)))
      : ((await findByAddress(context, wanted)) ?? (plan && (await findDoneByPlan(database, plan))))
    if (!entry) throw error
    return { entry }
  }
}

/** An address whose account is gone stands nowhere but in the seals of those erasures that are not done. */
async function findByAddress({ database, keys }: Pick<GdprContext, 'database' | 'keys'>, address: string) {
  for (const entry of await unfinishedEntries(database)) {
    const key = keys.all.find(({ id }) => id === entry.keyId)
    if (key === undefined || entry.sealed === null) continue
    if (unsealPerson(key, entry.sealed).owner.emails.includes(address.toLowerCase())) return entry
  }
  return undefined
}

/**
 * Erases somebody for good: ledger, sessions, rows, files, account; then searches the whole database, and signs a receipt. It can be
 * killed at any moment and goes on when it is called again; an erasure that has begun goes on from where it is, and one that is done
 * stays so.
 *
 * @param user uuid, e-mail address, or the id of an erasure
 * @throws JourneysError before anything has changed: `plan_stale`, `under_legal_hold`, `processing_restricted`, `plan_blocked`,
 *   `erasure_running`, `gdpr_key_missing`; afterwards whatever stopped it, with the command that goes on as its hint
 */
export async function eraseUser(context: GdprContext, user: string, options: OpenOptions): Promise<ErasureOutcome> {
  const target = await findTarget(context, user)
  if (target.entry !== undefined) return await resumeErasure(context, target.entry.id)
  return await context.database.session(async (session) => {
    const { person } = target
    await lockPerson(session, person.id)
    // Somebody may have been quicker, and even be done.
    const begun = await findUnfinished(session, person.id)
    const ended = begun ?? (await findFinished(session, context.keys, person.id))
    if (ended?.userId === null && (await isGone(session, person))) return await finished(context, session, ended)
    return await goOn(context, session, begun ?? (await openErasure(context, session, person, options)))
  })
}

/**
 * Goes on with an erasure that was stopped, failed, or waited for a legal hold. Of one that is done, files that are missing in the
 * folder are written again, and nothing else happens.
 * @throws JourneysError `erasure_not_found`, `erasure_running`, `gdpr_key_missing`; and whatever stops it
 */
export async function resumeErasure(context: GdprContext, erasure: string): Promise<ErasureOutcome> {
  return await context.database.session(async (session) => {
    const found = await findEntry(session, erasure)
    if (found === undefined) throw notFound(erasure)
    if (found.userId === null) return await finished(context, session, found)
    await lockPerson(session, found.userId)
    const entry = (await findEntry(session, erasure)) ?? found
    return entry.userId === null ? await finished(context, session, entry) : await goOn(context, session, entry)
  })
}

async function isGone(session: Session, { id }: Person): Promise<boolean> {
  return (await session.query('select from auth.users where id = $1::uuid', [id])).rows.length === 0
}

async function goOn(context: GdprContext, session: Session, entry: LedgerEntry): Promise<ErasureOutcome> {
  keyWithId(context.keys, entry.keyId)
  try {
    return await runErasure(context, session, entry)
  } catch (error) {
    throw stopped(context, entry, error)
  }
}

async function finished(context: GdprContext, session: Session, entry: LedgerEntry): Promise<ErasureOutcome> {
  const files = await fileReceipts(session, context.folder, entry)
  const file = (await readSteps(session, entry.id)).find(({ step }) => step === 'file')
  if (file?.state !== 'done') await endStep(session, entry.id, 'file', {})
  return { ...(await readOutcome(session, entry)), outcome: 'done', before: true, ...files }
}

/** The command that goes on with an erasure. */
export function resumeCommand({ environment }: Pick<GdprContext, 'environment'>, erasure: string): string {
  return `journeys gdpr anonymize ${erasure}${environment.name === 'local' ? '' : ` --env ${environment.name}`}`
}

/** What stopped it, and that it can go on: whoever reads this has begun something. */
function stopped(context: GdprContext, entry: LedgerEntry, error: unknown): unknown {
  if (!(error instanceof JourneysError)) return error
  const advice = error.hint === undefined ? [] : [error.hint]
  return new JourneysError(error.code, error.message, {
    detail: [
      ...(error.detail === undefined ? [] : [error.detail]),
      ...advice,
      `${entry.id} has begun and is not done: nobody can write for this person any more`,
    ].join('\n'),
    hint: resumeCommand(context, entry.id),
    exitCode: error.exitCode,
    cause: error,
  })
}

function notFound(erasure: string): JourneysError {
  return new JourneysError('erasure_not_found', `The ledger has no erasure ${erasure.toUpperCase()}`, {
    detail: 'it may have been purged, or belong to another environment',
    hint: 'journeys gdpr status --all lists every erasure; --env names the environment',
    exitCode: ExitCode.failed,
  })
}
