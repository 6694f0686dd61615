import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asUser, createTestDatabase, createUser, type Query, type TestDatabase } from '../support/database.ts'
import { refusal } from './refusal.ts'

// A person writes while an operator works on the same rows: nobody may end in a deadlock (40P01).

let database: TestDatabase
let postgres: pg.Pool

beforeAll(async () => {
  database = await createTestDatabase()
  postgres = new pg.Pool({ connectionString: database.url })
})
afterAll(async () => {
  await postgres.end()
  await database.drop()
})

/** What PostgREST runs before a write. */
async function beginWrite(query: Query): Promise<void> {
  await query(`select set_config('request.method', 'POST', true)`)
  await query('select private.before_request()')
}

const write = (query: Query) => query(`insert into public.journal_entries (reflection) values ('A good day.')`)

async function personWhoWrote(): Promise<string> {
  const user = await createUser(database)
  await asUser(database, user, async (query) => {
    await beginWrite(query)
    await write(query)
  })
  return user
}

/** Resolves when some session waits for a lock. */
async function somebodyWaits(): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    const { rows } = await postgres.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    if (rows.length > 0) return
    await sleep(10)
  }
  throw new Error('nobody waits for a lock')
}

describe('a person who writes', () => {
  it.each([
    ['is anonymised', 'select public.anonymize_user_data($1)'],
    ['is deleted', 'delete from auth.users where id = $1'],
  ])('and %s at the same moment finishes first, and nothing is left', async (_, sql) => {
    const user = await personWhoWrote()
    let operator: Promise<unknown> = Promise.resolve()
    await asUser(database, user, async (query) => {
      await beginWrite(query)
      operator = postgres.query(sql, [user])
      await somebodyWaits()
      await write(query)
    })
    await operator
    const { rows } = await postgres.query('select from public.journal_entries where user_id = $1', [user])
    expect(rows).toEqual([])
  })

  it('comes too late when the deletion has begun', async () => {
    const user = await personWhoWrote()
    const operator = await postgres.connect()
    try {
      await operator.query('begin')
      await operator.query('delete from auth.users where id = $1', [user])
      const writing = refusal(asUser(database, user, beginWrite))
      await somebodyWaits()
      await operator.query('commit')
      expect((await writing).message).toContain('user_not_found')
    } finally {
      operator.release()
    }
  })

  it('does not hold up the cleanup of old data, nor is held up by it', async () => {
    const user = await personWhoWrote()
    await postgres.query(`update private.rate_limits set window_start = now() - interval '3 days'`)
    await asUser(database, user, async (query) => {
      await beginWrite(query)
      await postgres.query('select public.cleanup_old_data()')
      await write(query)
    })
    const { rows } = await postgres.query('select writes from private.rate_limits where user_id = $1', [user])
    expect(rows).toEqual([{ writes: 1 }])
  })
})
