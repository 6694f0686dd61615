import { z } from 'zod'
import type { Clock } from '../cache/clock.ts'
import { calendarDate, monthsAround, today } from './calendar-date.ts'
import { databaseText } from './input.ts'
import { limits } from './limits.ts'

/** One entry of a journal. `id` and `date` together name it. */
export interface JournalEntry {
  readonly id: string
  /** The day it is about, `YYYY-MM-DD`. */
  readonly date: string
  readonly reflection: string
  /** Name to whole number from 0 to 10, e.g. `{ mood: 7, craving: 2 }`. */
  readonly scores: Readonly<Record<string, number>>
  /** ISO 8601 with offset. */
  readonly createdAt: string
  /** ISO 8601 with offset. */
  readonly updatedAt: string
}

/** What names an entry; a `JournalEntry` is one. The date tells the server which month to look in. */
export interface JournalEntryRef {
  readonly id: string
  readonly date: string
}

export interface NewJournalEntry {
  /**
   * A UUID made by the app. Keep it, and a save that had no answer can be repeated without a second entry.
   *
   * @defaultValue a new random UUID
   */
  id?: string | undefined
  /**
   * The day it is about, `YYYY-MM-DD`: from the month two years ago to the end of the third month ahead.
   *
   * @defaultValue today where the device is
   */
  date?: string | undefined
  /** 1 to 10,000 characters. */
  reflection: string
  /**
   * At most 10 scores: a name of `a-z` and `_` (32 characters at most, a letter first) to a whole number from 0 to 10.
   *
   * @defaultValue `{}`
   */
  scores?: Readonly<Record<string, number>> | undefined
}

/** The parts to change, at least one. */
export interface JournalEntryChanges {
  /** @defaultValue unchanged */
  date?: string | undefined
  /** @defaultValue unchanged */
  reflection?: string | undefined
  /** @defaultValue unchanged */
  scores?: Readonly<Record<string, number>> | undefined
}

/** A row as PostgREST gives it for `journalEntryColumns`. */
export interface JournalEntryRow {
  id: string
  date: string
  reflection: string
  scores: unknown
  created_at: string
  updated_at: string
}

/** An entry that is checked and complete, as the request carries it. */
export interface JournalEntryInsert {
  id: string
  user_id: string
  date: string
  reflection: string
  scores: Record<string, number>
}

export const journalEntryColumns = 'id,date,reflection,scores,created_at,updated_at'

const { scores: score } = limits.journalEntry

const id = z.guid('must be a UUID').transform((value) => value.toLowerCase())

const reflection = databaseText(limits.journalEntry.reflection)

const scores = z
  .record(
    z.string().regex(score.key, 'must be a name of a-z and _, a letter first, at most 32 characters'),
    z.int('must be a whole number').min(score.min, 'must be 0 or more').max(score.max, 'must be 10 or less'),
  )
  .refine((value) => Object.keys(value).length <= score.maxKeys, `must have at most ${score.maxKeys} scores`)

/** The dates that the journal has room for now: one partition per month. */
function entryDate(clock: Clock) {
  return calendarDate.refine(
    (date) => {
      const { yearsBack, monthsAhead } = limits.journalEntry.date
      const { first, last } = monthsAround(today(clock), yearsBack * 12, monthsAhead)
      return date >= first && date <= last
    },
    { message: 'must be from the month two years ago to the third month ahead', abort: true },
  )
}

export function newJournalEntrySchema(clock: Clock) {
  return z.strictObject({
    id: id.optional(),
    date: entryDate(clock).optional(),
    reflection,
    scores: scores.optional(),
  })
}

export function journalEntryChangesSchema(clock: Clock) {
  return z
    .strictObject({
      date: entryDate(clock).optional(),
      reflection: reflection.optional(),
      scores: scores.optional(),
    })
    .refine((changes) => Object.values(changes).some((value) => value !== undefined), 'must change something')
}

/** Takes a whole entry too, and keeps what names it. */
export const journalEntryRefSchema = z.object({ id, date: calendarDate })

/** The row for a checked entry, with what was left out filled in. */
export function journalEntryInsert(
  entry: z.output<ReturnType<typeof newJournalEntrySchema>>,
  userId: string,
  clock: Clock,
): JournalEntryInsert {
  return {
    id: entry.id ?? crypto.randomUUID(),
    user_id: userId,
    date: entry.date ?? today(clock),
    reflection: entry.reflection,
    scores: entry.scores ?? {},
  }
}

export function journalEntryFromRow(row: JournalEntryRow): JournalEntry {
  return {
    id: row.id,
    date: row.date,
    reflection: row.reflection,
    scores: row.scores as Record<string, number>,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
