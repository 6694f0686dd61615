import type { SupabaseClient } from '@supabase/supabase-js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { QueryCache } from '../cache/query-cache.ts'
import { UserQueries } from '../cache/user-queries.ts'
import { JourneysError } from '../errors.ts'
import { userOfToken } from './access-token.ts'
import { SessionUser } from './session-user.ts'

// A model of what makes the cache hard: sessions are stored before anybody is told of them, sign-ins overlap, requests pick up
// their token late and are answered later. fast-check decides in which order everything that waits goes on.

type Scheduler = fc.Scheduler

const ids = ['ann', 'bob', 'cid'].map((_, index) => `0000000${index}-0000-4000-8000-000000000000`)

const tokenOf = (id: string) => `h.${btoa(JSON.stringify({ sub: id }))}.s`

/** Rows of each user, as a version that every write raises. */
class Server {
  readonly versions = new Map(ids.map((id) => [id, 0]))
  /** The version that the last answered write of each user left. */
  readonly confirmed = new Map(ids.map((id) => [id, 0]))

  read(token: string | undefined) {
    const owner = (token && userOfToken(token)) || 'nobody'
    return { owner, version: this.versions.get(owner) ?? 0 }
  }

  write(token: string): number {
    const owner = userOfToken(token) as string
    const version = (this.versions.get(owner) ?? 0) + 1
    this.versions.set(owner, version)
    return version
  }
}

type Listener = Parameters<SupabaseClient['auth']['onAuthStateChange']>[0]
type StoredSession = Parameters<Listener>[1]

class Client {
  readonly queries: UserQueries
  stored: string | undefined
  /** Users whose replacement has been stored, but not been told to anybody yet. */
  readonly untold = new Set<{ id: string | undefined }>()
  readonly #scheduler: Scheduler
  #listener: Listener | undefined

  constructor(scheduler: Scheduler, cache: QueryCache) {
    this.#scheduler = scheduler
    const session = (id: string | undefined) =>
      (id === undefined ? null : { access_token: tokenOf(id) }) as StoredSession
    const auth = {
      getSession: async () => {
        await this.wait('getSession')
        return { data: { session: session(this.stored) }, error: null }
      },
      onAuthStateChange: (listener: Listener) => {
        this.#listener = listener
        return { data: { subscription: { unsubscribe: () => undefined } } }
      },
    }
    this.queries = new UserQueries(cache, new SessionUser(auth as unknown as SupabaseClient['auth']))
    this.become = async (id) => {
      await this.wait('store session')
      const former = { id: this.stored }
      this.untold.add(former)
      this.stored = id
      await this.wait('tell listeners')
      this.#listener?.(id === undefined ? 'SIGNED_OUT' : 'SIGNED_IN', session(id))
      this.untold.delete(former)
    }
  }

  readonly become: (id: string | undefined) => Promise<void>

  wait(what: string): Promise<void> {
    return this.#scheduler.schedule(Promise.resolve(), what)
  }

  /** What supabase-js does: the token is that of the session when the request leaves. */
  async fetch(server: Server) {
    await this.wait('take token')
    const token = this.stored === undefined ? undefined : tokenOf(this.stored)
    await this.wait('reach server')
    const answer = server.read(token)
    await this.wait('answer')
    return answer
  }

  async write(server: Server): Promise<void> {
    const written = await this.queries.write(['rows'], async ({ accessToken, userId }) => {
      await this.wait('reach server')
      const version = server.write(accessToken)
      await this.wait('answer')
      return { userId, version }
    })
    server.confirmed.set(written.userId, Math.max(written.version, server.confirmed.get(written.userId) ?? 0))
  }
}

type Action = { client: number } & (
  | { kind: 'become'; id: string | undefined }
  | { kind: 'query'; key: string; fresh: boolean }
  | { kind: 'write' }
)

const client = fc.integer({ min: 0, max: 1 })
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ client, kind: fc.constant('become' as const), id: fc.constantFrom(undefined, ...ids) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      client,
      kind: fc.constant('query' as const),
      key: fc.constantFrom('page', 'profile'),
      fresh: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ client, kind: fc.constant('write' as const) }) },
)

const allowedErrors = new Set(['user_changed', 'not_signed_in'])

describe('two clients that share a cache, with users who come and go', () => {
  it("never show one user another's rows, nor rows older than a write that was answered", async () => {
    let answers = 0
    let loads = 0
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.array(action, { maxLength: 6 }), { maxLength: 6 }),
        async (scheduler, scripts) => {
          const server = new Server()
          const cache = new QueryCache({ refreshAfterMs: 1, clock: { now: () => (time += 1) } })
          let time = 0
          const clients = [new Client(scheduler, cache), new Client(scheduler, cache)] as const
          const problems: string[] = []

          const run = async (step: Action) => {
            const on = clients[step.client as 0 | 1]
            if (step.kind === 'become') return on.become(step.id)
            if (step.kind === 'write') return on.write(server)
            const known = new Map(server.confirmed)
            const load = async () => {
              loads += 1
              return on.fetch(server)
            }
            const { owner, version } = await on.queries.query(load, step.key, { tables: ['rows'], fresh: step.fresh })
            answers += 1
            const may = [{ id: on.stored }, ...on.untold].map(({ id }) => id ?? 'nobody')
            if (!may.includes(owner)) problems.push(`${owner} shown to ${may.join(' or ')}`)
            if (version < (known.get(owner) ?? 0))
              problems.push(`version ${version} after ${known.get(owner)} was confirmed`)
          }

          const script = async (steps: Action[]) => {
            for (const step of steps) {
              await scheduler.schedule(Promise.resolve(), step.kind)
              try {
                await run(step)
              } catch (error) {
                if (!(error instanceof JourneysError) || !allowedErrors.has(error.code)) throw error
              }
            }
          }
          await scheduler.waitFor(Promise.all(scripts.map(script)))
          expect(problems).toEqual([])
        },
      ),
      { numRuns: 600 },
    )
    // Not by never caching anything.
    expect(loads).toBeLessThan(answers)
  })
})
