import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestClient } from '../support/client.ts'
import { migrationsFolder } from '../support/migrate.ts'
import { createTestStack, type TestStack } from '../support/stack.ts'

let stack: TestStack
let postgres: pg.Pool
let seconds: number

beforeAll(async () => {
  stack = await createTestStack()
  postgres = new pg.Pool({ connectionString: stack.database.url })
  const started = performance.now()
  await seed()
  seconds = (performance.now() - started) / 1000
})
afterAll(async () => {
  await postgres?.end()
  await stack?.stop()
})

async function seed(): Promise<void> {
  await postgres.query(await readFile(join(migrationsFolder, '..', 'seed.sql'), 'utf8'))
}

async function rows(sql: string): Promise<Record<string, unknown>[]> {
  return (await postgres.query(sql)).rows
}

const FINGERPRINT = `
  select md5(string_agg(line, '' order by line)) as all from (
    select to_jsonb(t) - 'updated_at' as row from public.journal_entries t
    union all select to_jsonb(t) from public.user_addictions t
    union all select to_jsonb(t) - 'id' from public.performance_metrics t
    union all select to_jsonb(t) from public.purchases t
    union all select to_jsonb(t) - 'updated_at' from public.profiles t
    union all select to_jsonb(t) - 'id' from auth.identities t
    union all select to_jsonb(t) from auth.users t
  ) all_rows cross join lateral (select row::text as line) text`

describe('the seed', () => {
  it('is there in a moment', () => {
    // 0.15 s on an idle machine; the room is for a busy one.
    expect(seconds).toBeLessThan(2)
  })

  it('brings twelve people who write on most days, in English and French', async () => {
    const people = await rows(`
      select p.display_name, left(p.locale, 2) as language, count(*)::int as entries,
        count(distinct reflection)::int as different, max(date) >= current_date - 6 as still_writing
      from public.profiles p join public.journal_entries j using (user_id) group by 1, 2`)
    expect(people).toHaveLength(12)
    expect(people.filter(({ language }) => language === 'fr')).toHaveLength(4)
    for (const person of people) {
      expect(person).toMatchObject({ still_writing: true })
      expect(person.entries).toBeGreaterThan(10)
      expect(Number(person.different) / Number(person.entries)).toBeGreaterThan(0.7)
    }
  })

  it('tells a story: craving fades with the weeks', async () => {
    const [craving] = await rows(`
      select avg((scores ->> 'craving')::int) filter (where date - quit_on < 21) as early,
        avg((scores ->> 'craving')::int) filter (where date - quit_on > 60) as late
      from public.journal_entries join public.user_addictions using (user_id) where quit_on > current_date - 100`)
    expect(Number(craving?.early)).toBeGreaterThan(Number(craving?.late) + 1.5)
  })

  it('holds no moment of the future, and premium that agrees with what was paid', async () => {
    expect(await rows('select from public.journal_entries where created_at > now() or date > current_date')).toEqual([])
    expect(await rows('select from public.performance_metrics where recorded_at > now()')).toEqual([])
    expect(
      await rows(`
        select p.display_name from public.profiles p
        where premium_until is distinct from (
          select max(coalesce(period_end, 'infinity')) from public.purchases b
          where b.user_id = p.user_id and status = 'paid'
        )`),
    ).toEqual([])
  })

  it('adds nothing when it runs again', async () => {
    const before = await rows(FINGERPRINT)
    await seed()
    expect(await rows(FINGERPRINT)).toEqual(before)
  })

  it('lets everybody sign in with the documented password', async () => {
    const client = createTestClient(stack, stack.anonKey)
    const { data, error } = await client.auth.signInWithPassword({
      email: 'maya@community.example',
      password: 'journeys-local',
    })
    expect(error).toBeNull()
    const { data: entries } = await client.from('journal_entries').select('user_id').limit(5)
    expect(entries).toEqual(Array.from({ length: 5 }, () => ({ user_id: data.user?.id })))
  })
})
