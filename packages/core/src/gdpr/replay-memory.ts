import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Queryable } from '../database/connection.ts'
import { type GdprKeys, keyWithId, verifySignature } from './key.ts'
import { signedBytes } from './receipt/canonical.ts'
import { receiptSchema } from './receipt/receipt.ts'
import { journalName, readJournal } from './replay-journal.ts'

/** An erasure that somebody may have come back from. */
export interface RememberedErasure {
  erasure: string
  keyId: string
  openedAt: string
}

/** A file that should have been read and could not be: whoever it stands for might be overlooked. */
export interface MemoryProblem {
  file: string
  problem: string
}

/** Everybody who was erased, from every place that remembers it. */
export interface ErasureMemory {
  /** Keyed hash of a person → their erasures, the latest first. */
  people: Map<string, RememberedErasure[]>
  /** How many erasures each place knew. */
  sources: { ledger: number; list: number; receipts: number }
  problems: MemoryProblem[]
}

/**
 * Gathers them: the database's ledger, and what lies beside it and is not restored with it: the list and the receipts.
 * @param folders with `ledger.jsonl` and receipts
 * @throws JourneysError `gdpr_key_missing` (exit code 2) when one was written under a key that is not at hand
 */
export async function rememberErasures(
  queryable: Queryable,
  keys: GdprKeys,
  folders: readonly string[],
): Promise<ErasureMemory> {
  const memory: ErasureMemory = { people: new Map(), sources: { ledger: 0, list: 0, receipts: 0 }, problems: [] }
  const seen = new Set<string>()
  const add = (subjectHash: string, remembered: RememberedErasure) => {
    keyWithId(keys, remembered.keyId)
    if (seen.has(`${remembered.erasure} ${subjectHash}`)) return
    seen.add(`${remembered.erasure} ${subjectHash}`)
    memory.people.set(subjectHash, [...(memory.people.get(subjectHash) ?? []), remembered])
  }
  const { rows } = await queryable.query<RememberedErasure & { subjectHash: string; openedAt: Date }>(
    `select id as erasure, subject_hash as "subjectHash", key_id as "keyId", opened_at as "openedAt" from private.erasure_ledger`,
  )
  for (const { subjectHash, openedAt, ...row } of rows) {
    memory.sources.ledger += 1
    add(subjectHash, { ...row, openedAt: openedAt.toISOString() })
  }
  for (const folder of new Set(folders)) {
    const { lines, broken } = await readJournal(folder)
    for (const { erasure, subjectHash, keyId, openedAt } of lines) {
      memory.sources.list += 1
      add(subjectHash, { erasure, keyId, openedAt })
    }
    for (const number of broken) {
      memory.problems.push({ file: join(folder, journalName), problem: `line ${number} is no line of this list` })
    }
    for await (const read of readReceipts(folder, keys)) {
      if ('problem' in read) {
        memory.problems.push(read)
        continue
      }
      memory.sources.receipts += 1
      add(read.subjectHash, read)
    }
  }
  for (const erasures of memory.people.values()) {
    erasures.sort((one, other) => Date.parse(other.openedAt) - Date.parse(one.openedAt))
  }
  return memory
}

/** Only what one of our own keys signed is believed: a file that somebody put there must not make us erase anybody. */
async function* readReceipts(
  folder: string,
  keys: GdprKeys,
): AsyncGenerator<MemoryProblem | (RememberedErasure & { subjectHash: string })> {
  const names = await readdir(folder).catch(() => [])
  for (const name of names.filter((one) => /^\d+-E-[0-9A-F]{8}\.json$/.test(one)).sort()) {
    const file = join(folder, name)
    const receipt = receiptSchema.safeParse(await readJson(file))
    if (!receipt.success) {
      yield { file, problem: 'is no receipt, or not all of one' }
      continue
    }
    const { erasure, subjectHash, keyId, openedAt, signature } = receipt.data
    const key = keyWithId(keys, keyId)
    if (verifySignature(key.publicKey, signedBytes(receipt.data), Buffer.from(signature, 'base64url'))) {
      yield { erasure, subjectHash, keyId, openedAt }
    } else {
      yield { file, problem: 'its signature does not fit: somebody changed it' }
    }
  }
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch {
    return undefined
  }
}
