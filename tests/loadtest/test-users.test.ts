import { connect, type Database } from '@journeys/core/ops'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { apiUsers } from '../../packages/loadtest/src/users/api-users.ts'
import { databaseUsers } from '../../packages/loadtest/src/users/database-users.ts'
import type { MakeUsersOptions, TestUsers } from '../../packages/loadtest/src/users/test-users.ts'
import { createUser } from '../support/database.ts'
import { createTestStack, type TestStack } from '../support/stack.ts'
import { targetOf } from './quick-load.ts'

let stack: TestStack
let database: Database
let somebody: string
beforeAll(async () => {
  stack = await createTestStack()
  database = await connect(stack.database.superuserUrl)
  somebody = await createUser(stack.database)
})
afterAll(async () => {
  await database?.end()
  await stack?.stop()
})

const open: TestUsers[] = []
beforeEach(async () => {
  for (const users of open.splice(0)) await users.close()
})

async function fromDatabase(): Promise<TestUsers> {
  const users = await databaseUsers(targetOf(stack), stack.database.url)
  open.push(users)
  return users
}

function making(run: string, count: number, more: Partial<MakeUsersOptions> = {}): MakeUsersOptions {
  return { run, count, lifetimeMs: 60_000, keep: false, signal: new AbortController().signal, ...more }
}

async function usersThere(): Promise<number> {
  const { rows } = await database.query<{ n: number }>('select count(*) as n from auth.users where id <> $1', [
    somebody,
  ])
  return Number(rows[0]?.n)
}

/** What PostgREST says to a token: 200 and the rows it may see. */
async function entriesSeenWith(accessToken: string): Promise<number> {
  const response = await fetch(`${stack.url}/rest/v1/journal_entries?select=id`, {
    headers: { apikey: stack.anonKey, Authorization: `Bearer ${accessToken}` },
  })
  expect(response.status).toBe(200)
  return ((await response.json()) as unknown[]).length
}

describe('load-test users, made in the database', () => {
  test('a thousand are there within five seconds, signed in, marked, each with a history; and gone again', async () => {
    const users = await fromDatabase()
    const began = performance.now()
    const signedIn = await users.make(making('20261123-140211-aaaa', 1000))
    expect(performance.now() - began).toBeLessThan(5000)
    expect(new Set(signedIn.map(({ id }) => id)).size).toBe(1000)
    expect(await entriesSeenWith(signedIn[999]?.accessToken as string)).toBe(20)
    const { rows } = await database.query<Record<string, unknown>>(
      `select count(*) as users, count(distinct encrypted_password) as hashes, count(i.id) as identities, count(p.user_id) as profiles
         from auth.users u join auth.identities i on i.user_id = u.id join public.profiles p on p.user_id = u.id
        where u.email like 'lt-20261123-140211-aaaa-%@loadtest.invalid'
          and u.raw_app_meta_data ->> 'journeys_loadtest' = '20261123-140211-aaaa'`,
    )
    expect(rows[0]).toEqual({ users: 1000, hashes: 1, identities: 1000, profiles: 1000 })

    const removing = performance.now()
    expect(await users.remove('20261123-140211-aaaa')).toEqual({ removed: 1000, left: 0 })
    expect(performance.now() - removing).toBeLessThan(5000)
    const left = await database.query('select 1 from public.journal_entries union all select 1 from public.profiles')
    expect(left.rowCount).toBe(0)
    expect(await usersThere(), 'somebody who is not a load-test user stays').toBe(0)
  })

  test('their purchases go with them instead of staying without an owner', async () => {
    const users = await fromDatabase()
    const [buyer] = await users.make(making('20261123-140212-bbbb', 1))
    const bought = await fetch(`${stack.url}/rest/v1/rpc/purchase_premium`, {
      method: 'POST',
      headers: {
        apikey: stack.anonKey,
        Authorization: `Bearer ${buyer?.accessToken}`,
        'Content-Type': 'application/json',
      },
      body: JSON.stringify({ plan: 'monthly', idempotency_key: 'load-test-purchase' }),
    })
    expect(bought.status).toBe(200)
    await users.remove('20261123-140212-bbbb')
    expect((await database.query('select 1 from public.purchases')).rowCount).toBe(0)
  })

  test('what a killed run has left is removed by the next one, but nothing of a run that is alive', async () => {
    const killed = await fromDatabase()
    await killed.make(making('20261123-140213-dead', 3))
    const alive = await fromDatabase()
    await alive.make(making('20261123-140214-cafe', 2))
    // Its connection is lost with its process, and with the connection its lock.
    await killed.close()
    open.splice(open.indexOf(killed), 1)

    const next = await fromDatabase()
    await expect.poll(() => next.removeLeftovers(), { timeout: 5000 }).toBe(3)
    expect(await next.removeLeftovers()).toBe(0)
    expect(await usersThere()).toBe(2)
    await alive.remove('20261123-140214-cafe')
  })

  test('users that were kept on purpose are no leftovers', async () => {
    const kept = await fromDatabase()
    await kept.make(making('20261123-140215-keep', 2, { keep: true }))
    await kept.close()
    open.splice(open.indexOf(kept), 1)
    const next = await fromDatabase()
    expect(await next.removeLeftovers()).toBe(0)
    expect(await usersThere()).toBe(2)
    await next.remove('20261123-140215-keep')
  })
})

describe('load-test users, made through the API where the database is out of reach', () => {
  test('are signed in, can use the app, are found by their mark and removed', async () => {
    const users = apiUsers({ ...targetOf(stack), databaseUrl: undefined, jwtSecret: undefined })
    const told: number[] = []
    const signedIn = await users.make(making('20261123-140216-0a0a', 5, { onProgress: ({ made }) => told.push(made) }))
    expect(told).toEqual([1, 2, 3, 4, 5, 1, 2, 3, 4, 5])
    expect(await entriesSeenWith(signedIn[4]?.accessToken as string)).toBe(0)
    expect((await database.query('select 1 from public.profiles')).rowCount).toBe(5)
    expect(await users.removeLeftovers(), 'of today: it may be alive').toBe(0)
    expect(await users.remove('20261123-140216-0a0a')).toEqual({ removed: 5, left: 0 })
    expect(await usersThere()).toBe(0)
  })

  test('a run of the day before yesterday is a leftover', async () => {
    const users = apiUsers(targetOf(stack))
    await users.make(making('20260101-000000-0b0b', 2))
    expect(await users.removeLeftovers()).toBe(2)
    expect(await usersThere()).toBe(0)
  })
})
