import { z } from 'zod'
import { JourneysError } from '../errors.ts'
import { calendarDate } from './calendar-date.ts'
import type { JournalEntryRef } from './journal-entry.ts'

// The letter in front lets a later version of the order refuse this one's cursors.
const position = z.tuple([z.literal('j1'), calendarDate, z.guid()])

/** Where a page of the journal ended, for the next one to begin after. Opaque to callers. */
export function encodeCursor(last: JournalEntryRef): string {
  return btoa(`j1.${last.date}.${last.id}`).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** @throws JourneysError `invalid_cursor` for anything that `encodeCursor` did not make. */
export function decodeCursor(cursor: string): JournalEntryRef {
  const parsed = position.safeParse(text(cursor)?.split('.'))
  if (!parsed.success || encodeCursor({ date: parsed.data[1], id: parsed.data[2] }) !== cursor) {
    throw new JourneysError('invalid_cursor', 'This is not a cursor of the journal', {
      hint: 'Pass the nextCursor of the page before, unchanged, or none for the first page.',
    })
  }
  return { date: parsed.data[1], id: parsed.data[2] }
}

function text(cursor: string): string | undefined {
  try {
    return atob(cursor.replaceAll('-', '+').replaceAll('_', '/'))
  } catch {
    return undefined
  }
}
