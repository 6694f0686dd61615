import { lastEntries } from './columns.ts'
import type { Scenario } from './visitor.ts'

const dayMs = 86_400_000

/** Looks at the last 30 days' progress, then scrolls down to the last 20 entries. */
export const progressViewing: Scenario = async (visitor) => {
  const to = new Date().toISOString().slice(0, 10)
  const from = new Date(Date.now() - 29 * dayMs).toISOString().slice(0, 10)
  const summary = await visitor.request('GET', `/rest/v1/rpc/progress_summary?from_date=${from}&to_date=${to}`, {
    name: 'GET progress_summary',
  })
  if (summary.ok) {
    const progress = summary.json() as { entries?: unknown } | undefined
    visitor.check('progress has a number of entries', typeof progress?.entries === 'number')
  }
  await visitor.pause()
  const list = await visitor.request('GET', lastEntries, {
    name: 'GET journal_entries',
  })
  if (list.ok) visitor.check('the last entries are a list', list.text().startsWith('['))
}
