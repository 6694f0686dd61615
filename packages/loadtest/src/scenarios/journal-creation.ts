import { journalColumns, lastEntries } from './columns.ts'
import { dayScores, journalText } from './journal-text.ts'
import type { Answer, Scenario } from './visitor.ts'

const pageSize = 20

/** Writes today's entry and goes back to the list, which has to show it. */
export const journalCreation: Scenario = async (visitor) => {
  const entry = {
    id: crypto.randomUUID(),
    user_id: visitor.user.id,
    date: new Date().toISOString().slice(0, 10),
    reflection: journalText(),
    scores: dayScores(),
  }
  const created = await visitor.request('POST', `/rest/v1/journal_entries?select=${journalColumns}`, {
    name: 'POST journal_entries',
    body: entry,
    headers: { Prefer: 'return=representation', Accept: 'application/vnd.pgrst.object+json' },
  })
  if (created.ok) visitor.wrote('journal_entries', entry.id)
  await visitor.pause()
  const list = await visitor.request('GET', lastEntries, { name: 'GET journal_entries' })
  if (created.ok && list.ok) visitor.check('the new entry is in the list', shows(list, entry))
}

/** Whether a page of the list shows the entry, or is full of entries that sort before it. */
function shows(list: Answer, entry: { id: string; date: string }): boolean {
  if (list.text().includes(`"id":"${entry.id}"`)) return true
  const page = list.json()
  if (!Array.isArray(page)) return false
  const last = page.at(-1)
  return page.length >= pageSize && (last.date > entry.date || (last.date === entry.date && last.id > entry.id))
}
