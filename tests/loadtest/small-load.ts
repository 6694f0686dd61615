import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { LoadSeen } from '../../packages/loadtest/src/server/server-side.ts'
import { mintAccessToken } from '../../packages/loadtest/src/users/access-token.ts'
import { createUser } from '../support/database.ts'
import { call } from '../support/http.ts'
import type { TestStack } from '../support/stack.ts'

export interface Person {
  readonly id: string
  readonly token: string
}

/** People with a profile and a journal of some entries in the past weeks. */
export async function createPeople(stack: TestStack, count: number, entriesEach: number): Promise<Person[]> {
  const people: Person[] = []
  for (let n = 0; n < count; n++) {
    const id = await createUser(stack.database)
    const options = { url: stack.url, jwtSecret: stack.jwtSecret, run: 'test', lifetimeMs: 600_000 }
    people.push({ id, token: await mintAccessToken({ id, email: `${id}@example.test` }, options) })
  }
  const ids = people.map(({ id }) => id)
  await withDatabase(stack, async (client) => {
    await client.query(`insert into public.profiles (user_id, display_name) select unnest($1::uuid[]), 'A person'`, [
      ids,
    ])
    await client.query(
      `insert into public.journal_entries (user_id, date, reflection, scores)
       select u, current_date - n % 20, 'A quiet day.', '{"mood": 6}' from unnest($1::uuid[]) u, generate_series(1, $2) n`,
      [ids, entriesEach],
    )
    await client.query('analyze public.journal_entries, public.profiles')
  })
  return people
}

export async function withDatabase<T>(stack: TestStack, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: stack.database.url })
  // A test may kill the server.
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** What the app's scenarios ask for, one after the other. */
export const appRequests: readonly ((
  stack: TestStack,
  person: Person,
) => Promise<{ status: number; body: unknown }>)[] = [
  (stack, { token }) =>
    call(stack, '/rest/v1/journal_entries?select=id,date,reflection&order=date.desc,id.desc&limit=20', { token }),
  (stack, { token }) => call(stack, `/rest/v1/rpc/progress_summary?from_date=${day(-29)}&to_date=${day(0)}`, { token }),
  (stack, { id, token }) =>
    call(stack, `/rest/v1/profiles?user_id=eq.${id}`, { method: 'PATCH', body: { bio: 'Day by day.' }, token }),
  (stack, { id, token }) =>
    call(stack, '/rest/v1/journal_entries', { body: { user_id: id, date: day(0), reflection: 'Today.' }, token }),
]

function day(offset: number): string {
  return new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10)
}

/**
 * Everybody sends one request after the other until the time is over.
 * @returns what a load test would have seen of it
 */
export async function smallLoad(
  stack: TestStack,
  people: readonly Person[],
  options: { seconds: number; pauseMs?: number; requests?: typeof appRequests },
): Promise<LoadSeen & { answered: number }> {
  const requests = options.requests ?? appRequests
  const began = performance.now()
  const end = began + options.seconds * 1000
  const failures = new Map<string, number>()
  let count = 0
  let totalMs = 0
  let answered = 0
  const one = async (person: Person, first: number) => {
    for (let n = first; performance.now() < end; n++) {
      const sentAt = performance.now()
      const request = requests[n % requests.length]
      if (request === undefined) throw new Error('no request to send')
      const answer = await request(stack, person).catch(() => ({ status: 0, body: undefined }))
      totalMs += performance.now() - sentAt
      count++
      if (answer.status >= 200 && answer.status < 400) answered++
      else {
        const code = (answer.body as { code?: string } | undefined)?.code ?? String(answer.status)
        failures.set(code, (failures.get(code) ?? 0) + 1)
      }
      await sleep(options.pauseMs ?? 0)
    }
  }
  await Promise.all(people.map(one))
  return {
    total: { rate: (count * 1000) / (performance.now() - began), avg: totalMs / Math.max(1, count) },
    failures: [...failures].map(([code, times]) => ({ code, count: times })),
    answered,
  }
}
