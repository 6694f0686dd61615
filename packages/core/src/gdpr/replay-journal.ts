import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import type { Queryable } from '../database/connection.ts'
import { ExitCode, JourneysError } from '../errors.ts'

/** One line of the list beside the receipts. It names nobody: the hash leads to a person only with the key, and the person at hand. */
const line = z.object({
  erasure: z.string(),
  subjectHash: z.string().regex(/^[0-9a-f]{64}$/),
  keyId: z.string(),
  openedAt: z.iso.datetime({ offset: true }),
})
export type JournalLine = z.output<typeof line>

export interface Journal {
  lines: JournalLine[]
  /** Numbers of lines, from 1, that cannot be read. A last line without its end is none: its erasure never began. */
  broken: number[]
}

/** The list that every erasure is written to before it begins, outside the database: no restore takes it back. */
export const journalName = 'ledger.jsonl'

/**
 * Reads it line by line. No file, no erasure.
 * @throws JourneysError `journal_unreadable` (exit code 2)
 */
export async function readJournal(folder: string): Promise<Journal> {
  const file = join(folder, journalName)
  const journal: Journal = { lines: [], broken: [] }
  let number = 0
  try {
    for await (const text of createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Infinity })) {
      number += 1
      if (text.trim() === '') continue
      const read = line.safeParse(parsed(text))
      if (read.success) journal.lines.push(read.data)
      else journal.broken.push(number)
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return journal
    throw new JourneysError('journal_unreadable', `${file} cannot be read`, {
      detail: cause instanceof Error ? cause.message : String(cause),
      hint: 'make it a file that you may read: it is what a restored database does not know',
      exitCode: ExitCode.usage,
      cause,
    })
  }
  // Killed while it was being written: what follows such a line begins on the next.
  if (journal.broken.at(-1) === number) journal.broken.pop()
  return journal
}

/**
 * Erasures of the list that this database knows nothing of, although nobody has replayed since: it is older than they are.
 * A purged erasure is known by its receipt's hash.
 */
export async function unknownErasures(queryable: Queryable, folder: string): Promise<JournalLine[]> {
  const { lines } = await readJournal(folder)
  if (lines.length === 0) return []
  const { rows } = await queryable.query<{ erasure: string }>(
    `select one.erasure from unnest($1::text[], $2::text[], $3::timestamptz[]) as one (erasure, hash, opened_at)
     where not exists (select from private.erasure_ledger l where l.id = one.erasure or l.subject_hash = one.hash)
       and not exists (select from private.erasure_receipts r where r.erasure_id = one.erasure)
       and not exists (
         select from private.audit_log a where a.action = 'erasures.replay' and a.at > one.opened_at
       )`,
    [lines.map((one) => one.erasure), lines.map((one) => one.subjectHash), lines.map((one) => one.openedAt)],
  )
  const unknown = new Set(rows.map(({ erasure }) => erasure))
  return lines.filter(({ erasure }) => unknown.has(erasure))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
