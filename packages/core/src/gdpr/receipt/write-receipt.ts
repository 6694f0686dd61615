import { z } from 'zod'
import type { Queryable } from '../../database/connection.ts'
import type { GdprContext } from '../erasure/context.ts'
import { readSteps, type StepRow } from '../erasure/step.ts'
import { keyWithId } from '../key.ts'
import { type Dismissal, findEntry, type LedgerEntry } from '../ledger.ts'
import type { SearchFinding, SearchReport } from '../search/search-report.ts'
import { canonicalJson, receiptHash, signedBytes } from './canonical.ts'
import {
  type Receipt,
  type ReceiptContent,
  type ReceiptHold,
  type ReceiptVerification,
  receiptSchema,
  receiptSchemaName,
} from './receipt.ts'

declare const __JOURNEYS_VERSION__: string

export interface ReceiptInput {
  /** `E-7F3AC1B2` */
  erasure: string
  outcome: 'done' | 'partial'
  /** The same moment that the ledger gets as `finished_at`. */
  finishedAt: Date
  search: SearchReport
  /** What is left in the person's folders; null where the environment has no storage. */
  storage: { buckets: number; objects: number } | null
  dismissed: readonly Dismissal[]
  held: readonly ReceiptHold[]
}

export interface WrittenReceipt {
  receipt: Receipt
  /** What was signed with its signature, byte for byte: what is filed and what the next one's hash is of. */
  text: string
  hash: string
}

/**
 * Signs what the ledger says of an erasure and puts it at the end of the chain. Nothing but this transaction decides whether it
 * happened: the caller writes the outcome into the ledger in the same one.
 *
 * Two at once wait for each other, so that the numbers have no gaps and no two receipts name the same one before them.
 * @throws JourneysError `gdpr_key_missing` when the key that the ledger's entry was written with is not at hand
 */
export async function writeReceipt(
  transaction: Queryable,
  context: Pick<GdprContext, 'keys' | 'environment'>,
  input: ReceiptInput,
): Promise<WrittenReceipt> {
  const previous = await lastReceipt(transaction)
  const entry = await findEntry(transaction, input.erasure)
  if (entry === undefined) throw new TypeError(`${input.erasure} is not in the ledger`)
  const key = keyWithId(context.keys, entry.keyId)
  const content: ReceiptContent = {
    ...(await contentOf(transaction, entry, input)),
    environment: context.environment.name,
    seq: (previous?.seq ?? 0) + 1,
    previous,
    keyId: key.id,
    publicKey: key.publicKey,
  }
  const signature = key.sign(signedBytes(content)).toString('base64url')
  // Parsed once more: nothing is signed that the verification would not read.
  const receipt = receiptSchema.parse({ ...content, signature })
  const text = canonicalJson(receipt)
  const hash = receiptHash(text)
  await transaction.query(
    `insert into private.erasure_receipts (seq, erasure_id, outcome, key_id, body, hash, previous_hash, signed_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [receipt.seq, entry.id, receipt.outcome, key.id, text, hash, previous?.hash ?? null, input.finishedAt],
  )
  return { receipt, text, hash }
}

/** The end of the chain, which stays the end until the transaction is over: whoever wants to add to it waits. */
export async function lastReceipt(transaction: Queryable): Promise<{ seq: number; hash: string } | null> {
  await transaction.query("select pg_advisory_xact_lock(hashtextextended('journeys:erasure_receipts', 0))")
  const { rows } = await transaction.query<{ seq: number; hash: string }>(
    'select seq, hash from private.erasure_receipts order by seq desc limit 1',
  )
  return rows[0] ?? null
}

async function contentOf(queryable: Queryable, entry: LedgerEntry, input: ReceiptInput) {
  const { rows: byHand } = await queryable.query<{ step: string; title: string; doneAt: Date | null }>(
    `select step, title, done_at as "doneAt" from private.erasure_by_hand where erasure_id = $1 order by step`,
    [entry.id],
  )
  const steps = await readSteps(queryable, entry.id)
  const { finishedAt } = input
  return {
    schema: receiptSchemaName,
    erasure: entry.id,
    replays: entry.replays,
    outcome: input.outcome,
    subjectHash: entry.subjectHash,
    requestedAt: entry.requestedAt.toISOString(),
    dueAt: entry.dueAt.toISOString(),
    openedAt: entry.openedAt.toISOString(),
    finishedAt: finishedAt.toISOString(),
    deadlineKept: finishedAt <= entry.dueAt,
    plan: planOf(entry),
    // Not those that are still to come: signing it, and filing it.
    steps: steps.filter(({ step }) => step !== 'receipt' && step !== 'file').map(stepOf),
    verification: verificationOf(input),
    held: input.held.map(({ tables, reviewOn }) => ({ tables, reviewOn })),
    byHand: byHand.map(({ step, title, doneAt }) => ({ step, title, doneAt: doneAt?.toISOString() ?? null })),
    tool: { name: 'journeys' as const, version: __JOURNEYS_VERSION__ },
  } satisfies Partial<ReceiptContent>
}

/** What the ledger keeps of a plan, as far as it belongs into a receipt. */
const treated = z.object({ table: z.string(), rows: z.number() })
const kept = treated.extend({ ground: z.string(), until: z.string().nullish() })
const plan = z.object({
  erase: z.array(treated),
  overwrite: z.array(treated),
  unlink: z.array(treated),
  keep: z.array(kept),
  storage: z.array(z.object({ bucket: z.string(), objects: z.number(), bytes: z.number() })),
})

/** Tables in which the person had rows; the rest of the schema is nobody's proof. */
function planOf({ planId, plan: written, options }: LedgerEntry): ReceiptContent['plan'] {
  const { erase, overwrite, unlink, keep, storage } = plan.parse(written)
  const present = <T extends { rows: number }>(tables: T[]) => tables.filter(({ rows }) => rows > 0)
  return {
    id: planId,
    keepStatistics: options.keepStatistics,
    erase: present(erase),
    overwrite: present(overwrite),
    unlink: present(unlink),
    keep: present(keep).map(({ until, ...table }) => ({ ...table, until: until ?? null })),
    storage: storage.filter(({ objects }) => objects > 0),
  }
}

function stepOf({ step, state, attempts, finishedAt, detail }: StepRow): ReceiptContent['steps'][number] {
  const rows = typeof detail.rows === 'number' ? detail.rows : null
  return { step, state, attempts, finishedAt: finishedAt?.toISOString() ?? null, rows }
}

function verificationOf({ search, storage, dismissed }: ReceiptInput): ReceiptVerification {
  const { at, durationMs, tables, columns, rows, bytes, terms } = search
  // Which term it was stays in the ledger's seal; a receipt says where only.
  const placeOf = ({ term: _, ...finding }: SearchFinding) => finding
  return {
    at: at.toISOString(),
    durationMs: Math.round(durationMs),
    tables,
    columns,
    rows,
    bytes,
    terms,
    found: search.found.map(placeOf),
    shared: search.shared.map(placeOf),
    dismissed: dismissed.map(({ finding, reason, by, at: when }) => ({ finding, reason, by, at: isoTime(when) })),
    notSearched: search.notSearched,
    setAside: search.setAside,
    storage,
  }
}

function isoTime(text: string): string {
  return new Date(text).toISOString()
}
