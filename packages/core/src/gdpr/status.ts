import { existsSync } from 'node:fs'
import type { Queryable } from '../database/connection.ts'
import { ExitCode, JourneysError } from '../errors.ts'
import { fileReceipts } from './erasure/finish.ts'
import type { GdprKeys } from './key.ts'
import { findPerson } from './person.ts'
import { receiptFiles } from './receipt/receipt-file.ts'
import sql from './status.sql'

export const erasureStates = ['open', 'failed', 'partial', 'done'] as const
export type ErasureState = (typeof erasureStates)[number]

export interface StepStatus {
  step: string
  state: 'pending' | 'running' | 'failed' | 'done'
  attempts: number
  /** ISO 8601, as the other moments in here. */
  startedAt: string | null
  finishedAt: string | null
  error: string | null
}

/** Something that no command reaches: a person did it, and said so, or has yet to. */
export interface ByHandStatus {
  step: string
  title: string
  todo: string
  doneAt: string | null
  doneBy: string | null
  note: string | null
}

export interface ReceiptStatus {
  number: number
  outcome: 'done' | 'partial' | 'failed'
  hash: string
  signedAt: string
}

/** What the ledger knows of one erasure. */
export interface ErasureStatus {
  /** `E-7F3AC1B2` */
  erasure: string
  state: ErasureState
  /** uuid; `null` once it is done: then only a keyed hash of it is left. */
  userId: string | null
  keyId: string
  requestedAt: Date
  dueAt: Date
  openedAt: Date
  finishedAt: Date | null
  actor: string
  reason: string | null
  planId: string
  options: Record<string, unknown>
  /** The erasure that this one repeats, because its person came back with a backup. */
  replays: string | null
  /** A legal hold on this person stands. */
  held: boolean
  /** Calendar days (UTC) until it is due; below 0 when that day has passed. */
  daysLeft: number
  /** Not done although due; one that waits for a legal hold is not late. */
  overdue: boolean
  /** Due, and something that a person does by hand is not ticked off. */
  byHandOverdue: boolean
  openByHand: number
  steps: StepStatus[]
  byHand: ByHandStatus[]
  receipts: ReceiptStatus[]
}

export interface StatusOptions {
  /** An erasure (`E-7F3AC1B2`), a plan, or a person by uuid or e-mail address. @defaultValue all */
  which?: string | undefined
  /** @defaultValue any */
  states?: readonly ErasureState[] | undefined
  /** The finished ones with nothing left to do, too. @defaultValue only when `which` or `states` ask for them */
  all?: boolean | undefined
  /** Without them a person is found only while their erasure is not done. */
  keys?: GdprKeys | undefined
}

/** How many erasures the ledger knows, by their state. */
export type ErasureCounts = Record<ErasureState, number>

const erasureId = /^E-[0-9A-F]{8}$/i
const planId = /^[0-9a-f]{12}$/i
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * Reads the ledger: what has to be done first comes first. It changes nothing.
 * @throws JourneysError `erasure_not_found` (exit code 1) when something was named and the ledger does not have it,
 *   `erasure_malformed` (2) when it can be no name of any
 */
export async function readErasures(queryable: Queryable, options: StatusOptions = {}): Promise<ErasureStatus[]> {
  const { which, states, keys } = options
  const named = which === undefined ? {} : await meaningOf(queryable, which.trim())
  const { rows } = await queryable.query<ErasureStatus>(sql, [
    named.erasure ? [named.erasure] : null,
    named.plan ? [named.plan] : null,
    named.person ?? null,
    named.person && keys ? keys.all.map((key) => key.subjectHash(named.person ?? '')) : [],
    states && states.length > 0 ? states : null,
    options.all ?? (which !== undefined || states?.includes('done') === true),
  ])
  if (rows.length === 0 && which !== undefined && (states ?? []).length === 0) throw notFound(which, keys)
  return rows
}

/** One erasure by its id. @throws JourneysError as {@link readErasures} */
export async function readErasure(queryable: Queryable, erasure: string): Promise<ErasureStatus> {
  if (!erasureId.test(erasure.trim())) throw malformed(erasure)
  const [status] = await readErasures(queryable, { which: erasure })
  if (status === undefined) throw notFound(erasure, undefined)
  return status
}

/**
 * Writes the files of these erasures' receipts again where they are missing in the folder: the database has every text.
 * @returns by erasure the path of its last receipt; nothing for one whose texts were purged, or when the folder cannot be written
 */
export async function refileReceipts(
  queryable: Queryable,
  folder: string,
  erasures: readonly Pick<ErasureStatus, 'erasure' | 'receipts'>[],
): Promise<Record<string, string>> {
  const files: Record<string, string> = {}
  for (const { erasure, receipts } of erasures) {
    const expected = receipts.map(({ number }) => receiptFiles(folder, { seq: number, erasure }))
    const last = expected.at(-1)?.receiptFile
    // A file that is there stays, even a changed one: that it was changed is for `gdpr verify` to find.
    const isMissing = expected.some(({ receiptFile, pageFile }) => !existsSync(receiptFile) || !existsSync(pageFile))
    if (isMissing) await fileReceipts(queryable, folder, { id: erasure }).catch(unlessFolder)
    if (last !== undefined && existsSync(last)) files[erasure] = last
  }
  return files
}

/** Whoever looks at the ledger from elsewhere need not be able to write there. */
function unlessFolder(error: unknown): void {
  if (!(error instanceof Error && 'syscall' in error)) throw error
}

export async function countErasures(queryable: Queryable): Promise<ErasureCounts> {
  const { rows } = await queryable.query<{ state: ErasureState; count: number }>(
    'select state, count(*) as count from private.erasure_ledger group by state',
  )
  const count = (state: ErasureState) => rows.find((row) => row.state === state)?.count ?? 0
  return { open: count('open'), failed: count('failed'), partial: count('partial'), done: count('done') }
}

async function meaningOf(
  queryable: Queryable,
  which: string,
): Promise<{ erasure?: string; plan?: string; person?: string }> {
  if (erasureId.test(which)) return { erasure: which.toUpperCase() }
  if (planId.test(which)) return { plan: which.toLowerCase() }
  if (uuid.test(which)) return { person: which.toLowerCase() }
  if (!which.includes('@')) throw malformed(which)
  return { person: (await findPerson(queryable, which).catch(withoutAccount)).id }
}

/** An address leads nowhere once its account is gone: that is what an erasure is for. */
function withoutAccount(error: unknown): never {
  if (!(error instanceof JourneysError) || error.code !== 'user_not_found') throw error
  throw new JourneysError('erasure_not_found', error.message, {
    detail: 'an address leads to an erasure only while the account is there; the ledger keeps no address',
    hint: 'name the erasure (it is in the receipt and in your own file), or the uuid: journeys gdpr status --all lists every erasure',
    cause: error,
  })
}

function malformed(which: string): JourneysError {
  return new JourneysError('erasure_malformed', `${JSON.stringify(which)} names no erasure`, {
    detail: 'an erasure is named like E-7F3AC1B2',
    hint: 'journeys gdpr status --all lists every erasure',
    exitCode: ExitCode.usage,
  })
}

function notFound(which: string, keys: GdprKeys | undefined): JourneysError {
  return new JourneysError('erasure_not_found', `The ledger has no erasure for ${which}`, {
    detail:
      keys === undefined
        ? 'it may have been purged, or belong to another environment'
        : `looked for it under ${keys.all.length === 1 ? 'the key' : `${keys.all.length} keys`} at hand; it may have been purged, or belong to another environment`,
    hint: 'journeys gdpr status --all lists every erasure; --env names the environment',
  })
}
