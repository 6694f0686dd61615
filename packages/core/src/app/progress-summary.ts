import { z } from 'zod'
import { addYears, calendarDate } from './calendar-date.ts'
import { parseAnswer } from './input.ts'
import { limits } from './limits.ts'

/** A person's progress between two days, both included. */
export interface ProgressSummary {
  /** `YYYY-MM-DD` */
  readonly from: string
  /** `YYYY-MM-DD` */
  readonly to: string
  /** How many entries. */
  readonly entries: number
  /** Days in a row with an entry, up to `to` or the day before it. */
  readonly currentStreak: number
  /** Days. */
  readonly longestStreak: number
  /** Per score its average over the entries that have it, 0 to 10, two decimals. */
  readonly averages: Readonly<Record<string, number>>
  /** Every week of the range, also those without an entry; `week` is its Monday, `YYYY-MM-DD`. */
  readonly weeks: readonly { readonly week: string; readonly entries: number }[]
}

/** The days to sum up, `YYYY-MM-DD`, both included; at most two years. */
export interface ProgressRange {
  from: string
  to: string
}

export const progressRangeSchema = z
  .strictObject({ from: calendarDate, to: calendarDate })
  .refine(({ from, to }) => from <= to, { message: 'must not be before from', path: ['to'] })
  .refine(({ from, to }) => to <= addYears(from, limits.progress.maxYears), {
    message: 'must be at most two years after from',
    path: ['to'],
  })

const answer = z.object({
  from: z.string(),
  to: z.string(),
  entries: z.number(),
  current_streak: z.number(),
  longest_streak: z.number(),
  averages: z.record(z.string(), z.number()),
  weeks: z.array(z.object({ week: z.string(), entries: z.number() })),
})

/** @throws JourneysError `unexpected_answer`. */
export function progressFromAnswer(value: unknown): ProgressSummary {
  const { current_streak, longest_streak, ...rest } = parseAnswer(answer, value, 'progress summary')
  return { ...rest, currentStreak: current_streak, longestStreak: longest_streak }
}
