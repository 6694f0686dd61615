import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp, createPerson, type Person, signIn } from '../../../../tests/app/person.ts'
import { createTestStack, type TestStack } from '../../../../tests/support/stack.ts'
import { QueryCache } from '../cache/query-cache.ts'
import { ExitCode, JourneysError } from '../errors.ts'
import { addDays, today } from './calendar-date.ts'
import { createJourneys } from './journeys.ts'

let stack: TestStack
beforeAll(async () => {
  stack = await createTestStack()
})
afterAll(() => stack?.stop())

describe('createJourneys', () => {
  it.each([
    { url: '', anonKey: 'k' },
    { url: 'localhost', anonKey: 'k' },
    { url: 'http://127.0.0.1:1', anonKey: '' },
  ])('refuses %j', (options) => {
    expect(() => createJourneys(options)).toThrow(expect.objectContaining({ code: 'invalid_input' }))
  })

  it('acts as the person of a token, as an Edge Function does', async () => {
    const ann = await createPerson(stack)
    const { data } = await ann.journeys.supabase.auth.getSession()
    const accessToken = data.session?.access_token ?? ''
    const edge = createJourneys({ url: stack.url, anonKey: stack.anonKey, accessToken })
    const entry = await edge.journal.add({ reflection: 'through a function' })
    expect((await ann.journeys.journal.list()).entries).toEqual([entry])
    expect(await edge.prefetchUserData(ann.id)).toMatchObject({ ok: true })
  })

  it('shares a session that was there before it', async () => {
    const ann = await createPerson(stack)
    const second = createJourneys({ supabase: ann.journeys.supabase })
    await second.journal.add({ reflection: 'at once' })
    expect((await second.journal.list()).entries).toHaveLength(1)
    second.close()
  })
})

describe('optimizedQuery', () => {
  it('does not keep the error that supabase-js resolves with', async () => {
    const { journeys } = await createPerson(stack)
    const { supabase } = journeys
    const wrong = () => journeys.optimizedQuery(() => supabase.from('no_such_table' as never).select(), 'rows')
    await expect(wrong()).rejects.toMatchObject({ code: 'schema_mismatch' })
    const right = await journeys.optimizedQuery(() => supabase.from('journal_entries').select('id'), 'rows')
    expect(right.data).toEqual([])
  })

  it('is dropped by every write when it does not say what it reads', async () => {
    const { journeys } = await createPerson(stack)
    const read = () => journeys.optimizedQuery(() => journeys.supabase.from('journal_entries').select('id'), 'rows')
    expect((await read()).data).toEqual([])
    await journeys.journal.add({ reflection: 'one' })
    expect((await read()).data).toHaveLength(1)
  })

  it('keeps three people on two devices with one cache apart, whoever comes and goes', async () => {
    const people: Person[] = []
    for (const name of ['ann', 'bob', 'cid']) {
      const person = await createPerson(stack)
      await person.journeys.profiles.save({ displayName: name })
      people.push(person)
    }
    const nameOf = new Map([...people.entries()].map(([index, person]) => [person.id, ['ann', 'bob', 'cid'][index]]))
    // Their sessions are put into the devices without a sign-in each, so that the rate limit of sign-ins is not in the way.
    const sessions = await Promise.all(
      people.map(async ({ journeys }) => (await journeys.supabase.auth.getSession()).data.session),
    )
    const step = fc.record({
      device: fc.integer({ min: 0, max: 1 }),
      act: fc.constantFrom('ann', 'bob', 'cid', 'out', 'read', 'read', 'rename'),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const cache = new QueryCache()
        const devices = [createApp(stack, { cache }), createApp(stack, { cache })] as const
        const run = async ({ device, act }: (typeof steps)[number]) => {
          const app = devices[device as 0 | 1]
          const index = ['ann', 'bob', 'cid'].indexOf(act)
          const session = sessions[index]
          if (session !== undefined && session !== null) await app.supabase.auth.setSession(session)
          else if (act === 'out') await app.supabase.auth.signOut({ scope: 'local' })
          else if (act === 'rename') await app.profiles.edit({ bio: randomUUID() })
          else {
            const seen = await app.profiles.get()
            const { data } = await app.supabase.auth.getSession()
            if (seen !== null && data.session?.user.id === seen.userId)
              expect(seen.displayName).toBe(nameOf.get(seen.userId))
            else if (seen !== null)
              throw new Error(`${seen.displayName} shown to ${nameOf.get(data.session?.user.id ?? '')}`)
          }
        }
        // Two devices at once, each in its own order.
        await Promise.all(
          [0, 1].map(async (device) => {
            for (const one of steps.filter((candidate) => candidate.device === device)) {
              await run(one).catch((error: unknown) => {
                const expected =
                  error instanceof JourneysError && ['not_signed_in', 'user_changed'].includes(error.code)
                if (!expected) throw error
              })
            }
          }),
        )
        for (const device of devices) device.close()
      }),
      { numRuns: 25 },
    )
  })
})

describe('prefetchUserData', () => {
  it('fills the cache with the first screen', async () => {
    const requests: string[] = []
    const { id, journeys } = await createPerson(stack, {
      fetch: (input, init) => {
        requests.push(String(input))
        return fetch(input, init)
      },
    })
    await journeys.profiles.save({ displayName: 'Ann' })
    expect(await journeys.prefetchUserData(id)).toEqual({
      ok: true,
      profile: { ok: true },
      journal: { ok: true },
      progress: { ok: true },
    })
    requests.length = 0
    expect(await journeys.profiles.get()).toMatchObject({ displayName: 'Ann' })
    await journeys.journal.list()
    await journeys.progress.summary()
    expect(requests).toEqual([])
  })

  it('is refused for anybody else', async () => {
    const ann = await createPerson(stack)
    await expect(ann.journeys.prefetchUserData(randomUUID())).rejects.toMatchObject({ code: 'wrong_user' })
    await expect(createApp(stack).prefetchUserData(ann.id)).rejects.toMatchObject({ code: 'not_signed_in' })
  })

  it('reports a part that failed, and does not throw', async () => {
    const { id, journeys } = await createPerson(stack, {
      fetch: async (input, init) =>
        String(input).includes('progress_summary')
          ? new Response('{"message":"no"}', { status: 500 })
          : fetch(input, init),
    })
    expect(await journeys.prefetchUserData(id)).toMatchObject({
      ok: false,
      profile: { ok: true },
      journal: { ok: true },
      progress: { ok: false, error: { code: 'server_error' } },
    })
  })
})

describe('progress', () => {
  it('counts days, entries and averages of a range', async () => {
    const { journeys } = await createPerson(stack)
    const to = today(Date)
    await journeys.saveBatchEntries([
      { date: to, reflection: 'a', scores: { mood: 6 } },
      { date: to, reflection: 'b', scores: { mood: 7 } },
      { date: addDays(to, -1), reflection: 'c' },
      { date: addDays(to, -9), reflection: 'd', scores: { craving: 1 } },
    ])
    const from = addDays(to, -13)
    const summary = await journeys.progress.summary({ from, to })
    expect(summary).toMatchObject({
      from,
      to,
      entries: 4,
      currentStreak: 2,
      longestStreak: 2,
      averages: { mood: 6.5, craving: 1 },
    })
    expect(summary.weeks.reduce((sum, week) => sum + week.entries, 0)).toBe(4)
  })

  it('refuses a range that is none, before it asks, as the database would', async () => {
    const { journeys } = await createPerson(stack)
    const { progress, supabase } = journeys
    const ranges = [
      { from: '2026-02-02', to: '2026-02-01' },
      { from: '2024-01-01', to: '2026-01-02' },
      { from: '2024-02-29', to: '2026-03-01' },
    ]
    for (const range of ranges) {
      await expect(progress.summary(range)).rejects.toMatchObject({ code: 'invalid_input' })
      const { error } = await supabase.rpc('progress_summary', { from_date: range.from, to_date: range.to })
      expect(error?.code).toBe('22023')
    }
    for (const range of [
      { from: '2024-01-01', to: '2026-01-01' },
      { from: '2024-02-29', to: '2026-02-28' },
    ]) {
      expect(await progress.summary(range)).toMatchObject({ entries: 0 })
    }
  })
})

describe('when it does not work', () => {
  it('a person who writes too much is told how long to wait, and may still read', async () => {
    const { journeys } = await createPerson(stack)
    let limited: unknown
    for (let index = 0; index < 300 && limited === undefined; index += 1) {
      await journeys.profiles.save({ displayName: `name ${index}` }).catch((error: unknown) => {
        limited = error
      })
    }
    expect(limited).toMatchObject({ code: 'rate_limited', retryAfterSeconds: expect.any(Number) })
    const { retryAfterSeconds } = limited as JourneysError
    expect(retryAfterSeconds).toBeGreaterThanOrEqual(1)
    expect(retryAfterSeconds).toBeLessThanOrEqual(60)
    expect(await journeys.profiles.get({ fresh: true })).toMatchObject({ displayName: expect.stringMatching(/^name/) })
    // With a second or less to go, the next minute may have begun by now.
    if ((retryAfterSeconds ?? 0) <= 1) return
    const batch = await journeys.saveBatchEntries([{ reflection: 'a' }, { reflection: 'b' }])
    expect(batch.failed).toMatchObject([{ error: { code: 'rate_limited' } }, { error: { code: 'rate_limited' } }])
  })

  it('a server that is not there is unreachable', async () => {
    const own = await createTestStack()
    const { journeys } = await createPerson(own)
    await own.stop()
    await expect(journeys.journal.add({ reflection: 'x' })).rejects.toMatchObject({
      code: 'unreachable',
      exitCode: ExitCode.unreachable,
    })
    expect((await journeys.saveBatchEntries([{ reflection: 'x' }])).failed).toMatchObject([
      { index: 0, id: expect.any(String), error: { code: 'unreachable' } },
    ])
  })

  it('a device whose person was deleted is not signed in any more', async () => {
    const ann = await createPerson(stack)
    const device = createApp(stack)
    await signIn(device, ann)
    const admin = createJourneys({ url: stack.url, anonKey: stack.serviceRoleKey }).supabase
    expect((await admin.auth.admin.deleteUser(ann.id)).error).toBeNull()
    await expect(device.journal.add({ reflection: 'x' })).rejects.toMatchObject({ code: 'not_signed_in' })
  })
})
