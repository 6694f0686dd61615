import { describe, expect, it } from 'vitest'
import { JourneysError } from '../errors.ts'
import { QueryCache, type QueryCacheOptions } from './query-cache.ts'

const minute = 60_000

function setUp(options: QueryCacheOptions = {}) {
  const clock = { time: 0, now: () => clock.time }
  const cache = new QueryCache({ ...options, clock })
  const calls: string[] = []
  /** A query that answers with how often it was asked. */
  const count = (name: string) => async () => {
    calls.push(name)
    return calls.filter((call) => call === name).length
  }
  return { cache, clock, calls, count }
}

/** Promise.withResolvers, which Node 20 has not. */
function deferred<T>() {
  let resolve!: (value: T) => void
  let reject!: (reason: unknown) => void
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}

const down = () => new JourneysError('unreachable', 'The server cannot be reached')

describe('QueryCache', () => {
  it('asks once, and again when five minutes are over', async () => {
    const { cache, clock, count } = setUp()
    expect(await cache.of('ann').read('profile', count('profile'))).toBe(1)
    clock.time = 5 * minute
    expect(await cache.of('ann').read('profile', count('profile'))).toBe(1)
    clock.time = 5 * minute + 1
    expect(cache.of('ann').hit('profile')).toBeUndefined()
    expect(await cache.of('ann').read('profile', count('profile'))).toBe(2)
  })

  it('counts the five minutes from when the query began, not from its answer', async () => {
    const { cache, clock } = setUp()
    const slow = deferred<string>()
    const answer = cache.of('ann').read('profile', () => slow.promise)
    clock.time = 4 * minute
    slow.resolve('as of minute 0')
    await answer
    expect(await cache.of('ann').hit('profile')).toBe('as of minute 0')
    clock.time = 5 * minute + 1
    expect(cache.of('ann').hit('profile')).toBeUndefined()
  })

  it('makes one flight of simultaneous calls', async () => {
    const { cache, count, calls } = setUp()
    const answers = await Promise.all(Array.from({ length: 50 }, () => cache.of('ann').read('page', count('page'))))
    expect(new Set(answers)).toEqual(new Set([1]))
    expect(calls).toHaveLength(1)
  })

  it('keeps users apart, also when their names and keys run together', async () => {
    const { cache } = setUp()
    await cache.of('a').read('b/c', async () => 'of a')
    await cache.of('a/b').read('c', async () => 'of a/b')
    expect(await cache.of('a').hit('b/c')).toBe('of a')
    expect(await cache.of('a/b').hit('c')).toBe('of a/b')
    cache.forget('a')
    expect(cache.of('a').hit('b/c')).toBeUndefined()
    expect(await cache.of('a/b').hit('c')).toBe('of a/b')
  })

  it('does not keep a failure', async () => {
    const { cache, count } = setUp()
    const first = cache.of('ann').read('profile', async () => Promise.reject(new Error('no')))
    const joined = cache.of('ann').read('profile', count('profile'))
    await expect(first).rejects.toThrow('no')
    await expect(joined).rejects.toThrow('no')
    expect(await cache.of('ann').read('profile', count('profile'))).toBe(1)
  })

  it('holds no more answers than it may', async () => {
    const { cache } = setUp({ maxEntries: 3 })
    for (let index = 0; index < 10; index += 1) await cache.of('ann').read(`page ${index}`, async () => index)
    expect(cache.size).toBe(3)
    expect(await cache.of('ann').hit('page 9')).toBe(9)
    expect(cache.of('ann').hit('page 0')).toBeUndefined()
  })

  it('drops what a write may have changed, and nothing else', async () => {
    const { cache, count } = setUp()
    await cache.of('ann').read('page', count('page'), { tables: ['journal_entries'] })
    await cache.of('ann').read('profile', count('profile'), { tables: ['profiles'] })
    await cache.of('ann').read('unknown', count('unknown'))
    await cache.of('bob').read('page', count('page of bob'), { tables: ['journal_entries'] })
    cache.invalidate('ann', ['journal_entries'])
    expect(cache.of('ann').hit('page')).toBeUndefined()
    expect(cache.of('ann').hit('unknown')).toBeUndefined()
    expect(await cache.of('ann').hit('profile')).toBe(1)
    expect(await cache.of('bob').hit('page')).toBe(1)
  })

  it('does not keep an answer that was on its way when a write made it old', async () => {
    const { cache, count } = setUp()
    const slow = deferred<string>()
    const before = cache.of('ann').read('page', () => slow.promise)
    cache.invalidate('ann', ['journal_entries'])
    const after = cache.of('ann').read('page', count('page'))
    slow.resolve('old')
    expect(await before).toBe('old')
    expect(await after).toBe(1)
    expect(await cache.of('ann').hit('page')).toBe(1)
  })

  it('asks anew when told to, and keeps the old answer when that fails', async () => {
    const { cache, count } = setUp()
    await cache.of('ann').read('page', count('page'))
    expect(await cache.of('ann').read('page', count('page'), { fresh: true })).toBe(2)
    await expect(
      cache.of('ann').read('page', async () => Promise.reject(down()), { fresh: true }),
    ).rejects.toMatchObject({
      code: 'unreachable',
    })
    expect(await cache.of('ann').hit('page')).toBe(2)
  })

  it.each([
    ['ttlMs', 0],
    ['ttlMs', Number.NaN],
    ['maxEntries', 0],
    ['maxEntries', 1.5],
    ['staleIfErrorMs', -1],
    ['refreshAfterMs', -1],
  ])('refuses %s of %s', (name, value) => {
    expect(() => new QueryCache({ [name]: value })).toThrow(JourneysError)
  })
})

describe('an old answer in an outage', () => {
  it('is not served when nothing says so', async () => {
    const { cache, clock, count } = setUp()
    await cache.of('ann').read('page', count('page'))
    clock.time = 5 * minute + 1
    await expect(cache.of('ann').read('page', async () => Promise.reject(down()))).rejects.toThrow()
  })

  it('is served up to its bound, and the server is asked each time', async () => {
    const { cache, clock, count } = setUp({ staleIfErrorMs: 10 * minute })
    await cache.of('ann').read('page', count('page'))
    const fail = async () => Promise.reject(down())
    clock.time = 5 * minute + 1
    expect(cache.of('ann').hit('page')).toBeUndefined()
    expect(await cache.of('ann').read('page', fail)).toBe(1)
    clock.time = 15 * minute
    expect(await cache.of('ann').read('page', fail)).toBe(1)
    clock.time = 15 * minute + 1
    await expect(cache.of('ann').read('page', fail)).rejects.toMatchObject({ code: 'unreachable' })
  })

  it('is not served for an error that is not an outage', async () => {
    const { cache, clock, count } = setUp({ staleIfErrorMs: 10 * minute })
    await cache.of('ann').read('page', count('page'))
    clock.time = 6 * minute
    const forbidden = async () => Promise.reject(new JourneysError('forbidden', 'no longer'))
    await expect(cache.of('ann').read('page', forbidden)).rejects.toMatchObject({ code: 'forbidden' })
  })

  it.each(['invalidate', 'forget'] as const)('is not served after %s while the query ran', async (how) => {
    const { cache, clock, count } = setUp({ staleIfErrorMs: 10 * minute })
    await cache.of('ann').read('page', count('page'))
    clock.time = 6 * minute
    const slow = deferred<never>()
    const answer = cache.of('ann').read('page', () => slow.promise)
    if (how === 'forget') cache.forget('ann')
    else cache.invalidate('ann', ['journal_entries'])
    slow.reject(down())
    await expect(answer).rejects.toMatchObject({ code: 'unreachable' })
    await expect(cache.of('ann').read('page', async () => Promise.reject(down()))).rejects.toThrow()
  })
})

describe('renewal in the background', () => {
  const settled = () => new Promise((resolve) => setImmediate(resolve))

  it('serves the old answer meanwhile, then the new one', async () => {
    const { cache, clock, count, calls } = setUp({ refreshAfterMs: minute })
    await cache.of('ann').read('page', count('page'))
    cache.of('ann').refreshWhenDue('page', count('page'))
    clock.time = minute
    cache.of('ann').refreshWhenDue('page', count('page'))
    cache.of('ann').refreshWhenDue('page', count('page'))
    expect(await cache.of('ann').hit('page')).toBe(1)
    await settled()
    expect(await cache.of('ann').hit('page')).toBe(2)
    expect(calls).toHaveLength(2)
    clock.time = 6 * minute
    expect(await cache.of('ann').hit('page')).toBe(2)
  })

  it('that fails throws nothing, is reported, and leaves the old answer until its time is over', async () => {
    const failures: unknown[] = []
    const { cache, clock, count } = setUp({ refreshAfterMs: minute, onRefreshError: (error) => failures.push(error) })
    await cache.of('ann').read('page', count('page'))
    clock.time = minute
    cache.of('ann').refreshWhenDue('page', async () => Promise.reject(down()))
    await settled()
    expect(failures).toMatchObject([{ code: 'unreachable' }])
    expect(await cache.of('ann').hit('page')).toBe(1)
    clock.time = 5 * minute + 1
    expect(cache.of('ann').hit('page')).toBeUndefined()
  })

  it('does not bring back what was dropped while it ran', async () => {
    const { cache, clock, count } = setUp({ refreshAfterMs: minute })
    await cache.of('ann').read('page', count('page'))
    clock.time = minute
    const slow = deferred<string>()
    cache.of('ann').refreshWhenDue('page', () => slow.promise)
    cache.forget('ann')
    slow.resolve('old')
    await settled()
    expect(cache.of('ann').hit('page')).toBeUndefined()
  })
})
