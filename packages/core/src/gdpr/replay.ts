import type { Queryable } from '../database/connection.ts'
import { JourneysError } from '../errors.ts'
import type { GdprContext } from './erasure/context.ts'
import { eraseUser, resumeErasure } from './erasure.ts'
import { planErasure } from './plan-erasure.ts'
import { reinstateReceipts } from './receipt/reinstate.ts'
import { unknownErasures } from './replay-journal.ts'
import { type MemoryProblem, rememberErasures } from './replay-memory.ts'
import { eraseRemains } from './replay-remains.ts'
import { type Scan, scanForPeople } from './replay-scan.ts'
import {
  type AttemptCounts,
  type AttemptResult,
  attempt,
  concernsAll,
  countAttempts,
  type Refusal,
  refusalOf,
} from './several-attempt.ts'

/** Somebody who was erased, and is there again. */
export interface ReturnedPerson {
  /** uuid */
  userId: string
  /** Their erasures, the latest first. */
  erasures: string[]
  /** Where they were found: `accounts`, `public.journal_entries.user_id`, `folders in storage.objects`. */
  where: string[]
  /** Without an account there is nobody to lock out: only rows and files, from a backup of their own. */
  hasAccount: boolean
}

/** An erasure that was not done when the database was as it is now. */
export interface UnfinishedErasure {
  erasure: string
  state: 'open' | 'failed' | 'partial'
  /** A legal hold stands: it is left alone. */
  held: boolean
}

export interface ReplayPlan {
  /** How many erasures each place remembers, and of how many people. */
  remembered: { people: number; ledger: number; list: number; receipts: number }
  compared: Scan['compared']
  back: ReturnedPerson[]
  unfinished: UnfinishedErasure[]
  /** Erasures that this database does not know: it is older than they are. */
  unknown: string[]
  /** What could not be read: whoever it stands for may have been overlooked. */
  problems: MemoryProblem[]
}

export interface ReplayOptions {
  /** More folders with receipts and a `ledger.jsonl`, beside that of the environment. */
  receipts?: readonly string[] | undefined
}

/** What was done about one of them. */
export interface ReplayedPerson extends AttemptResult {
  /** uuid; `null` for an erasure that was only gone on with. */
  userId: string | null
  /** The erasure that was repeated, or gone on with. */
  of: string
  /** `again`: a new erasure with its own receipt. `resume`: the one that was not done. `remains`: rows and files without an account. */
  how: 'again' | 'resume' | 'remains'
}

export interface ReplayResult extends ReplayPlan {
  results: ReplayedPerson[]
  counts: AttemptCounts
}

/**
 * Finds everybody who was erased and is there again, after a restore of the database or of files. Read-only: every id is hashed under
 * every key, page by page, in one snapshot.
 * @throws JourneysError `gdpr_key_missing`, `journal_unreadable` (exit code 2)
 */
export async function planReplay(context: GdprContext, options: ReplayOptions = {}): Promise<ReplayPlan> {
  const { database, keys, folder, onProgress, signal } = context
  const folders = [folder, ...(options.receipts ?? [])]
  return await database.readOnly(async (transaction) => {
    const { people, sources, problems } = await rememberErasures(transaction, keys, folders)
    const unfinished = await readUnfinished(transaction)
    const { found, compared } = await scanForPeople(transaction, keys, people, { onProgress, signal })
    const underWay = new Set(unfinished.map(({ erasure }) => erasure))
    const back = found.map(({ userId, subjectHash, where, hasAccount }) => ({
      userId,
      erasures: (people.get(subjectHash) ?? []).map(({ erasure }) => erasure),
      where,
      hasAccount,
    }))
    const unknown = new Map<string, string>()
    for (const one of folders)
      for (const { erasure } of await unknownErasures(transaction, one)) unknown.set(erasure, erasure)
    return {
      remembered: { people: people.size, ...sources },
      compared,
      // Who is not erased yet is no one who came back.
      back: back.filter(({ erasures }) => !erasures.some((erasure) => underWay.has(erasure))),
      unfinished,
      unknown: [...unknown.keys()].sort(),
      problems,
    }
  })
}

/**
 * Erases everybody again who is there again, each with a ledger entry and a receipt that names the erasure it repeats, and goes on with
 * what was not done. What goes wrong with one stops nothing else.
 *
 * @throws JourneysError as {@link planReplay}; `interrupted`, or an unreachable server: the same command goes on from there
 */
export async function runReplay(
  context: GdprContext,
  options: ReplayOptions & { onResult?: (result: ReplayedPerson) => void } = {},
): Promise<ReplayResult> {
  const plan = await planReplay(context, options)
  // Before the first new receipt: it must not take a number that one on paper has.
  await reinstateReceipts(context, [context.folder, ...(options.receipts ?? [])])
  const results: ReplayedPerson[] = []
  const add = (result: ReplayedPerson) => {
    results.push(result)
    options.onResult?.(result)
  }
  try {
    for (const { erasure } of plan.unfinished.filter(({ held }) => !held)) {
      const result = await attempt(context, null, () => resumeErasure(context, erasure))
      add({ ...result, erasure, userId: null, of: erasure, how: 'resume' })
    }
    for (const person of plan.back.filter(({ hasAccount }) => hasAccount)) add(await eraseAgain(context, person))
    for (const result of await removeRemains(
      context,
      plan.back.filter(({ hasAccount }) => !hasAccount),
    ))
      add(result)
  } catch (error) {
    throw stopped(error, results)
  }
  const counts = countAttempts(results)
  if (counts.failed === 0 && plan.problems.length === 0) await recordReplay(context, plan, counts)
  return { ...plan, results, counts }
}

async function eraseAgain(context: GdprContext, { userId, erasures }: ReturnedPerson): Promise<ReplayedPerson> {
  const [of = ''] = erasures
  const result = await attempt(context, userId, async () => {
    const { id } = await planErasure(context, userId, { keepStatistics: false })
    return await eraseUser(context, userId, {
      plan: id,
      // What was kept for statistics then was counted among people who may not be there now.
      keepStatistics: false,
      replays: of,
      reason: `back after a restore; erased before as ${of}`,
    })
  })
  return { ...result, userId, of, how: 'again' }
}

/** Rows and files without an account are looked for once more when they are gone: there is no search for each of these people. */
async function removeRemains(context: GdprContext, people: readonly ReturnedPerson[]): Promise<ReplayedPerson[]> {
  if (people.length === 0) return []
  const refusals = new Map<string, Refusal>()
  for (const { userId } of people) {
    await eraseRemains(context, userId).catch((error: unknown) => {
      if (!(error instanceof JourneysError) || concernsAll(error)) throw error
      refusals.set(userId, refusalOf(error))
    })
  }
  const hashes = new Set(people.map(({ userId }) => context.keys.current.subjectHash(userId)))
  const { found } = await context.database.readOnly((transaction) =>
    scanForPeople(transaction, { ...context.keys, all: [context.keys.current] }, hashes, context),
  )
  for (const { userId, where } of found) {
    if (!refusals.has(userId)) refusals.set(userId, remainsKept(where))
  }
  return people.map(({ userId, erasures }) => {
    const refusal = refusals.get(userId) ?? null
    const outcome = refusal === null ? 'done' : 'failed'
    return { outcome, erasure: null, receiptFile: null, refusal, userId, of: erasures[0] ?? '', how: 'remains' }
  })
}

function remainsKept(where: readonly string[]): Refusal {
  return {
    code: 'remains_kept',
    message: 'rows that name this person are still there',
    detail: where.join(', '),
    hint: 'decide what becomes of them: journeys gdpr coverage',
  }
}

async function readUnfinished(queryable: Queryable): Promise<UnfinishedErasure[]> {
  const { rows } = await queryable.query<UnfinishedErasure>(
    `select l.id as erasure, l.state, l.state = 'partial' and exists (select from private.legal_holds h where h.user_id = l.user_id) as held
     from private.erasure_ledger l where l.state <> 'done' order by l.opened_at, l.id`,
  )
  return rows
}

/** From here on the health check knows that this database was looked through. */
async function recordReplay({ database, actor }: GdprContext, plan: ReplayPlan, counts: AttemptCounts): Promise<void> {
  await database.query("select private.record_audit('erasures.replay', null::uuid, $1::jsonb, $2)", [
    JSON.stringify({
      remembered: plan.remembered.people,
      compared: plan.compared.ids,
      back: plan.back.length,
      ...counts,
    }),
    actor,
  ])
}

function stopped(error: unknown, results: readonly ReplayedPerson[]): unknown {
  if (!(error instanceof JourneysError)) return error
  const { done, partial } = countAttempts(results)
  return new JourneysError(error.code, error.message, {
    detail: [`${done + partial} people were erased again before that`, error.detail].filter(Boolean).join('\n'),
    hint: error.exitCode === 2 ? error.hint : 'run the same command again: it goes on with those who are left',
    exitCode: error.exitCode,
    cause: error,
  })
}
