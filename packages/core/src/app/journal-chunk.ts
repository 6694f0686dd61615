import type { SupabaseClient } from '@supabase/supabase-js'
import type { Identity } from '../cache/signed-in-user.ts'
import type { Database } from '../database/types.ts'
import { JourneysError } from '../errors.ts'
import type { BatchRow, FailedBatchEntry, SavedBatchEntry } from './journal-batch.ts'
import { isRowLevel, send } from './request-error.ts'

interface ChunkResult {
  saved: SavedBatchEntry[]
  failed: FailedBatchEntry[]
}

/** Ids in one question for what is there already: 100 UUIDs keep the address far below the 8,000 characters that proxies take. */
const idsPerQuestion = 100

/**
 * Saves the rows of one chunk in one request. When a row's content, or the size of the whole, is refused, halves are tried, down
 * to the row that it is about: the good rows are saved and the bad ones named, in about 2·log2(n) requests for one bad row. Any
 * other error ends the chunk, as it would meet every further request too.
 *
 * @throws nothing; every row is in the result.
 */
export async function saveRows(
  supabase: SupabaseClient<Database>,
  identity: Identity,
  rows: readonly BatchRow[],
  signal: AbortSignal | undefined,
): Promise<ChunkResult> {
  const result: ChunkResult = { saved: [], failed: [] }
  const waiting: (readonly BatchRow[])[] = [rows]
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    try {
      result.saved.push(...(await insert(supabase, identity, part, result.failed, signal)))
    } catch (cause) {
      const error = asJourneysError(cause)
      const divisible = part.length > 1 && (isRowLevel(error) || error.code === 'too_large')
      if (divisible) {
        const middle = Math.ceil(part.length / 2)
        waiting.push(part.slice(middle), part.slice(0, middle))
      } else if (isRowLevel(error) || error.code === 'too_large') {
        result.failed.push(...failures(part, error))
      } else {
        result.failed.push(...failures([part, ...waiting].flat(), error))
        break
      }
    }
  }
  return result
}

async function insert(
  supabase: SupabaseClient<Database>,
  identity: Identity,
  items: readonly BatchRow[],
  failed: FailedBatchEntry[],
  signal: AbortSignal | undefined,
): Promise<SavedBatchEntry[]> {
  let request = supabase
    .from('journal_entries')
    .upsert(
      items.map(({ row }) => row),
      { onConflict: 'id,date', ignoreDuplicates: true },
    )
    .select('id')
  if (signal !== undefined) request = request.abortSignal(signal)
  const created = new Set((await send(request, identity)).map(({ id }) => id))
  const others = items.filter(({ row }) => !created.has(row.id))
  const there = await alreadyThere(supabase, identity, others, signal)
  const taken = others.filter((item) => !there.has(name(item.row)))
  failed.push(
    ...failures(
      taken,
      new JourneysError('conflict', 'The id of this entry is taken', { hint: 'Give it another id and save it again.' }),
    ),
  )
  return items
    .filter((item) => !taken.includes(item))
    .map(({ index, row }) => ({ index, id: row.id, date: row.date, created: created.has(row.id) }))
}

/**
 * Which of these the user's journal holds. A row that was not inserted is an earlier try of this user or, with an id that was
 * not made at random, somebody else's entry; only the first is "saved".
 */
async function alreadyThere(
  supabase: SupabaseClient<Database>,
  identity: Identity,
  items: readonly BatchRow[],
  signal: AbortSignal | undefined,
): Promise<Set<string>> {
  const found = new Set<string>()
  for (let start = 0; start < items.length; start += idsPerQuestion) {
    const part = items.slice(start, start + idsPerQuestion).map(({ row }) => row)
    let request = supabase
      .from('journal_entries')
      .select('id,date')
      .eq('user_id', identity.userId)
      .in(
        'id',
        part.map(({ id }) => id),
      )
    if (signal !== undefined) request = request.abortSignal(signal)
    for (const row of await send(request, identity)) found.add(name(row))
  }
  return found
}

function name({ id, date }: { id: string; date: string }): string {
  return `${date} ${id}`
}

function failures(items: readonly BatchRow[], error: JourneysError): FailedBatchEntry[] {
  return items.map(({ index, row }) => ({ index, id: row.id, date: row.date, error }))
}

function asJourneysError(cause: unknown): JourneysError {
  if (cause instanceof JourneysError) return cause
  return new JourneysError('server_error', 'The request failed in an unforeseen way', { cause })
}
