import { randomBytes } from 'node:crypto'
import type { Queryable, Session } from '../../database/connection.ts'
import { ExitCode, JourneysError } from '../../errors.ts'
import { announceStep } from '../../step.ts'
import { insertEntry, type LedgerEntry, requireLedgerKeys } from '../ledger.ts'
import { personalDataMap } from '../map.ts'
import { findPerson, type Person } from '../person.ts'
import type { ErasurePlan } from '../plan.ts'
import { planFor } from '../plan-erasure.ts'
import { readPersonTables } from '../rows/read-person-tables.ts'
import { type RowOwner, readRowOwner } from '../rows/row-owner.ts'
import { sealPerson } from '../seal.ts'
import { collectTerms } from '../search/collect-terms.ts'
import type { SearchTerm } from '../search/term.ts'
import { lockTimeoutMs, unlessBlocked } from './blockers.ts'
import type { GdprContext } from './context.ts'
import { judgeReason } from './dismiss.ts'
import { appendToJournal } from './journal.ts'
import { endStep, planSteps } from './step.ts'
import { presentTables, stepsOf } from './step-order.ts'

export interface OpenOptions {
  /** The id of the plan that somebody looked at and agreed to. */
  plan: string
  keepStatistics: boolean
  /** When the person asked. @defaultValue now */
  requestedAt?: Date | undefined
  /** Why, in at most 500 characters, and nothing about the person. */
  reason?: string | undefined
  /** The erasure that this one repeats, after a restore. */
  replays?: string | undefined
}

/**
 * Writes an erasure into the ledger before anything is touched. In the same transaction the person's row is locked, so that whoever
 * just writes for them ends first; the plan is made again and compared; and a restriction is placed that keeps everybody else from
 * writing for them from then on.
 *
 * @throws JourneysError `plan_stale`, `under_legal_hold`, `processing_restricted`, `plan_blocked`, `gdpr_key_missing`,
 *   `journal_not_written`; nothing has changed then
 */
export async function openErasure(
  context: GdprContext,
  session: Session,
  person: Person,
  options: OpenOptions,
): Promise<LedgerEntry> {
  if (options.reason !== undefined) judgeReason(options.reason)
  const id = `E-${randomBytes(4).toString('hex').toUpperCase()}`
  announceStep({ operation: 'erasure', id, step: 'open', moment: 'begins' })
  context.onProgress?.({ step: 'open', done: 0 })
  const prepared = await prepare(context, person)
  const entry = await unlessBlocked({ database: context.database, session }, () =>
    session.transaction(async (transaction) => {
      await transaction.query("select set_config('lock_timeout', $1, true)", [`${lockTimeoutMs}ms`])
      const locked = await findPerson(transaction, person.id, { lock: true })
      const entry = await writeEntry(context, transaction, { ...prepared, person: locked, id }, options)
      // Last, and on the disk before the commit: what a restored database does not know stands there.
      await appendToJournal(context.folder, entry)
      return entry
    }),
  )
  announceStep({ operation: 'erasure', id, step: 'open', moment: 'ended' })
  return entry
}

interface Prepared {
  owner: RowOwner
  terms: SearchTerm[]
  found: Awaited<ReturnType<typeof readPersonTables>>
}

/**
 * What takes its time is read before the person's row is locked: only counts are compared under the lock, and a text that changes
 * between the two is erased like the one before it.
 */
async function prepare({ database, config }: GdprContext, person: Person): Promise<Prepared> {
  const map = personalDataMap(config.personalData)
  return await database.readOnly(async (transaction) => ({
    owner: await readRowOwner(transaction, person),
    terms: await collectTerms(transaction, map, person),
    found: await readPersonTables(transaction, map),
  }))
}

async function writeEntry(
  context: GdprContext,
  transaction: Queryable,
  { person, id, owner, terms, found }: Prepared & { person: Person; id: string },
  options: OpenOptions,
): Promise<LedgerEntry> {
  await requireLedgerKeys(transaction, context.keys)
  const known = { owner: await readRowOwner(transaction, person), found }
  const plan = await planFor(transaction, person, context, { keepStatistics: options.keepStatistics, known })
  refuseObstacles(plan)
  const isSame = JSON.stringify(owner) === JSON.stringify(known.owner)
  if (plan.id !== options.plan || !isSame) throw stale(options.plan, plan.id)
  const { user: _, ...counts } = plan
  const entry = await insertEntry(transaction, context.keys, {
    id,
    userId: person.id,
    sealed: sealPerson(context.keys.current, { owner, terms }),
    requestedAt: options.requestedAt,
    deadline: context.config.gdpr.deadline,
    actor: context.actor,
    reason: options.reason,
    planId: plan.id,
    plan: counts,
    options: { keepStatistics: options.keepStatistics },
    replays: options.replays,
  })
  await planSteps(transaction, id, stepsOf(found.tables, presentTables(plan)))
  await endStep(transaction, id, 'open', {})
  await transaction.query(
    `insert into private.erasure_by_hand (erasure_id, step, title, todo)
     select $1, by_hand.step, by_hand.title, by_hand.todo
     from jsonb_to_recordset($2::jsonb) as by_hand (step text, title text, todo text)`,
    [id, JSON.stringify(plan.byHand.map((step) => ({ step: step.id, title: step.title, todo: step.do })))],
  )
  await transaction.query(
    `insert into private.processing_restrictions (user_id, kind, reason, placed_by) values ($1::uuid, 'erasure', $2, $3)`,
    [person.id, `erasure ${id}`, context.actor],
  )
  return entry
}

const refusals: Partial<Record<string, { code: string; message: string }>> = {
  hold: { code: 'under_legal_hold', message: 'This person is under a legal hold; nothing was changed' },
  restriction: {
    code: 'processing_restricted',
    message:
      "The processing of this person's data is restricted, which they may have asked for to keep it; nothing was changed",
  },
}

/** @throws JourneysError for the first thing that stands in the way, with all of them in its detail */
export function refuseObstacles({ obstacles }: Pick<ErasurePlan, 'obstacles'>): void {
  const blocking = obstacles.filter(({ blocks }) => blocks)
  const [first] = blocking
  if (first === undefined) return
  const { code, message } = refusals[first.kind] ?? {
    code: 'plan_blocked',
    message: 'Something stands in the way of this erasure; nothing was changed',
  }
  throw new JourneysError(code, message, {
    detail: blocking.map(({ summary }) => summary).join('\n'),
    hint: first.do,
  })
}

function stale(asked: string, now: string): JourneysError {
  return new JourneysError('plan_stale', `Plan ${asked} no longer fits what there is; nothing was changed`, {
    detail: `the data of this person has changed since, or the options are others: the plan is now ${now}`,
    hint: 'look at the new plan, and confirm that one: leave out --plan and --confirm',
    exitCode: ExitCode.failed,
  })
}
