import { z } from 'zod'
import type { Clock } from '../cache/clock.ts'

/** `YYYY-MM-DD`, a day that exists. */
export const calendarDate = z.iso.date('must be a date such as 2026-11-23').refine((date) => !date.startsWith('0000'), {
  // Postgres has no year zero.
  message: 'must be a date such as 2026-11-23',
})

/** Today where the device is, as `YYYY-MM-DD`. */
export function today(clock: Clock): string {
  return formatLocal(new Date(clock.now()))
}

/** The date so many days later (earlier when negative). */
export function addDays(date: string, days: number): string {
  const moved = new Date(`${date}T00:00:00Z`)
  moved.setUTCDate(moved.getUTCDate() + days)
  return moved.toISOString().slice(0, 10)
}

/** The same day so many years later; 29 February becomes 28 February, as in Postgres. */
export function addYears(date: string, years: number): string {
  const year = String(Number(date.slice(0, 4)) + years).padStart(4, '0')
  const moved = `${year}${date.slice(4)}`
  return calendarDate.safeParse(moved).success ? moved : `${year}-02-28`
}

/** The first and the last day of the months around a date, as the journal's partitions run. */
export function monthsAround(date: string, before: number, after: number): { first: string; last: string } {
  const year = Number(date.slice(0, 4))
  const month = Number(date.slice(5, 7)) - 1
  return {
    first: new Date(Date.UTC(year, month - before, 1)).toISOString().slice(0, 10),
    last: new Date(Date.UTC(year, month + after + 1, 0)).toISOString().slice(0, 10),
  }
}

function formatLocal(date: Date): string {
  const part = (value: number, length = 2) => String(value).padStart(length, '0')
  return `${part(date.getFullYear(), 4)}-${part(date.getMonth() + 1)}-${part(date.getDate())}`
}
