import { request as httpRequest } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { asUser, createUser, type Query } from '../support/database.ts'
import { filesUnder, type Member, picture, signUpMember } from '../support/media.ts'
import { hold, insertRowsOf, restrict } from '../support/person-rows.ts'
import { createTestStack, type TestStack } from '../support/stack.ts'
import { refusal } from './refusal.ts'

// Somebody writes for a person at the very moment at which an operator restricts them, or an erasure begins: whoever comes first is
// waited for, and whatever is there afterwards was there before.

let stack: TestStack
let postgres: pg.Pool
let anna: string
let writer: pg.Client
let operator: pg.Client

beforeAll(async () => {
  stack = await createTestStack()
  postgres = new pg.Pool({ connectionString: stack.database.url, max: 30 })
  // The database is dropped as soon as the pool has said goodbye, which its connections may not have yet.
  postgres.on('error', () => undefined)
})
afterAll(async () => {
  await postgres?.end()
  await stack?.stop()
})
beforeEach(async () => {
  anna = await createUser(stack.database)
  writer = await connected()
  operator = await connected()
})
afterEach(async () => {
  await writer.end()
  await operator.end()
})

async function connected(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: stack.database.url })
  await client.connect()
  return client
}

const write = (client: pg.Client | pg.Pool, person = anna) =>
  client.query("insert into public.journal_entries (user_id, reflection) values ($1, 'A good day.')", [person])

async function entries(): Promise<number> {
  const { rows } = await postgres.query('select count(*)::int as n from public.journal_entries where user_id = $1', [
    anna,
  ])
  return rows[0].n
}

/** Resolves when this many sessions wait for a lock. */
async function waiting(sessions = 1): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    const { rows } = await postgres.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    if (rows.length >= sessions) return
    await sleep(10)
  }
  throw new Error('nobody waits for a lock')
}

const place = {
  restriction: (client: pg.Client | pg.Pool) => restrict(client, anna),
  erasure: (client: pg.Client | pg.Pool) => restrict(client, anna, 'erasure'),
}
const kinds = ['restriction', 'erasure'] as const
const codes = { restriction: 'processing_restricted', erasure: 'user_not_found' }

describe.each(kinds)('an insert and a %s', (kind) => {
  it.each(['read committed', 'repeatable read', 'serializable'])(
    'the insert first (%s): it is waited for, and stays',
    async (isolation) => {
      await writer.query(`begin isolation level ${isolation}`)
      await write(writer)
      const placed = place[kind](operator)
      await waiting()
      // It has the person's row, so it need not wait for who waits.
      await write(writer)
      await writer.query('commit')
      await placed
      expect(await entries()).toBe(2)
      expect((await refusal(write(writer))).constraint).toBe(codes[kind])
    },
  )

  it('the other first, READ COMMITTED: the insert waits, then is refused', async () => {
    await operator.query('begin')
    await place[kind](operator)
    const refused = refusal(write(writer))
    await waiting()
    await operator.query('commit')
    expect(await refused).toMatchObject({ code: '42501', constraint: codes[kind] })
    expect(await entries()).toBe(0)
  })

  it.each(['repeatable read', 'serializable'])(
    'the other first, %s: the insert waits, fails with 40001, and is refused when it is tried again',
    async (isolation) => {
      await operator.query('begin')
      await place[kind](operator)
      await writer.query(`begin isolation level ${isolation}`)
      const lost = refusal(write(writer))
      await waiting()
      await operator.query('commit')
      expect((await lost).code).toBe('40001')
      await writer.query('rollback')
      await writer.query(`begin isolation level ${isolation}`)
      expect((await refusal(write(writer))).constraint).toBe(codes[kind])
      await writer.query('rollback')
      expect(await entries()).toBe(0)
    },
  )

  it.each(['repeatable read', 'serializable'])(
    'a %s transaction whose snapshot is older does not get past it: 40001',
    async (isolation) => {
      await writer.query(`begin isolation level ${isolation}`)
      const { rows } = await writer.query('select from private.processing_restrictions where user_id = $1', [anna])
      expect(rows).toEqual([])
      await place[kind](operator)
      expect((await refusal(write(writer))).code).toBe('40001')
      await writer.query('rollback')
      expect(await entries()).toBe(0)
    },
  )

  it('of an insert that waits nothing is lost when the other is taken back', async () => {
    await operator.query('begin')
    await place[kind](operator)
    const written = write(writer)
    await waiting()
    await operator.query('rollback')
    await written
    expect(await entries()).toBe(1)
  })

  it('twenty who write as fast as they can: what is there when it is placed is all there will be', async () => {
    const ben = await createUser(stack.database)
    let stopped = false
    let others = 0
    const loop = async (): Promise<string | undefined> => {
      const client = await connected()
      try {
        while (!stopped) await write(client)
        return undefined
      } catch (error) {
        return (error as pg.DatabaseError).constraint
      } finally {
        await client.end()
      }
    }
    const writers = Array.from({ length: 20 }, loop)
    const neighbour = (async () => {
      while (!stopped) {
        await write(postgres, ben)
        others++
      }
    })()
    while ((await entries()) < 50) await sleep(5)
    await place[kind](operator)
    const then = await entries()
    const told = await Promise.all(writers)
    stopped = true
    await neighbour
    expect(new Set(told)).toEqual(new Set([codes[kind]]))
    expect(await entries()).toBe(then)
    expect(others).toBeGreaterThan(0)
  })
})

describe('a write of the app', () => {
  const beginWrite = async (query: Query) => {
    await query(`select set_config('request.method', 'POST', true)`)
    await query('select private.before_request()')
  }

  it('that was let in is waited for', async () => {
    let placed: Promise<void> = Promise.resolve()
    await asUser(stack.database, anna, async (query) => {
      await beginWrite(query)
      placed = place.restriction(operator)
      await waiting()
      await query(`insert into public.journal_entries (reflection) values ('A good day.')`)
    })
    await placed
    expect(await entries()).toBe(1)
  })

  it.each([
    ['restriction', 403, 'processing_restricted'],
    ['erasure', 401, 'user_not_found'],
  ] as const)('that comes while a %s is being placed waits, and is told %d %s', async (kind, status, code) => {
    const person = await signUpMember(stack)
    await operator.query('begin')
    await restrict(operator, person.id, kind)
    const written = person.client.from('journal_entries').insert({ reflection: 'Later' }).then()
    await waiting()
    await operator.query('commit')
    const { status: told, error } = await written
    expect({ status: told, code: error?.code }).toEqual({ status, code })
  })
})

describe('an upload', () => {
  let person: Member
  beforeEach(async () => {
    person = await signUpMember(stack)
  })

  it.each(kinds)('that is under way when a %s is placed ends with nothing', async (kind) => {
    const request = httpRequest(`${stack.url}/storage/v1/object/entry-media/${person.id}/slow.png`, {
      method: 'POST',
      headers: { apikey: stack.anonKey, authorization: `Bearer ${person.token}`, 'content-type': 'image/png' },
    })
    const answer = new Promise<string>((resolve, reject) => {
      request.on('error', reject)
      request.on('response', async (response) => {
        let text = ''
        for await (const piece of response) text += piece
        resolve(text)
      })
    })
    request.write(picture(100_000))
    while ((await filesUnder(stack.storageFolder)).length === 0) await sleep(5)
    await restrict(operator, person.id, kind)
    request.end(picture(100_000))
    expect(JSON.parse(await answer)).toMatchObject({ statusCode: '403', code: 'AccessDenied' })
    const { rows } = await postgres.query('select from storage.objects where owner_id = $1', [person.id])
    expect(rows).toEqual([])
    expect(await filesUnder(stack.storageFolder)).toEqual([])
  })
})

describe('a writer with rows that an erasure wants', () => {
  it('does not deadlock with it: once the erasure has begun, it does not wait for the person', async () => {
    await insertRowsOf(postgres, anna)
    await place.erasure(operator)
    // The end of the erasure: the account first, then what is left.
    await operator.query('begin')
    await operator.query("select set_config('journeys.erasing', $1, true)", [anna])
    await operator.query('select from auth.users where id = $1 for update', [anna])
    // It locks the entry, and then asks about the person, whom the erasure has.
    const refused = refusal(
      writer.query("update public.journal_entries set reflection = 'x' where user_id = $1", [anna]),
    )
    expect((await refused).constraint).toBe('user_not_found')
    await operator.query('delete from public.journal_entries where user_id = $1', [anna])
    await operator.query('commit')
  })
})

describe('a legal hold', () => {
  const remove = (client: pg.Client) => client.query('delete from public.journal_entries where user_id = $1', [anna])

  it('waits for a removal that has begun, and has what is left', async () => {
    await insertRowsOf(postgres, anna)
    await writer.query('begin')
    await remove(writer)
    const held = hold(operator, anna, ['public.journal_entries'])
    await waiting()
    await writer.query('commit')
    await held
    expect(await entries()).toBe(0)
    await write(writer)
    expect((await refusal(remove(writer))).constraint).toBe('legal_hold')
  })

  it('that is being placed makes a removal wait, and refuses it', async () => {
    await insertRowsOf(postgres, anna)
    await operator.query('begin')
    await hold(operator, anna, null)
    const refused = refusal(remove(writer))
    await waiting()
    await operator.query('commit')
    expect((await refused).constraint).toBe('legal_hold')
  })

  it('is not passed by a snapshot from before it: 40001', async () => {
    await insertRowsOf(postgres, anna)
    await writer.query('begin isolation level repeatable read')
    await writer.query('select 1')
    await hold(operator, anna, null)
    expect((await refusal(remove(writer))).code).toBe('40001')
    await writer.query('rollback')
    expect(await entries()).toBe(1)
  })

  it('stops an erasure that is in the middle: the batch that runs ends, the next one is refused', async () => {
    await insertRowsOf(postgres, anna)
    await place.erasure(operator)
    const begin = async () => {
      await writer.query('begin')
      await writer.query("select set_config('journeys.erasing', $1, true)", [anna])
    }
    await begin()
    await writer.query('delete from public.profiles where user_id = $1', [anna])
    const held = hold(operator, anna, null)
    await waiting()
    await writer.query('commit')
    await held
    await begin()
    expect((await refusal(remove(writer))).constraint).toBe('legal_hold')
    await writer.query('rollback')
    expect(await entries()).toBe(1)
  })
})
