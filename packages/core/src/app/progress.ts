import { type AppContext, type CachedReadOptions, readOwn } from './app-context.ts'
import { addDays, today } from './calendar-date.ts'
import { parseInput } from './input.ts'
import { journalTables } from './journal.ts'
import {
  type ProgressRange,
  type ProgressSummary,
  progressFromAnswer,
  progressRangeSchema,
} from './progress-summary.ts'
import { send } from './request-error.ts'

/** The signed-in user's progress. */
export interface Progress {
  /**
   * Streaks, averages and entries per week, from the cache for up to five minutes.
   *
   * @param range the last 30 days up to today (where the device is) when left out.
   * @throws JourneysError `invalid_input` when `from` is after `to` or the range exceeds two years; `not_signed_in`,
   *   `unreachable`.
   */
  summary(range?: ProgressRange, options?: CachedReadOptions): Promise<ProgressSummary>
}

export function createProgress(context: AppContext): Progress {
  const { supabase, clock } = context
  return {
    async summary(range, options = {}) {
      const to = today(clock)
      const { from: from_date, to: to_date } = parseInput(
        progressRangeSchema,
        range ?? { from: addDays(to, -29), to },
        'range of days',
      )
      return readOwn(
        context,
        `progress/${from_date}/${to_date}`,
        async (identity) => {
          const request = supabase.rpc('progress_summary', { from_date, to_date }, { get: true })
          return progressFromAnswer(await send(request, identity))
        },
        { tables: journalTables, fresh: options.fresh },
      )
    },
  }
}
