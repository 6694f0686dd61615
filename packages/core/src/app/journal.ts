import { z } from 'zod'
import { JourneysError } from '../errors.ts'
import { type AppContext, type CachedReadOptions, readOwn } from './app-context.ts'
import { onlyGiven, parseInput } from './input.ts'
import { decodeCursor, encodeCursor } from './journal-cursor.ts'
import {
  type JournalEntry,
  type JournalEntryChanges,
  type JournalEntryRef,
  journalEntryChangesSchema,
  journalEntryColumns,
  journalEntryFromRow,
  journalEntryInsert,
  journalEntryRefSchema,
  type NewJournalEntry,
  newJournalEntrySchema,
} from './journal-entry.ts'
import { limits } from './limits.ts'
import { send } from './request-error.ts'

export interface JournalListOptions extends CachedReadOptions {
  /**
   * Entries per page, 1 to 100.
   *
   * @defaultValue 20
   */
  limit?: number | undefined
  /**
   * The `nextCursor` of the page before.
   *
   * @defaultValue the first page
   */
  cursor?: string | undefined
}

export interface JournalPage {
  /** Newest day first; entries of one day by id, descending. */
  readonly entries: readonly JournalEntry[]
  /** For the next page; null when this was the last. The last page may be empty. */
  readonly nextCursor: string | null
}

/**
 * The signed-in user's journal. Every call throws `not_signed_in`, `unreachable` and `rate_limited` (writes) besides its own.
 * supabase-js repeats a read that got no answer three times, within seven seconds, before it is `unreachable`; a write never.
 */
export interface Journal {
  /**
   * Adds an entry.
   *
   * @throws JourneysError `invalid_input` with every issue, before anything is sent; `conflict` when the id is taken, as it is
   *   when an earlier try got through (`saveBatchEntries` takes that for saved).
   */
  add(entry: NewJournalEntry): Promise<JournalEntry>
  /**
   * Changes parts of an entry.
   *
   * @throws JourneysError `invalid_input`; `not_found` when there is no such entry of this user, also when its date is another.
   */
  edit(entry: JournalEntryRef, changes: JournalEntryChanges): Promise<JournalEntry>
  /**
   * One page, newest first, from the cache for up to five minutes. Pages hold still: an entry that is added or removed meanwhile
   * neither repeats nor hides another.
   *
   * @throws JourneysError `invalid_input` for a limit out of bounds; `invalid_cursor`.
   */
  list(options?: JournalListOptions): Promise<JournalPage>
  /**
   * Removes an entry.
   *
   * @throws JourneysError `not_found` when there is no such entry of this user.
   */
  remove(entry: JournalEntryRef): Promise<void>
}

const table = 'journal_entries'

/** A write here changes what lists and progress say. */
export const journalTables = [table]

const pageLimit = z.int().min(1, 'must be from 1 to 100').max(limits.page.max, 'must be from 1 to 100')

const listSchema = z.strictObject({
  limit: pageLimit.default(limits.page.default),
  cursor: z.string().optional(),
  fresh: z.boolean().optional(),
})

export function createJournal(context: AppContext): Journal {
  const { supabase, queries, clock } = context
  return {
    async add(entry) {
      const checked = parseInput(newJournalEntrySchema(clock), entry, 'journal entry')
      return queries.write(journalTables, async (identity) => {
        const row = journalEntryInsert(checked, identity.userId, clock)
        const request = supabase.from(table).insert(row).select(journalEntryColumns).single()
        return journalEntryFromRow(await send(request, identity))
      })
    },

    async edit(entry, changes) {
      const { id, date } = parseInput(journalEntryRefSchema, entry, 'reference to a journal entry')
      const checked = parseInput(journalEntryChangesSchema(clock), changes, 'change of a journal entry')
      return queries.write(journalTables, async (identity) => {
        const own = { id, date, user_id: identity.userId }
        const request = supabase.from(table).update(onlyGiven(checked)).match(own).select(journalEntryColumns)
        const [row] = await send(request, identity)
        if (row === undefined) throw noSuchEntry()
        return journalEntryFromRow(row)
      })
    },

    async list(options = {}) {
      const { limit, cursor, fresh } = parseInput(listSchema, options, 'question for a page of the journal')
      const after = cursor === undefined ? undefined : decodeCursor(cursor)
      return readOwn(
        context,
        `journal/${limit}/${cursor ?? ''}`,
        async (identity) => {
          let request = supabase.from(table).select(journalEntryColumns)
          if (after !== undefined) {
            // Says the same as (date, id) < (after.date, after.id); the first filter is what the planner can prune months by.
            request = request.lte('date', after.date).or(`date.lt.${after.date},id.lt.${after.id}`)
          }
          const page = request.order('date', { ascending: false }).order('id', { ascending: false }).limit(limit)
          const entries = (await send(page, identity)).map(journalEntryFromRow)
          const last = entries.at(-1)
          const nextCursor = entries.length < limit || last === undefined ? null : encodeCursor(last)
          return { entries, nextCursor }
        },
        { tables: journalTables, fresh },
      )
    },

    async remove(entry) {
      const { id, date } = parseInput(journalEntryRefSchema, entry, 'reference to a journal entry')
      await queries.write(journalTables, async (identity) => {
        const own = { id, date, user_id: identity.userId }
        const removed = await send(supabase.from(table).delete().match(own).select('id'), identity)
        if (removed.length === 0) throw noSuchEntry()
      })
    },
  }
}

function noSuchEntry(): JourneysError {
  return new JourneysError('not_found', 'There is no such journal entry', {
    hint: 'Pass the entry as it was listed last: an entry whose date was changed goes by its new date.',
  })
}
