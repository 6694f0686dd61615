import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPerson, type PersonOptions } from '../../../../tests/app/person.ts'
import { asUser } from '../../../../tests/support/database.ts'
import { createTestStack, type TestStack } from '../../../../tests/support/stack.ts'
import { addDays, today } from './calendar-date.ts'

let stack: TestStack
beforeAll(async () => {
  stack = await createTestStack()
})
afterAll(() => stack?.stop())

type Answer = () => Promise<Response>

/** A person whose requests to the journal are counted, and pass through `meet` first. */
async function setUp(
  meet: (method: string, answer: Answer) => Promise<Response> = (_, answer) => answer(),
  options: Omit<PersonOptions, 'fetch'> = {},
) {
  const requests: string[] = []
  const person = await createPerson(stack, {
    ...options,
    fetch: async (input, init) => {
      const answer = () => fetch(input, init)
      const method = init?.method ?? 'GET'
      if (!String(input).includes('/journal_entries')) return answer()
      requests.push(method)
      return meet(method, answer)
    },
  })
  const stored = async () => {
    const rows = await asUser(stack.database, person.id, (query) =>
      query<{ id: string; reflection: string }>(
        'select id, reflection from public.journal_entries order by reflection',
      ),
    )
    return rows.rows
  }
  return { ...person, requests, stored, save: person.journeys.saveBatchEntries }
}

const many = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    id: randomUUID(),
    date: addDays(today(Date), -(index % 50)),
    reflection: `entry ${String(index).padStart(5, '0')}`,
    scores: { mood: index % 11 },
  }))

describe('saveBatchEntries', () => {
  it('saves a thousand entries in two requests', async () => {
    const { save, requests, stored } = await setUp()
    const entries = many(1000)
    const result = await save(entries)
    expect(result.failed).toEqual([])
    expect(result.duplicates).toEqual([])
    expect(result.saved).toEqual(entries.map(({ id, date }, index) => ({ index, id, date, created: true })))
    expect(requests).toEqual(['POST', 'POST'])
    expect((await stored()).map(({ reflection }) => reflection)).toEqual(entries.map(({ reflection }) => reflection))
  })

  it('makes the ids and dates that are missing, and says which', async () => {
    const { save, stored } = await setUp()
    const { saved } = await save([{ reflection: 'a' }, { reflection: 'b' }])
    expect(saved).toMatchObject([{ date: today(Date) }, { date: today(Date) }])
    expect(await stored()).toEqual([
      { id: saved[0]?.id, reflection: 'a' },
      { id: saved[1]?.id, reflection: 'b' },
    ])
  })

  it('sends nothing for nothing', async () => {
    const { save, requests } = await setUp()
    expect(await save([])).toEqual({ saved: [], duplicates: [], failed: [] })
    expect(requests).toEqual([])
  })

  it('can be repeated after the connection broke behind the request, and nothing is there twice', async () => {
    let broken = true
    const { save, stored } = await setUp(async (method, answer) => {
      const response = await answer()
      if (method === 'POST' && broken) throw new TypeError('fetch failed')
      return response
    })
    const entries = many(30)
    const first = await save(entries, { chunkSize: 10 })
    expect(first.saved).toEqual([])
    expect(first.failed).toHaveLength(30)
    for (const { error } of first.failed) expect(error.code).toBe('unreachable')

    broken = false
    const repeated = await save(first.failed.map(({ index }) => entries[index] as (typeof entries)[number]))
    expect(repeated.failed).toEqual([])
    expect(repeated.saved.map(({ id, created }) => ({ id, created }))).toEqual(
      entries.map(({ id }) => ({ id, created: false })),
    )
    expect(await stored()).toHaveLength(30)
  })

  it('tells the new from those that are there already, and leaves these as they are', async () => {
    const { save, stored } = await setUp()
    const [old, fresh] = many(2) as [ReturnType<typeof many>[number], ReturnType<typeof many>[number]]
    await save([old])
    const { saved } = await save([{ ...old, reflection: 'overwritten' }, fresh])
    expect(saved.map(({ created }) => created)).toEqual([false, true])
    expect((await stored()).map(({ reflection }) => reflection)).toEqual([old.reflection, fresh.reflection])
  })

  it('does not take an id of somebody else for saved', async () => {
    const ann = await setUp()
    const bob = await setUp()
    const [entry] = many(1)
    await ann.save([entry as NonNullable<typeof entry>])
    const result = await bob.save([entry as NonNullable<typeof entry>, ...many(1)])
    expect(result.saved).toMatchObject([{ index: 1 }])
    expect(result.failed).toMatchObject([{ index: 0, id: entry?.id, error: { code: 'conflict' } }])
    expect(await ann.stored()).toHaveLength(1)
  })

  it('reports what is wrong with each entry, and sends the others', async () => {
    const { save, requests, stored } = await setUp()
    const [first] = many(1) as [ReturnType<typeof many>[number]]
    const result = await save([
      first,
      { ...first },
      { reflection: '' },
      { id: randomUUID(), reflection: 'x', scores: { mood: 12 } },
      { ...first, reflection: 'other content' },
      null as never,
      { reflection: 'fine', date: '1999-01-01' },
    ])
    expect(requests).toEqual(['POST'])
    expect(result.saved).toMatchObject([{ index: 0, created: true }])
    expect(result.duplicates).toEqual([{ index: 1, id: first.id, date: first.date, firstIndex: 0 }])
    expect(result.failed.map(({ index, error }) => [index, error.code])).toEqual([
      [2, 'invalid_input'],
      [3, 'invalid_input'],
      [4, 'conflict'],
      [5, 'invalid_input'],
      [6, 'invalid_input'],
    ])
    expect(await stored()).toHaveLength(1)
  })

  it('saves the good rows of a chunk that the database refuses, and names the bad ones', async () => {
    // A device whose clock is a year ahead: a date of next year passes here, and has no partition there.
    const year = 365 * 24 * 3600 * 1000
    const { save, requests, stored } = await setUp(undefined, { clock: { now: () => Date.now() + year } })
    const entries = many(200)
    for (const index of [17, 150]) (entries[index] as { date: string }).date = addDays(today(Date), 365)
    const { saved, failed } = await save(entries)
    expect(failed).toMatchObject([
      {
        index: 17,
        id: entries[17]?.id,
        error: { code: 'invalid_input', detail: expect.stringContaining('partition') },
      },
      { index: 150, id: entries[150]?.id, error: { code: 'invalid_input' } },
    ])
    expect(saved).toHaveLength(198)
    expect(await stored()).toHaveLength(198)
    expect(requests.length).toBeLessThan(4 * Math.log2(200) + 4)
  })

  it('halves a chunk that is too large for the server', async () => {
    const { save, requests, stored } = await setUp(async (method, answer) => {
      if (method === 'POST' && requests.length < 4) return new Response('{"message":"too large"}', { status: 413 })
      return answer()
    })
    const { saved, failed } = await save(many(8))
    expect(failed).toEqual([])
    expect(saved).toHaveLength(8)
    expect(await stored()).toHaveLength(8)
    expect(requests.filter((method) => method === 'POST').length).toBeGreaterThan(4)
  })

  it('keeps a chunk below its bytes', async () => {
    const { save, requests, stored } = await setUp()
    const long = Array.from({ length: 9 }, () => ({ reflection: '🌱'.repeat(5_000) }))
    const { saved } = await save(long, { chunkBytes: 50_000 })
    expect(saved).toHaveLength(9)
    expect(requests).toHaveLength(5)
    expect(await stored()).toHaveLength(9)
  })

  it('stops when told to, and says what was not sent', async () => {
    const controller = new AbortController()
    const { save, stored } = await setUp(async (_, answer) => {
      const response = await answer()
      controller.abort()
      return response
    })
    const { saved, failed } = await save(many(40), { chunkSize: 10, concurrency: 1, signal: controller.signal })
    expect(saved.length + failed.length).toBe(40)
    expect(failed.length).toBeGreaterThanOrEqual(30)
    expect(new Set(failed.map(({ error }) => error.code))).toEqual(new Set(['aborted']))
    expect((await stored()).length).toBeLessThanOrEqual(10)
  })

  it.each([{ chunkSize: 0 }, { chunkBytes: 0.5 }, { concurrency: 0 }])('refuses %j', async (options) => {
    const { save } = await setUp()
    await expect(save(many(1), options)).rejects.toMatchObject({ code: 'invalid_input' })
  })
})
