/**
 * People who look back on their week: most read it, some then write down what they want to keep.
 * journeys loadtest --scenario docs/examples/weekly-review.ts --profile smoke
 */
import { type Answer, defineScenario, type Visitor } from '@journeys/loadtest/scenario'

interface Entry {
  readonly date: string
  readonly scores: Readonly<Record<string, number>>
}

const readWeek = defineScenario({
  name: 'read_week',
  weight: 4,
  async run(visitor) {
    const [from, to] = lastWeek()
    const summary = await visitor.request('GET', `/rest/v1/rpc/progress_summary?from_date=${from}&to_date=${to}`, {
      name: 'GET progress_summary (week)',
    })
    if (summary.ok) visitor.check('the summary is of that week', summary.text().includes(from))
    await visitor.pause()
    await entriesOfWeek(visitor)
  },
})

const writeReview = defineScenario({
  name: 'write_review',
  weight: 1,
  async run(visitor) {
    const entries = entriesIn(await entriesOfWeek(visitor))
    await visitor.pause()
    const moods = entries.flatMap(({ scores }) => scores.mood ?? [])
    const mood = moods.length === 0 ? 5 : Math.round(moods.reduce((sum, one) => sum + one, 0) / moods.length)
    const id = crypto.randomUUID()
    const created = await visitor.request('POST', '/rest/v1/journal_entries', {
      name: 'POST journal_entries',
      body: {
        id,
        user_id: visitor.user.id,
        date: lastWeek()[1],
        reflection: `My week: ${entries.length} entries, and what I take with me.`,
        scores: { mood },
      },
      headers: { Prefer: 'return=minimal' },
    })
    if (created.ok) visitor.wrote('journal_entries', id)
  },
})

export default [readWeek, writeReview]

function entriesOfWeek(visitor: Visitor): Promise<Answer> {
  const [from, to] = lastWeek()
  const path = `/rest/v1/journal_entries?select=date,scores&date=gte.${from}&date=lte.${to}&order=date.desc&limit=50`
  return visitor.request('GET', path, { name: 'GET journal_entries (week)' })
}

function entriesIn(answer: Answer): Entry[] {
  const page = answer.json()
  return Array.isArray(page) ? page : []
}

function lastWeek(): [from: string, to: string] {
  const day = (daysAgo: number) => new Date(Date.now() - daysAgo * 86_400_000).toISOString().slice(0, 10)
  return [day(6), day(0)]
}
