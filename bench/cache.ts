import { createJourneys } from '@journeys/core'
import { LRUCache } from 'lru-cache'
import { interleaved, type Result } from './measurement.ts'
import { signToken } from './reader.ts'

const hits = 50_000

/** What a cache hit costs over lru-cache's own `fetch`, which knows no users and no tables. */
export async function cache(): Promise<Result> {
  const accessToken = await signToken('00000000-0000-4000-8000-000000000001', 'a secret that nobody checks here')
  // Nothing listens there: a hit must not ask anybody.
  const journeys = createJourneys({ url: 'http://127.0.0.1:9', anonKey: 'anon', accessToken })
  const load = async () => ({ entries: 20 })
  const plain = new LRUCache<string, { entries: number }>({ max: 500, ttl: 300_000, fetchMethod: load })
  try {
    const { ours, theirs } = await interleaved(15, {
      ours: () => nanosecondsPerCall(() => journeys.optimizedQuery(load, 'first page')),
      theirs: () => nanosecondsPerCall(() => plain.fetch('first page')),
    })
    return {
      name: "optimizedQuery hit / lru-cache's fetch",
      detail: `${ours.toFixed(0)} ns / ${theirs.toFixed(0)} ns`,
      ratio: ours / theirs,
      goal: { atMost: 1.5 },
    }
  } finally {
    journeys.close()
  }
}

async function nanosecondsPerCall(call: () => Promise<unknown>): Promise<number> {
  const start = process.hrtime.bigint()
  for (let hit = 0; hit < hits; hit++) await call()
  return Number(process.hrtime.bigint() - start) / hits
}
