import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTestClient } from '../support/client.ts'
import { createTestDatabase } from '../support/database.ts'
import { createTestStack, type TestStack } from '../support/stack.ts'

let stack: TestStack
let postgres: pg.Pool
let people = 0

beforeAll(async () => {
  stack = await createTestStack()
  postgres = new pg.Pool({ connectionString: stack.database.url })
})
afterAll(async () => {
  await postgres?.end()
  await stack?.stop()
})

interface Person {
  id: string
  /** One write of this person, through gateway and PostgREST. */
  write(method?: string, path?: string, body?: unknown): Promise<Response>
}

async function person(): Promise<Person> {
  const client = createTestClient(stack, stack.anonKey)
  const { data, error } = await client.auth.signUp({
    email: `writer-${people++}@example.test`,
    password: 'a long password',
  })
  if (error || !data.session || !data.user) throw error ?? new Error('no session')
  const headers = {
    apikey: stack.anonKey,
    authorization: `Bearer ${data.session.access_token}`,
    'content-type': 'application/json',
  }
  return {
    id: data.user.id,
    write: (method = 'POST', path = 'user_addictions', body = { kind: 'other', quit_on: '2026-01-01' }) =>
      fetch(`${stack.url}/rest/v1/${path}`, {
        method,
        headers,
        ...(method === 'GET' || method === 'HEAD' ? {} : { body: JSON.stringify(body) }),
      }),
  }
}

async function countOf({ id }: Person): Promise<number> {
  const { rows } = await postgres.query('select writes from private.rate_limits where user_id = $1', [id])
  return rows[0]?.writes ?? 0
}

async function statuses(responses: Promise<Response>[]): Promise<Record<number, number>> {
  const counts: Record<number, number> = {}
  for (const response of await Promise.all(responses)) {
    counts[response.status] = (counts[response.status] ?? 0) + 1
    await response.arrayBuffer()
  }
  return counts
}

const many = (count: number, one: () => Promise<Response>) => Array.from({ length: count }, one)

describe('the limit of writes', () => {
  it('is 120 a minute for each person', async () => {
    const { rows } = await postgres.query(
      `select role, max_writes, extract(epoch from window_length)::int as seconds from private.rate_limit_rules`,
    )
    expect(rows).toEqual([{ role: 'authenticated', max_writes: 120, seconds: 60 }])
  })

  describe('in a window', () => {
    beforeEach(async () => {
      // A test must not see the minute turn.
      await postgres.query(`update private.rate_limit_rules set window_length = '1 day'`)
    })

    it('lets 120 writes through, refuses the next with 429 and says when to come back', async () => {
      const writer = await person()
      const other = await person()
      expect(await statuses(many(120, () => writer.write()))).toEqual({ 201: 120 })

      const refused = await writer.write()
      expect(refused.status).toBe(429)
      const wait = Number(refused.headers.get('retry-after'))
      expect(wait).toBeGreaterThan(0)
      expect(wait).toBeLessThanOrEqual(86_400)
      expect(await refused.json()).toEqual({
        code: 'over_request_rate_limit',
        message: 'more than 120 writes in 86400 seconds',
        details: `Retry after ${wait} seconds.`,
        hint: expect.any(String),
      })
      for (const method of ['POST', 'PATCH', 'DELETE']) {
        expect((await writer.write(method, 'user_addictions?kind=eq.other')).status).toBe(429)
      }
      const purchase = { plan: 'monthly', idempotency_key: 'a-long-enough-key' }
      expect((await writer.write('POST', 'rpc/purchase_premium', purchase)).status).toBe(429)

      // Reading goes on, and so does everybody else.
      const summary = 'rpc/progress_summary?from_date=2026-01-01&to_date=2026-02-01'
      expect(await statuses(many(20, () => writer.write('GET', 'user_addictions?limit=1')))).toEqual({ 200: 20 })
      expect((await writer.write('GET', summary)).status).toBe(200)
      expect((await writer.write('HEAD', 'user_addictions')).status).toBe(200)
      const asPost = { from_date: '2026-01-01', to_date: '2026-02-01' }
      expect((await writer.write('POST', 'rpc/progress_summary', asPost)).status).toBe(200)
      expect((await other.write()).status).toBe(201)

      // The next window starts at nothing.
      await postgres.query(
        `update private.rate_limits set window_start = window_start - interval '1 day' where user_id = $1`,
        [writer.id],
      )
      expect((await writer.write()).status).toBe(201)
      expect(await countOf(writer)).toBe(1)
    })

    it('is exact when the writes come all at once', async () => {
      const writer = await person()
      await postgres.query('update private.rate_limit_rules set max_writes = 30')
      try {
        expect(await statuses(many(50, () => writer.write()))).toEqual({ 201: 30, 429: 20 })
        expect(await countOf(writer)).toBe(30)
      } finally {
        await postgres.query('update private.rate_limit_rules set max_writes = 120')
      }
    })

    it('counts a batch as one write, and a refused row not at all', async () => {
      const writer = await person()
      const batch = Array.from({ length: 50 }, () => ({ reflection: 'One of many' }))
      expect((await writer.write('POST', 'journal_entries', batch)).status).toBe(201)
      expect(await countOf(writer)).toBe(1)
      expect((await writer.write('POST', 'journal_entries', { reflection: '' })).status).toBe(400)
      expect(await countOf(writer)).toBe(1)
    })

    it('does not bind service_role', async () => {
      const client = createTestClient(stack, stack.serviceRoleKey)
      const before = await postgres.query('select * from private.rate_limits order by user_id')
      const { status } = await client.from('profiles').update({ bio: 'x' }).eq('locale', 'xx')
      expect(status).toBe(204)
      expect((await postgres.query('select * from private.rate_limits order by user_id')).rows).toEqual(before.rows)
    })

    it('ends the writes of a person who was deleted, whose token is still valid', async () => {
      const writer = await person()
      await writer.write()
      await postgres.query('delete from auth.users where id = $1', [writer.id])
      const refused = await writer.write()
      expect(refused.status).toBe(401)
      expect(await refused.json()).toMatchObject({ code: 'user_not_found' })
      expect(await countOf(writer)).toBe(0)
    })
  })

  it('forgets the windows of people who stopped writing', async () => {
    const database = await createTestDatabase()
    const client = new pg.Client({ connectionString: database.url })
    await client.connect()
    try {
      await client.query(`
        insert into auth.users (id) values (md5('old')::uuid), (md5('new')::uuid);
        insert into private.rate_limits values (md5('old')::uuid, now() - interval '2 days', 5), (md5('new')::uuid, now(), 5);
        select public.cleanup_old_data()`)
      const { rows } = await client.query(`select user_id = md5('new')::uuid as recent from private.rate_limits`)
      expect(rows).toEqual([{ recent: true }])
    } finally {
      await client.end()
      await database.drop()
    }
  })
})
