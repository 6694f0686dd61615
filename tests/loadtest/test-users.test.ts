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

/** Supabase Auth's answer to a person who tries that password. */
async function signIn(email: string, password: string) {
  const response = await fetch(`${stack.url}/auth/v1/token?grant_type=password`, {
    method: 'POST',
    headers: { apikey: stack.anonKey, 'Content-Type': 'application/json' },
    body: JSON.stringify({ email, password }),
  })
  return { status: response.status, ...((await response.json()) as { error_code?: string; access_token?: string }) }
}

/** What keeps people out: without a password first, then, had somebody set one, by the ban. */
async function nobodyCanSignIn(run: string): Promise<void> {
  const { rows } = await database.query<{ email: string; banned: boolean }>(
    `select email, banned_until > now() + interval '90 years' as banned from auth.users
      where raw_app_meta_data ->> 'journeys_loadtest' = $1`,
    [run],
  )
  expect(rows.length).toBeGreaterThan(0)
  expect(rows.every(({ banned }) => banned)).toBe(true)
  const email = rows[0]?.email as string
  expect(await signIn(email, 'anything at all')).toMatchObject({ status: 400, error_code: 'invalid_credentials' })
  await database.query(
    `update auth.users set encrypted_password = extensions.crypt('known', extensions.gen_salt('bf', 4)) where email = $1`,
    [email],
  )
  expect(await signIn(email, 'known')).toMatchObject({ status: 400, error_code: 'user_banned' })
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
      `select count(*) as users, count(encrypted_password) as passwords, count(i.id) as identities, count(p.user_id) as profiles
         from auth.users u join auth.identities i on i.user_id = u.id join public.profiles p on p.user_id = u.id
        where u.email like 'lt-20261123-140211-aaaa-%@loadtest.invalid'
          and u.raw_app_meta_data ->> 'journeys_loadtest' = '20261123-140211-aaaa'`,
    )
    expect(rows[0]).toEqual({ users: 1000, passwords: 0, identities: 1000, profiles: 1000 })

    const removing = performance.now()
    expect(await users.remove('20261123-140211-aaaa')).toEqual({ removed: 1000, left: 0 })
    expect(performance.now() - removing).toBeLessThan(5000)
    const left = await database.query('select 1 from public.journal_entries union all select 1 from public.profiles')
    expect(left.rowCount).toBe(0)
    expect(await usersThere(), 'somebody who is not a load-test user stays').toBe(0)
  })

  test('cannot sign in, whether their tokens were minted or they had a password for a moment', async () => {
    const minted = await fromDatabase()
    await minted.make(making('20261123-140220-0001', 2))
    await nobodyCanSignIn('20261123-140220-0001')
    await minted.remove('20261123-140220-0001')

    const signing = await databaseUsers({ ...targetOf(stack), jwtSecret: undefined }, stack.database.url)
    open.push(signing)
    const [user] = await signing.make(making('20261123-140221-0002', 2))
    const passwords = await database.query(
      `select 1 from auth.users where raw_app_meta_data ? 'journeys_loadtest' and encrypted_password is not null`,
    )
    expect(passwords.rowCount).toBe(0)
    await nobodyCanSignIn('20261123-140221-0002')
    expect(await entriesSeenWith(user?.accessToken as string), 'the load goes on').toBe(20)
    await signing.remove('20261123-140221-0002')
  })

  test('a run that would outlive its tokens is refused, and its users can be removed', async () => {
    const users = await databaseUsers({ ...targetOf(stack), jwtSecret: undefined }, stack.database.url)
    open.push(users)
    const making24h = making('20261123-140222-0003', 1, { lifetimeMs: 86_400_000 })
    await expect(users.make(making24h)).rejects.toMatchObject({
      code: 'tokens_too_short',
      exitCode: 2,
      hint: expect.stringContaining('SUPABASE_JWT_SECRET'),
    })
    expect(await users.remove('20261123-140222-0003')).toEqual({ removed: 1, left: 0 })
  })

  test('a purchase that is under way while they are removed is not left without an owner', async () => {
    const users = await fromDatabase()
    const run = '20261123-140223-0004'
    const [buyer] = await users.make(making(run, 1))
    // As a request that the server still works on: it has written, but not committed.
    let removal: Promise<unknown> | undefined
    await database.transaction(async (transaction) => {
      await transaction.query(
        `insert into public.purchases (user_id, plan, amount_cents, currency, idempotency_key, status, period_start, period_end)
         values ($1, 'monthly', 499, 'EUR', 'under-way', 'paid', now(), now() + interval '1 month')`,
        [buyer?.id],
      )
      removal = users.remove(run)
      await new Promise((resolve) => setTimeout(resolve, 200))
    })
    expect(await removal).toEqual({ removed: 1, left: 0 })
    expect((await database.query('select 1 from public.purchases')).rowCount).toBe(0)
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
    await nobodyCanSignIn('20261123-140216-0a0a')
    expect(await entriesSeenWith(signedIn[3]?.accessToken as string), 'the load goes on').toBe(0)
    expect(await users.removeLeftovers(), 'of today: it may be alive').toBe(0)
    expect(await users.remove('20261123-140216-0a0a')).toEqual({ removed: 5, left: 0 })
    expect(await usersThere()).toBe(0)
  })

  test('a run of the day before yesterday is a leftover', async () => {
    const users = apiUsers(targetOf(stack))
    await users.make(making('20260101-000000-0b0b', 2))
    await nobodyCanSignIn('20260101-000000-0b0b')
    expect(await users.removeLeftovers()).toBe(2)
    expect(await usersThere()).toBe(0)
  })
})
