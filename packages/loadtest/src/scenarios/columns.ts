// What the app selects, as `@journeys/core` sends it; app-requests.test.ts compares the two on the wire.
export const journalColumns = 'id,date,reflection,scores,created_at,updated_at'
export const profileColumns =
  'user_id,display_name,bio,timezone,locale,daily_reminder_at,premium_until,created_at,updated_at'
export const lastEntries = `/rest/v1/journal_entries?select=${journalColumns}&order=date.desc,id.desc&limit=20`
