import type { SupabaseClient } from '@supabase/supabase-js'
import { describe, expect, it } from 'vitest'
import { QueryCache } from '../cache/query-cache.ts'
import { UserQueries } from '../cache/user-queries.ts'
import { SessionUser, TokenUser } from './session-user.ts'

const ann = '00000000-0000-4000-8000-00000000000a'
const bob = '00000000-0000-4000-8000-00000000000b'

const sessionOf = (id: string | null) =>
  id === null ? null : { access_token: `h.${btoa(JSON.stringify({ sub: id }))}.s` }

/** The two calls of supabase-js's auth that are used, with the session in the test's hands. */
function setUp(initial: string | null) {
  let listener: (event: string, session: unknown) => void = () => undefined
  const state = { stored: initial, failure: null as { name: string; message: string } | null, reads: 0 }
  const auth = {
    getSession: async () => {
      state.reads += 1
      const { failure } = state
      return { data: { session: failure === null ? sessionOf(state.stored) : null }, error: failure }
    },
    onAuthStateChange: (listen: typeof listener) => {
      listener = listen
      return { data: { subscription: { unsubscribe: () => undefined } } }
    },
  }
  const cache = new QueryCache()
  const user = new SessionUser(auth as unknown as SupabaseClient['auth'])
  const queries = new UserQueries(cache, user)
  const tell = (event: string, id: string | null) => listener(event, sessionOf(id))
  const switchTo = (id: string | null) => {
    state.stored = id
    tell(id === null ? 'SIGNED_OUT' : 'SIGNED_IN', id)
  }
  return { state, cache, user, queries, tell, switchTo }
}

describe('the signed-in user of a client', () => {
  it('is found out first when a query comes before the session is known', async () => {
    const { queries, user } = setUp(ann)
    expect(user.id).toBeUndefined()
    expect(await queries.query(async (identity) => identity?.userId, 'me')).toBe(ann)
    expect(user.id).toBe(ann)
  })

  it('is asked for once while the cache answers', async () => {
    const { queries, state } = setUp(ann)
    await queries.query(async () => 1, 'page')
    const { reads } = state
    for (let index = 0; index < 10; index += 1) await queries.query(async () => 2, 'page')
    expect(state.reads).toBe(reads)
  })

  it('leaves nothing in the cache when they sign out', async () => {
    const { queries, cache, switchTo } = setUp(ann)
    await queries.query(async () => 'a diary', 'page')
    expect(cache.size).toBe(1)
    switchTo(null)
    expect(cache.size).toBe(0)
  })

  it('keeps the cache when only the token is renewed, or the tab comes back', async () => {
    const { queries, tell } = setUp(ann)
    await queries.query(async () => 'kept', 'page')
    tell('TOKEN_REFRESHED', ann)
    tell('SIGNED_IN', ann)
    expect(await queries.query(async () => 'asked again', 'page')).toBe('kept')
  })

  it('does not get an answer that began under another user', async () => {
    const { queries, switchTo } = setUp(ann)
    let begun = () => {}
    let answer = (_: string) => {}
    const running = new Promise<void>((resolve) => {
      begun = resolve
    })
    const query = queries.query(() => {
      begun()
      return new Promise<string>((resolve) => {
        answer = resolve
      })
    }, 'page')
    await running
    switchTo(bob)
    answer('a diary of Ann')
    await expect(query).rejects.toMatchObject({ code: 'user_changed' })
    expect(await queries.query(async () => 'of Bob', 'page')).toBe('of Bob')
  })

  it('is the one whose session was stored last, when two sign-ins are told of in the other order', async () => {
    const { queries, state, tell } = setUp(null)
    state.stored = bob
    tell('SIGNED_IN', bob)
    tell('SIGNED_IN', ann)
    expect(await queries.query(async (identity) => identity?.userId, 'me')).toBe(bob)
  })

  it('is noticed by the next query when nobody tells', async () => {
    const { queries, state } = setUp(ann)
    await queries.query(async () => 'of Ann', 'page')
    state.stored = bob
    expect(await queries.query(async (identity) => identity?.userId, 'other page')).toBe(bob)
    expect(await queries.query(async () => 'of Bob', 'page')).toBe('of Bob')
  })

  it('is not taken for signed out when the session cannot be renewed for want of a connection', async () => {
    const { queries, state } = setUp(ann)
    await queries.query(async () => 'kept', 'page')
    state.failure = { name: 'AuthRetryableFetchError', message: 'fetch failed' }
    await expect(queries.query(async () => 1, 'other page')).rejects.toMatchObject({ code: 'unreachable' })
    expect(await queries.query(async () => 'asked', 'page')).toBe('kept')
  })

  it('is nobody after the end: no call goes on, and nothing is left', async () => {
    const { queries, user, cache } = setUp(ann)
    await queries.query(async () => 'a diary', 'page')
    user.close()
    expect(cache.size).toBe(0)
    await expect(queries.query(async () => 1, 'page')).rejects.toMatchObject({ code: 'closed' })
    await expect(queries.write(['t'], async () => 1)).rejects.toMatchObject({ code: 'closed' })
  })

  it('is needed for a write', async () => {
    const { queries } = setUp(null)
    await expect(queries.write(['t'], async () => 1)).rejects.toMatchObject({ code: 'not_signed_in' })
  })
})

describe('the user of a token', () => {
  it('is its sub', () => {
    expect(new TokenUser(sessionOf(ann)?.access_token ?? '').id).toBe(ann)
  })

  it.each(['', 'nonsense', `h.${btoa('{"role":"anon"}')}.s`, `h.${btoa('[]')}.s`, 'h.%%%.s'])(
    'is not found in %j',
    (token) => {
      expect(() => new TokenUser(token)).toThrow('not that of a signed-in user')
    },
  )
})
