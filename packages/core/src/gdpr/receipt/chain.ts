import type { Queryable } from '../../database/connection.ts'
import { type GdprKeys, verifySignature } from '../key.ts'
import { canonicalJson, receiptHash, signedBytes } from './canonical.ts'
import { type Receipt, receiptSchema } from './receipt.ts'

/** One link, as the database has it. */
export interface ChainRow {
  seq: number
  erasure: string
  outcome: string
  keyId: string
  /** `null` once it was purged: the hash still holds the chain together. */
  body: string | null
  hash: string
  previousHash: string | null
  purgedAt: Date | null
}

export interface Chain {
  receipts: number
  purged: number
  /** What does not fit, by number; empty when the chain holds. */
  problems: { seq: number; says: string }[]
}

/** Receipts a round trip. */
const page = 200

const columns = `seq, erasure_id as erasure, outcome, key_id as "keyId", body, hash, previous_hash as "previousHash",
  purged_at as "purgedAt"`

export async function readLink(queryable: Queryable, seq: number): Promise<ChainRow | undefined> {
  const { rows } = await queryable.query<ChainRow>(
    `select ${columns} from private.erasure_receipts where seq = $1::bigint`,
    [seq],
  )
  return rows[0]
}

/** Follows the chain from its first receipt to its last: numbers, hashes, and the signature of each that is not purged. */
export async function checkChain(queryable: Queryable, keys: Pick<GdprKeys, 'all'>): Promise<Chain> {
  const chain: Chain = { receipts: 0, purged: 0, problems: [] }
  let last: ChainRow | undefined
  for (;;) {
    const { rows } = await queryable.query<ChainRow>(
      `select ${columns} from private.erasure_receipts where seq > $1::bigint order by seq limit ${page}`,
      [last?.seq ?? 0],
    )
    for (const row of rows) {
      chain.receipts += 1
      if (row.body === null) chain.purged += 1
      for (const says of linkProblems(row, last, keys)) chain.problems.push({ seq: row.seq, says })
      last = row
    }
    if (rows.length < page) break
  }
  // A chain tells what was taken out of it, but not what was cut off its end: the ledger does.
  const { rows: unsigned } = await queryable.query<{ id: string }>(
    `select l.id from private.erasure_ledger l where l.state = 'done'
       and not exists (select from private.erasure_receipts r where r.erasure_id = l.id and r.outcome = 'done')
     order by l.finished_at`,
  )
  for (const { id } of unsigned) {
    chain.problems.push({ seq: (last?.seq ?? 0) + 1, says: `${id} is done in the ledger, and its receipt is missing` })
  }
  return chain
}

function linkProblems(row: ChainRow, before: ChainRow | undefined, keys: Pick<GdprKeys, 'all'>): string[] {
  const expected = (before?.seq ?? 0) + 1
  if (row.seq !== expected) {
    return [
      row.seq === expected + 1
        ? `receipt ${expected} is missing`
        : `receipts ${expected} to ${row.seq - 1} are missing`,
    ]
  }
  const problems: string[] = []
  if (row.previousHash !== (before?.hash ?? null))
    problems.push(`receipt ${row.seq} does not continue the one before it`)
  if (row.body === null) return problems
  if (receiptHash(row.body) !== row.hash) return [...problems, `receipt ${row.seq} is not what its hash is of`]
  const receipt = readReceipt(row.body)
  if (receipt === undefined) return [...problems, `receipt ${row.seq} is no receipt`]
  const isOfRow =
    receipt.seq === row.seq &&
    receipt.erasure === row.erasure &&
    receipt.outcome === row.outcome &&
    receipt.keyId === row.keyId &&
    (receipt.previous?.hash ?? null) === row.previousHash
  if (!isOfRow) problems.push(`receipt ${row.seq} says something else than its row in the database`)
  const key = keys.all.find(({ id }) => id === receipt.keyId)
  if (key !== undefined && !isSignedBy(receipt, key.publicKey))
    problems.push(`the signature of receipt ${row.seq} does not fit`)
  return problems
}

/** `undefined` for anything that is not the canonical text of a receipt. */
export function readReceipt(text: string): Receipt | undefined {
  try {
    const receipt = receiptSchema.parse(JSON.parse(text))
    return canonicalJson(receipt) === text ? receipt : undefined
  } catch {
    return undefined
  }
}

export function isSignedBy(receipt: Receipt, publicKey: string): boolean {
  const signature = Buffer.from(receipt.signature, 'base64url')
  // The last letter of base64url has bits to spare: another one there means the same bytes, and is not what was signed.
  if (signature.toString('base64url') !== receipt.signature) return false
  return verifySignature(publicKey, signedBytes(receipt), signature)
}
