import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Queryable } from '../../database/connection.ts'
import type { GdprContext } from '../erasure/context.ts'
import { receiptHash } from './canonical.ts'
import { isSignedBy, readReceipt } from './chain.ts'
import type { Receipt } from './receipt.ts'
import { lastReceipt } from './write-receipt.ts'

interface Candidate {
  receipt: Receipt
  text: string
}

/**
 * Puts back what a restored database has forgotten: receipts that were filed and continue its chain, with their rows of the ledger.
 * Without it the next receipt would take the number of one that somebody has on paper, and both would be genuine.
 *
 * Only what our own keys signed, for this environment, and only as far as each names the one before it.
 * @param folders with filed receipts
 * @returns how many
 */
export async function reinstateReceipts(
  { database, keys, environment }: Pick<GdprContext, 'database' | 'keys' | 'environment'>,
  folders: readonly string[],
): Promise<number> {
  const filed = (await Promise.all([...new Set(folders)].map(readFolder))).flat()
  const genuine = filed.filter(({ receipt }) => {
    const key = keys.all.find(({ id }) => id === receipt.keyId)
    return receipt.environment === environment.name && key !== undefined && isSignedBy(receipt, key.publicKey)
  })
  if (genuine.length === 0) return 0
  return await database.transaction(async (transaction) => {
    let last = await lastReceipt(transaction)
    for (let count = 0; ; count += 1) {
      const next = genuine.filter(({ receipt }) => {
        const { seq, previous } = receipt
        return seq === (last?.seq ?? 0) + 1 && (previous?.hash ?? null) === (last?.hash ?? null)
      })
      const [candidate] = next
      // Two that differ: the chain was forked before, and nobody can say which branch is right.
      if (candidate === undefined || next.some(({ text }) => text !== candidate.text)) return count
      last = await putBack(transaction, candidate)
    }
  })
}

async function putBack(transaction: Queryable, { receipt, text }: Candidate): Promise<{ seq: number; hash: string }> {
  const { seq, erasure, outcome, keyId, previous, finishedAt } = receipt
  const hash = receiptHash(text)
  await transaction.query(
    `insert into private.erasure_receipts (seq, erasure_id, outcome, key_id, body, hash, previous_hash, signed_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [seq, erasure, outcome, keyId, text, hash, previous?.hash ?? null, finishedAt],
  )
  // What is not done leads to a person, whom a receipt does not name.
  if (outcome === 'done') await putBackEntry(transaction, receipt)
  return { seq, hash }
}

async function putBackEntry(transaction: Queryable, receipt: Receipt): Promise<void> {
  const { plan, byHand } = receipt
  const { rowCount } = await transaction.query(
    `insert into private.erasure_ledger
       (id, subject_hash, key_id, requested_at, due_at, opened_at, finished_at, actor, plan_id, plan, options, state, replays)
     values ($1, $2, $3, $4, $5, $6, $7, 'from its receipt, after a restore', $8, $9::jsonb, $10::jsonb, 'done', $11)
     on conflict (id) do nothing`,
    [
      ...[receipt.erasure, receipt.subjectHash, receipt.keyId, receipt.requestedAt, receipt.dueAt, receipt.openedAt],
      ...[receipt.finishedAt, plan.id, JSON.stringify(plan), JSON.stringify({ keepStatistics: plan.keepStatistics })],
      receipt.replays,
    ],
  )
  if (rowCount === 0) return
  await transaction.query(
    `insert into private.erasure_by_hand (erasure_id, step, title, todo, done_at, done_by)
     select $1, one.step, one.title, one.title, one."doneAt", case when one."doneAt" is not null then 'from its receipt' end
     from jsonb_to_recordset($2::jsonb) as one (step text, title text, "doneAt" timestamptz)
     on conflict do nothing`,
    [receipt.erasure, JSON.stringify(byHand)],
  )
}

async function readFolder(folder: string): Promise<Candidate[]> {
  const names = await readdir(folder).catch(() => [])
  const candidates: Candidate[] = []
  for (const name of names.filter((one) => /^\d+-E-[0-9A-F]{8}\.json$/.test(one))) {
    const text = (await readFile(join(folder, name), 'utf8')).replace(/\n$/, '')
    const receipt = readReceipt(text)
    if (receipt !== undefined) candidates.push({ receipt, text })
  }
  return candidates
}
