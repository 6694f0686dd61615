import { batchOperation } from '../batch/batch-operation.ts'
import { JourneysError } from '../errors.ts'
import type { AppContext } from './app-context.ts'
import { parseInput } from './input.ts'
import { journalTables } from './journal.ts'
import { saveRows } from './journal-chunk.ts'
import {
  type JournalEntryInsert,
  type JournalEntryRef,
  journalEntryInsert,
  type NewJournalEntry,
  newJournalEntrySchema,
} from './journal-entry.ts'

export interface SaveBatchOptions {
  /**
   * Most entries in one request.
   *
   * @defaultValue 500
   */
  chunkSize?: number | undefined
  /**
   * Most bytes of JSON in one request; a single entry may exceed it.
   *
   * @defaultValue 524288, half a mebibyte
   */
  chunkBytes?: number | undefined
  /**
   * Requests under way at once.
   *
   * @defaultValue 5
   */
  concurrency?: number | undefined
  /**
   * Stops the batch: requests that have not begun are not sent, and their entries are reported as failed with code `aborted`.
   *
   * @defaultValue none
   */
  signal?: AbortSignal | undefined
}

/** An entry of the batch: where it stood in the input, and what names it. */
export interface BatchEntry extends JournalEntryRef {
  /** From 0, in the input. */
  readonly index: number
}

export interface SavedBatchEntry extends BatchEntry {
  /** False when the journal had it already: an earlier try got through. Its content was left as it is. */
  readonly created: boolean
}

export interface DuplicateBatchEntry extends BatchEntry {
  /** The entry of the input that it repeats. */
  readonly firstIndex: number
}

export interface FailedBatchEntry {
  /** From 0, in the input. */
  readonly index: number
  /** The id to repeat it with; undefined when the input had none and was refused before one was made. */
  readonly id: string | undefined
  /** The day that goes with the id. */
  readonly date: string | undefined
  /** `invalid_input` (with `issues`) and `conflict` stay so; `unreachable`, `rate_limited` and `aborted` may be repeated. */
  readonly error: JourneysError
}

/** Every entry of the input is in exactly one of the three, each ordered by `index`. */
export interface SaveBatchResult {
  /** In the journal now. */
  readonly saved: readonly SavedBatchEntry[]
  /** Equal to an earlier entry of the same input, and not sent again. What became of that one holds for these. */
  readonly duplicates: readonly DuplicateBatchEntry[]
  readonly failed: readonly FailedBatchEntry[]
}

/** A row to send and where it came from. */
export interface BatchRow {
  readonly index: number
  readonly row: JournalEntryInsert
}

/** The entries of a batch that are worth sending, and those that are not. */
interface Sorted {
  rows: BatchRow[]
  duplicates: DuplicateBatchEntry[]
  failed: FailedBatchEntry[]
}

/**
 * Saves many entries: one request per chunk instead of one per entry, and each entry reports for itself.
 *
 * Entries are named by id and date. One whose id and date the journal has already counts as saved and is left as it is, so a
 * batch that ended without an answer can be sent again: with the ids that the app gave, or those that `failed` names.
 * An entry that the server refuses does not keep the others of its chunk from being saved.
 *
 * @throws JourneysError `not_signed_in`, or `invalid_input` for an option out of range. What concerns an entry is in the result.
 */
export async function saveBatchEntries(
  context: AppContext,
  entries: readonly NewJournalEntry[],
  { chunkSize = 500, chunkBytes = 512 * 1024, concurrency = 5, signal }: SaveBatchOptions = {},
): Promise<SaveBatchResult> {
  if (!Number.isSafeInteger(chunkSize) || chunkSize < 1 || !Number.isSafeInteger(chunkBytes) || chunkBytes < 1) {
    throw new JourneysError('invalid_input', 'A chunk must hold at least one entry and one byte', {
      detail: `chunkSize is ${chunkSize}, chunkBytes is ${chunkBytes}`,
    })
  }
  return context.queries.write(journalTables, async (identity) => {
    const { rows, duplicates, failed } = sort(context, entries, identity.userId)
    const chunks = chunk(rows, chunkSize, chunkBytes)
    const outcomes = await batchOperation(
      chunks.map((part) => () => saveRows(context.supabase, identity, part, signal)),
      concurrency,
      { signal },
    )
    const saved: SavedBatchEntry[] = []
    outcomes.forEach((outcome, index) => {
      if (outcome.status === 'fulfilled') {
        saved.push(...outcome.value.saved)
        failed.push(...outcome.value.failed)
      } else {
        const error = outcome.reason as JourneysError
        failed.push(...(chunks[index] ?? []).map((item) => ({ ...nameOf(item), error })))
      }
    })
    const byIndex = (a: { index: number }, b: { index: number }) => a.index - b.index
    return { saved: saved.sort(byIndex), duplicates, failed: failed.sort(byIndex) }
  })
}

function nameOf({ index, row }: BatchRow): BatchEntry {
  return { index, id: row.id, date: row.date }
}

function sort(context: AppContext, entries: readonly NewJournalEntry[], userId: string): Sorted {
  const schema = newJournalEntrySchema(context.clock)
  const first = new Map<string, BatchRow>()
  const sorted: Sorted = { rows: [], duplicates: [], failed: [] }
  entries.forEach((entry, index) => {
    let item: BatchRow
    try {
      item = { index, row: journalEntryInsert(parseInput(schema, entry, 'journal entry'), userId, context.clock) }
    } catch (error) {
      const given: { id?: unknown; date?: unknown } = typeof entry === 'object' && entry !== null ? entry : {}
      const text = (value: unknown) => (typeof value === 'string' ? value : undefined)
      sorted.failed.push({ index, id: text(given.id), date: text(given.date), error: error as JourneysError })
      return
    }
    const earlier = first.get(item.row.id)
    if (earlier === undefined) {
      first.set(item.row.id, item)
      sorted.rows.push(item)
    } else if (sameContent(earlier.row, item.row)) {
      sorted.duplicates.push({ ...nameOf(item), firstIndex: earlier.index })
    } else {
      const error = new JourneysError('conflict', `This entry has the id of entry ${earlier.index} and other content`, {
        hint: 'Give every entry an id of its own; change a saved one with journal.edit.',
      })
      sorted.failed.push({ ...nameOf(item), error })
    }
  })
  return sorted
}

function sameContent(a: JournalEntryInsert, b: JournalEntryInsert): boolean {
  const scores = Object.entries(a.scores)
  return (
    a.date === b.date &&
    a.reflection === b.reflection &&
    scores.length === Object.keys(b.scores).length &&
    scores.every(([name, value]) => b.scores[name] === value)
  )
}

function chunk(rows: readonly BatchRow[], maxRows: number, maxBytes: number): BatchRow[][] {
  const encoder = new TextEncoder()
  const chunks: BatchRow[][] = []
  let current: BatchRow[] = []
  let bytes = 0
  for (const item of rows) {
    const size = encoder.encode(JSON.stringify(item.row)).length
    if (current.length > 0 && (current.length === maxRows || bytes + size > maxBytes)) {
      chunks.push(current)
      current = []
      bytes = 0
    }
    current.push(item)
    bytes += size
  }
  if (current.length > 0) chunks.push(current)
  return chunks
}
