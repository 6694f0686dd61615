import { profileColumns } from './columns.ts'
import type { Scenario } from './visitor.ts'

const timezones = ['Europe/Paris', 'Europe/Warsaw', 'America/Montreal', 'Africa/Dakar', 'UTC']
const bios = [
  'One day at a time.',
  'Father of two, runner of short distances, 200 days without.',
  'Here to write, mostly late at night.',
  'Third attempt. This one has a journal.',
]

/** Edits the settings page: what a person changes there, in one request. */
export const profileUpdates: Scenario = async (visitor) => {
  const pick = (from: readonly string[]) => from[Math.floor(Math.random() * from.length)] as string
  const bio = pick(bios)
  const answer = await visitor.request(
    'PATCH',
    `/rest/v1/profiles?user_id=eq.${visitor.user.id}&select=${profileColumns}`,
    {
      name: 'PATCH profiles',
      body: { bio, timezone: pick(timezones), daily_reminder_at: `${18 + Math.floor(Math.random() * 5)}:30` },
      headers: { Prefer: 'return=representation' },
    },
  )
  if (answer.ok) {
    const rows = answer.json()
    const profile = Array.isArray(rows) && rows.length === 1 ? rows[0] : undefined
    visitor.check('the profile shows the change', profile?.bio === bio)
    // Written again and again: the row's own time tells whether this write, or a later one, is there.
    if (profile) visitor.wrote('profiles', visitor.user.id, profile.updated_at)
  }
}
