import { randomUUID } from 'node:crypto'
import { batchOperation, createJourneys, type Journeys } from '@journeys/core'
import { connect } from '@journeys/core/ops'
import { interleaved, type Result, timed } from './measurement.ts'
import { chooseReader } from './reader.ts'
import type { BenchContext } from './run.ts'
import { withSeededStack } from './stack.ts'

const count = 1000

/** Saving many entries: one request per chunk, over the original document's single inserts, five at a time. */
export async function batch(context: BenchContext): Promise<Result> {
  return withSeededStack(context, async (stack) => {
    const database = await connect(stack.databaseUrl)
    try {
      // A thousand single inserts in a second are far above what one person may write in a minute.
      await database.query('update private.rate_limit_rules set max_writes = $1', [1_000_000])
    } finally {
      await database.end()
    }
    const { userId, token } = await chooseReader(stack)
    const journeys = createJourneys({ url: stack.apiUrl, anonKey: stack.anonKey, accessToken: token })
    try {
      const { single, batched } = await interleaved(3, {
        single: () => timed(() => saveOneByOne(journeys, userId)),
        batched: () => timed(() => saveTogether(journeys)),
      })
      return {
        name: `saveBatchEntries of ${count} / five single inserts at a time`,
        detail: `${((count / batched) * 1000).toFixed(0)} entries/s / ${((count / single) * 1000).toFixed(0)} entries/s`,
        ratio: single / batched,
        goal: { atLeast: 10 },
      }
    } finally {
      journeys.close()
    }
  })
}

function entries() {
  const date = new Date().toISOString().slice(0, 10)
  return Array.from({ length: count }, (_, index) => ({
    id: randomUUID(),
    date,
    reflection: `Entry ${index}: a calm evening, a short walk, and no craving to speak of.`,
    scores: { mood: index % 11, craving: (index * 7) % 11 },
  }))
}

async function saveOneByOne({ supabase }: Journeys, userId: string): Promise<void> {
  const outcomes = await batchOperation(
    entries().map((entry) => async () => {
      const { error } = await supabase.from('journal_entries').insert({ ...entry, user_id: userId })
      if (error) throw error
    }),
    5,
  )
  const failed = outcomes.find(({ status }) => status === 'rejected')
  if (failed !== undefined) throw new Error('a single insert failed', { cause: failed })
}

async function saveTogether(journeys: Journeys): Promise<void> {
  const { saved, failed } = await journeys.saveBatchEntries(entries())
  if (saved.length !== count) throw new Error('the batch was not saved whole', { cause: failed[0]?.error })
}
