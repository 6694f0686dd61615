import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asUser, createTestDatabase, createUser, type TestDatabase } from '../support/database.ts'
import { refusal } from './refusal.ts'

let database: TestDatabase
let postgres: pg.Pool

beforeAll(async () => {
  database = await createTestDatabase()
  postgres = new pg.Pool({ connectionString: database.url })
})
afterAll(async () => {
  await postgres.end()
  await database.drop()
})

interface Entry {
  /** Days before today. */
  ago: number
  scores: Record<string, number>
}

const DAY = 86_400_000
const today = Date.parse(new Date().toISOString().slice(0, 10))
const isoDay = (ago: number) => new Date(today - ago * DAY).toISOString().slice(0, 10)

async function personWith(entries: Entry[]): Promise<string> {
  const user = await createUser(database)
  await postgres.query(
    `insert into public.journal_entries (user_id, date, reflection, scores)
     select $1, e.date, 'Entry', e.scores
     from jsonb_to_recordset($2) as e (date date, scores jsonb)`,
    [user, JSON.stringify(entries.map(({ ago, scores }) => ({ date: isoDay(ago), scores })))],
  )
  return user
}

async function summary(user: string, from: string | null, to: string | null) {
  return asUser(database, user, async (query) => {
    const { rows } = await query('select public.progress_summary($1, $2) as summary', [from, to])
    return rows[0]?.summary
  })
}

/** The same figures, the slow and obvious way. */
function expected(entries: Entry[], fromAgo: number, toAgo: number) {
  const seen = entries.filter(({ ago }) => ago <= fromAgo && ago >= toAgo)
  const days = new Set(seen.map(({ ago }) => ago))
  const streakFrom = (ago: number): number => (days.has(ago) && ago <= fromAgo ? 1 + streakFrom(ago + 1) : 0)
  const values = new Map<string, number[]>()
  for (const { scores } of seen) {
    for (const [key, score] of Object.entries(scores)) values.set(key, [...(values.get(key) ?? []), score])
  }
  const monday = (ago: number) => {
    const date = new Date(today - ago * DAY)
    return new Date(date.getTime() - ((date.getUTCDay() + 6) % 7) * DAY).toISOString().slice(0, 10)
  }
  const weeks = [...new Set(Array.from({ length: fromAgo - toAgo + 1 }, (_, i) => monday(fromAgo - i)))]
  return {
    from: isoDay(fromAgo),
    to: isoDay(toAgo),
    entries: seen.length,
    current_streak: streakFrom(toAgo) || streakFrom(toAgo + 1),
    longest_streak: Math.max(0, ...[...days].map(streakFrom)),
    averages: Object.fromEntries(
      [...values].map(([key, all]) => [
        key,
        // Half up, as numeric rounds; in whole numbers, so that binary fractions have no say.
        Math.floor((all.reduce((sum, score) => sum + score, 0) * 200 + all.length) / (2 * all.length)) / 100,
      ]),
    ),
    weeks: weeks.map((week) => ({ week, entries: seen.filter(({ ago }) => monday(ago) === week).length })),
  }
}

describe('progress_summary', () => {
  it('tells a person who wrote on most days how it goes', async () => {
    const user = await personWith([
      { ago: 0, scores: { mood: 8, craving: 1 } },
      { ago: 1, scores: { mood: 5 } },
      { ago: 1, scores: {} },
      { ago: 2, scores: { mood: 7 } },
      { ago: 5, scores: { craving: 4 } },
      { ago: 40, scores: { mood: 0 } },
    ])
    expect(await summary(user, isoDay(13), isoDay(0))).toMatchObject({
      entries: 5,
      current_streak: 3,
      longest_streak: 3,
      averages: { mood: 6.67, craving: 2.5 },
    })
  })

  it('keeps a streak alive until the day is over', async () => {
    const user = await personWith([
      { ago: 1, scores: {} },
      { ago: 2, scores: {} },
    ])
    expect((await summary(user, isoDay(30), isoDay(0))).current_streak).toBe(2)
    expect((await summary(user, isoDay(30), isoDay(-1))).current_streak).toBe(0)
  })

  it('says nothing of a person without entries, nor of anybody else', async () => {
    await personWith([{ ago: 0, scores: { mood: 9 } }])
    const user = await createUser(database)
    expect(await summary(user, isoDay(0), isoDay(0))).toMatchObject({
      entries: 0,
      current_streak: 0,
      longest_streak: 0,
      averages: {},
    })
  })

  it('agrees with counting by hand for any journal and any dates', async () => {
    const entry = fc.record({
      ago: fc.integer({ min: 0, max: 45 }),
      scores: fc.dictionary(fc.constantFrom('mood', 'craving', 'sleep'), fc.integer({ min: 0, max: 10 })),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(entry, { maxLength: 60 }),
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 0, max: 40 }),
        async (entries, toAgo, span) => {
          const user = await personWith(entries)
          expect(await summary(user, isoDay(toAgo + span), isoDay(toAgo))).toEqual(
            expected(entries, toAgo + span, toAgo),
          )
        },
      ),
      { numRuns: 40 },
    )
  })

  it('refuses dates that make no sense', async () => {
    const user = await createUser(database)
    expect((await refusal(summary(user, isoDay(0), isoDay(1)))).code).toBe('22023')
    expect((await refusal(summary(user, null, isoDay(1)))).code).toBe('22023')
    expect((await refusal(summary(user, '2024-02-29', '2026-03-01'))).code).toBe('22023')
    expect((await summary(user, '2024-02-29', '2026-02-28')).entries).toBe(0)
  })
})
