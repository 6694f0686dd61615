import type { Session } from '../../database/connection.ts'
import { JourneysError } from '../../errors.ts'
import { keyWithId } from '../key.ts'
import { findEntry, type LedgerEntry, reopenEntry } from '../ledger.ts'
import { personalDataMap } from '../map.ts'
import { countEach } from '../rows/count-rows.ts'
import { readPersonTables } from '../rows/read-person-tables.ts'
import { unsealPerson } from '../seal.ts'
import { type AccountDetail, endAccount } from './account.ts'
import type { GdprContext } from './context.ts'
import { fileReceipts, signReceipt } from './finish.ts'
import { type Held, readHeld } from './held-tables.ts'
import { type ErasureOutcome, readOutcome, type Verification } from './outcome.ts'
import { renewStatistics } from './planner-statistics.ts'
import { eraseRows } from './rows.ts'
import { endSessions } from './sessions.ts'
import { type ErasureRun, planSteps, readSteps, reopenSteps, runStep, type StepDetail, type StepRow } from './step.ts'
import { rowsOf, stepsOf, treatedTables } from './step-order.ts'
import { eraseFiles } from './storage.ts'
import { clearAgain, isClean, verifyErasure } from './verify.ts'

/** Does what is left to do of an erasure, whatever that is. The person's lock is held by this session. */
export async function runErasure(context: GdprContext, session: Session, entry: LedgerEntry): Promise<ErasureOutcome> {
  const waiting = await unchangedHold(session, entry)
  if (waiting !== undefined) return await stillPartial(context, session, entry, waiting)
  const run = await beginRun(context, session, entry)
  const before = await preparedSteps(run)
  for (const { step, state } of before) {
    const work = works[step] ?? rowsWork(step)
    if (state !== 'done' && work !== undefined) await runStep(run, step, () => work(run))
  }
  const held = await accountHeld(run)
  const verification = await verify(run, held, before)
  if (!isClean(verification)) return await failed(run, verification)
  await runStep(run, 'receipt', () => signReceipt(run, verification, held))
  let files: Awaited<ReturnType<typeof fileReceipts>> = {}
  await runStep(run, 'file', async () => {
    files = await fileReceipts(session, context.folder, entry)
    return {}
  })
  return await outcomeOf(run, { outcome: held === null ? 'done' : 'partial', verification, held, ...files })
}

/** What is done once; the search, and what follows from it, are done by every run. */
const works: Record<string, (run: ErasureRun) => Promise<StepDetail>> = {
  sessions: endSessions,
  storage: eraseFiles,
  account: endAccount,
}

function rowsWork(step: string): ((run: ErasureRun) => Promise<StepDetail>) | undefined {
  const table = rowsOf(step)
  return table === undefined ? undefined : (run) => eraseRows(run, table)
}

async function beginRun(context: GdprContext, session: Session, entry: LedgerEntry): Promise<ErasureRun> {
  const { userId, sealed } = entry
  if (userId === null || sealed === null) throw new TypeError(`${entry.id} is done`)
  const { owner, terms } = unsealPerson(keyWithId(context.keys, entry.keyId), sealed)
  const { tables } = await readPersonTables(session, personalDataMap(context.config.personalData))
  return { context, session, entry, userId, owner, terms, tables }
}

/** The steps as they stand. After a legal hold everything is gone through once more, with the tables that it kept. */
async function preparedSteps({ session, entry, tables, owner }: ErasureRun): Promise<StepRow[]> {
  const steps = await readSteps(session, entry.id)
  const again = entry.state === 'partial' || steps.some(({ detail }) => 'held' in detail && detail.held !== null)
  await reopenEntry(session, entry.id)
  if (!again) return steps
  const names = steps.map(({ step }) => step)
  const counts = await countEach(session, treatedTables(tables), owner)
  const present = new Set([
    ...counts.filter(({ rows }) => rows > 0).map(({ table }) => table.table),
    ...names.flatMap((step) => rowsOf(step) ?? []),
  ])
  await planSteps(session, entry.id, stepsOf(tables, present))
  await reopenSteps(
    session,
    entry.id,
    names.filter((step) => step !== 'open'),
  )
  return await readSteps(session, entry.id)
}

async function accountHeld({ session, entry }: ErasureRun): Promise<Held | null> {
  const account = (await readSteps(session, entry.id)).find(({ step }) => step === 'account')
  return (account?.detail as AccountDetail | undefined)?.held ?? null
}

/** Found something: that is no error of the program, and what it found is what has to be told. */
class Uncleared extends JourneysError {
  readonly verification: Verification
  constructor(verification: Verification) {
    const { left, storage } = verification
    const found = left.length > 0 || (storage?.objects ?? 0) > 0
    super(found ? 'verification_found' : 'verification_incomplete', 'The search did not end clean')
    this.verification = verification
  }
}

async function verify(run: ErasureRun, held: Held | null, before: readonly StepRow[]): Promise<Verification> {
  let verification: Verification | undefined
  const tried = before.find(({ step }) => step === 'verify')
  try {
    await runStep(run, 'verify', async () => {
      if (tried?.state === 'failed') await clearAgain(run)
      verification = await verifyErasure(run, held)
      if (!isClean(verification)) throw new Uncleared(verification)
      return { ...findingsOf(verification), statistics: await renewStatistics(run.session, run.terms) }
    })
  } catch (error) {
    if (!(error instanceof Uncleared)) throw error
    verification = error.verification
    await run.session.query(
      "update private.erasure_steps set detail = detail || $2::jsonb where erasure_id = $1 and step = 'verify'",
      [run.entry.id, JSON.stringify(findingsOf(verification))],
    )
  }
  if (verification === undefined) throw new TypeError('a verification ended without a result')
  return verification
}

/** Places and counts: what `--dismiss` is judged by. */
function findingsOf({ report, left, unread }: Verification): StepDetail {
  const { tables, columns, rows: searched, bytes } = report
  return {
    searched: { tables, columns, rows: searched, bytes },
    found: left.map(({ id, kind, table, column, rows }) => ({ id, kind, table, column, rows })),
    unread,
  }
}

async function failed(run: ErasureRun, verification: Verification): Promise<ErasureOutcome> {
  return await outcomeOf(run, { outcome: 'failed', verification, held: await accountHeld(run) })
}

/** The same holds as when it became partial: there is nothing to do, and no second receipt of the same. */
async function unchangedHold(session: Session, entry: LedgerEntry): Promise<Held | undefined> {
  if (entry.state !== 'partial' || entry.userId === null) return undefined
  const now = await readHeld(session, entry.userId)
  if (now.holds.length === 0) return undefined
  const account = (await readSteps(session, entry.id)).find(({ step }) => step === 'account')
  const then = (account?.detail as AccountDetail | undefined)?.held
  const same = then && then.everything === now.everything && String(then.tables) === String(now.tables)
  return same ? now : undefined
}

async function stillPartial(
  context: GdprContext,
  session: Session,
  entry: LedgerEntry,
  held: Held,
): Promise<ErasureOutcome> {
  const files = await fileReceipts(session, context.folder, entry)
  return { ...(await readOutcome(session, entry)), outcome: 'partial', before: true, ...heldOf(held), ...files }
}

async function outcomeOf(
  { session, entry }: ErasureRun,
  {
    held,
    ...rest
  }: Pick<ErasureOutcome, 'outcome' | 'verification' | 'receiptFile' | 'pageFile'> & { held: Held | null },
): Promise<ErasureOutcome> {
  const now = (await findEntry(session, entry.id)) ?? entry
  return { ...(await readOutcome(session, now)), before: false, ...heldOf(held), ...rest }
}

function heldOf(held: Held | null): Pick<ErasureOutcome, 'held'> {
  return held === null ? {} : { held: { everything: held.everything, tables: [...held.tables] } }
}
