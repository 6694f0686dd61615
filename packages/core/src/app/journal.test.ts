import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp, createPerson, type Person, signIn } from '../../../../tests/app/person.ts'
import { createTestStack, type TestStack } from '../../../../tests/support/stack.ts'
import { addDays, today } from './calendar-date.ts'
import type { JournalEntry } from './journal-entry.ts'

let stack: TestStack
beforeAll(async () => {
  stack = await createTestStack()
})
afterAll(() => stack?.stop())

/** Every page, one after the other. */
async function everything(person: Person, limit: number): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = []
  let cursor: string | undefined
  for (;;) {
    const page = await person.journeys.journal.list({ limit, cursor })
    expect(page.entries.length).toBeLessThanOrEqual(limit)
    entries.push(...page.entries)
    if (page.nextCursor === null) return entries
    cursor = page.nextCursor
  }
}

describe('a journal', () => {
  it('takes an entry, shows it, changes it and removes it', async () => {
    const { journeys } = await createPerson(stack)
    const { journal } = journeys
    expect(await journal.list()).toEqual({ entries: [], nextCursor: null })

    const added = await journal.add({ reflection: 'A good day 🌱', scores: { mood: 7, craving: 2 } })
    expect(added).toMatchObject({
      reflection: 'A good day 🌱',
      scores: { mood: 7, craving: 2 },
      date: today(Date),
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
    })
    expect((await journal.list()).entries).toEqual([added])

    const moved = await journal.edit(added, { reflection: 'A fair day', date: addDays(added.date, -40) })
    expect(moved).toMatchObject({ id: added.id, reflection: 'A fair day', scores: added.scores })
    expect((await journal.list()).entries).toEqual([moved])
    await expect(journal.edit(added, { reflection: 'under its old date' })).rejects.toMatchObject({ code: 'not_found' })

    await journal.remove(moved)
    expect((await journal.list()).entries).toEqual([])
    await expect(journal.remove(moved)).rejects.toMatchObject({ code: 'not_found' })
  })

  it('keeps the id and the date that the app gave, once', async () => {
    const { journeys } = await createPerson(stack)
    const entry = { id: randomUUID(), date: addDays(today(Date), -3), reflection: 'from offline' }
    expect(await journeys.journal.add(entry)).toMatchObject(entry)
    await expect(journeys.journal.add(entry)).rejects.toMatchObject({ code: 'conflict' })
  })

  it('is closed to everybody else', async () => {
    const ann = await createPerson(stack)
    const bob = await createPerson(stack)
    const entry = await ann.journeys.journal.add({ reflection: 'only mine' })
    expect((await bob.journeys.journal.list()).entries).toEqual([])
    await expect(bob.journeys.journal.edit(entry, { reflection: 'yours' })).rejects.toMatchObject({ code: 'not_found' })
    await expect(bob.journeys.journal.remove(entry)).rejects.toMatchObject({ code: 'not_found' })
    const nobody = createApp(stack).journal
    await expect(nobody.list()).rejects.toMatchObject({ code: 'not_signed_in' })
    await expect(nobody.add({ reflection: 'x' })).rejects.toMatchObject({ code: 'not_signed_in' })
    expect((await ann.journeys.journal.list({ fresh: true })).entries).toEqual([entry])
  })

  it('says everything that is wrong with an entry at once, before it sends anything', async () => {
    const requests: string[] = []
    const { journeys } = await createPerson(stack, {
      fetch: (input, init) => {
        requests.push(String(input))
        return fetch(input, init)
      },
    })
    const before = requests.length
    const attempt = journeys.journal.add({
      id: 'no uuid',
      date: '2026-02-30',
      reflection: '',
      scores: { mood: 11, 'Bad Name': 1 },
      colour: 'red',
    } as never)
    await expect(attempt).rejects.toMatchObject({
      code: 'invalid_input',
      issues: expect.arrayContaining([
        { path: ['id'], message: 'must be a UUID' },
        { path: ['date'], message: 'must be a date such as 2026-11-23' },
        { path: ['reflection'], message: 'must have 1 to 10000 characters' },
        { path: ['scores', 'mood'], message: 'must be 10 or less' },
        expect.objectContaining({ path: ['scores', 'Bad Name'] }),
        expect.objectContaining({ message: expect.stringContaining('colour') }),
      ]),
    })
    expect(requests.slice(before)).toEqual([])
  })

  it.each([0, 101, 1.5, Number.NaN])('refuses a page of %s', async (limit) => {
    const { journal } = createApp(stack)
    await expect(journal.list({ limit })).rejects.toMatchObject({ code: 'invalid_input' })
  })

  it('refuses a cursor that it did not give', async () => {
    const { journal } = createApp(stack)
    await expect(journal.list({ cursor: 'tomorrow' })).rejects.toMatchObject({ code: 'invalid_cursor' })
  })
})

describe('the pages of a journal with many entries on the same days', () => {
  it('together are all entries, newest day first, none twice and none missing', async () => {
    const person = await createPerson(stack)
    const days = Array.from({ length: 4 }, (_, index) => addDays(today(Date), -index * 25))
    const entries = Array.from({ length: 123 }, (_, index) => ({
      date: days[index % days.length] as string,
      reflection: `entry ${index}`,
    }))
    const { saved } = await person.journeys.saveBatchEntries(entries)
    const expected = saved
      .map(({ id, date }) => ({ id, date }))
      .sort((a, b) => (a.date === b.date ? (a.id < b.id ? 1 : -1) : a.date < b.date ? 1 : -1))
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 7, max: 100 }), async (limit) => {
        const listed = await everything(person, limit)
        expect(listed.map(({ id, date }) => ({ id, date }))).toEqual(expected)
      }),
      { numRuns: 12, examples: [[41], [100], [20]] },
    )
  })

  it('hold still when an entry is added and another removed between two of them', async () => {
    const person = await createPerson(stack)
    const { journeys } = person
    const { saved } = await journeys.saveBatchEntries(
      Array.from({ length: 12 }, (_, index) => ({ reflection: `entry ${index}` })),
    )
    const first = await journeys.journal.list({ limit: 5 })
    await journeys.journal.remove(first.entries[0] as JournalEntry)
    await journeys.journal.add({ date: addDays(today(Date), 1), reflection: 'from tomorrow' })
    const second = await journeys.journal.list({ limit: 5, cursor: first.nextCursor as string })
    const ids = saved
      .map(({ id }) => id)
      .sort()
      .reverse()
    expect([...first.entries, ...second.entries].map(({ id }) => id)).toEqual(ids.slice(0, 10))
  })
})

describe('what a device has cached', () => {
  it('is asked for once, and anew after a write of the same person', async () => {
    const requests: string[] = []
    const { journeys } = await createPerson(stack, {
      fetch: (input, init) => {
        requests.push(`${init?.method ?? 'GET'} ${new URL(String(input)).pathname}`)
        return fetch(input, init)
      },
    })
    const { journal, progress, profiles } = journeys
    requests.length = 0
    for (let index = 0; index < 3; index += 1) {
      await Promise.all([journal.list(), progress.summary(), profiles.get()])
    }
    expect(requests).toHaveLength(3)
    await journal.add({ reflection: 'new' })
    requests.length = 0
    expect((await journal.list()).entries).toHaveLength(1)
    expect(await progress.summary()).toMatchObject({ entries: 1, currentStreak: 1 })
    await profiles.get()
    expect(requests.sort()).toEqual(['GET /rest/v1/journal_entries', 'GET /rest/v1/rpc/progress_summary'])
  })

  it("is never another person's, on one device and with one cache", async () => {
    const ann = await createPerson(stack)
    const bob = await createPerson(stack)
    await ann.journeys.journal.add({ reflection: 'of Ann' })
    await bob.journeys.journal.add({ reflection: 'of Bob' })
    const device = createApp(stack)
    const reflections = async () => (await device.journal.list()).entries.map(({ reflection }) => reflection)
    await signIn(device, ann)
    expect(await reflections()).toEqual(['of Ann'])
    const asAnn = device.optimizedQuery(() => device.supabase.from('journal_entries').select('reflection'), 'mine')
    expect((await asAnn).data).toEqual([{ reflection: 'of Ann' }])
    const underWay = device.journal.list({ fresh: true }).then(
      ({ entries }) => entries[0]?.reflection,
      (error) => error.code,
    )
    await signIn(device, bob)
    expect(['of Ann', 'user_changed']).toContain(await underWay)
    expect(await reflections()).toEqual(['of Bob'])
    const asBob = device.optimizedQuery(() => device.supabase.from('journal_entries').select('reflection'), 'mine')
    expect((await asBob).data).toEqual([{ reflection: 'of Bob' }])
    await device.supabase.auth.signOut({ scope: 'local' })
    await expect(device.journal.list()).rejects.toMatchObject({ code: 'not_signed_in' })
  })
})
