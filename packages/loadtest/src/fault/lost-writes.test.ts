import { randomUUID } from 'node:crypto'
import { connect, type Database } from '@journeys/core/ops'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { asUser, createTestDatabase, createUser, type TestDatabase } from '../../../../tests/support/database.ts'
import { type ConfirmedWrite, findLostWrites } from './lost-writes.ts'

let scratch: TestDatabase
let database: Database
let userId: string

beforeAll(async () => {
  scratch = await createTestDatabase()
  database = await connect(scratch.url)
  userId = await createUser(scratch)
})

afterAll(async () => {
  await database?.end()
  await scratch?.drop()
})

describe('the search for lost writes', () => {
  test('finds every write that is there, and the ones that are not', async () => {
    const entries = await Promise.all(Array.from({ length: 5 }, () => writeEntry()))
    await writeProfile('has one')
    const purchase = await buy()
    const gone = { table: 'journal_entries', id: randomUUID(), at: Date.UTC(2026, 10, 23, 12) } as const
    const goneToo = { table: 'purchases', id: randomUUID(), at: Date.UTC(2026, 10, 23, 13) } as const
    expect(await findLostWrites(scratch.url, [...entries, purchase])).toEqual({
      checked: 6,
      lost: 0,
      unverifiable: 0,
      examples: [],
    })
    expect(await findLostWrites(scratch.url, [goneToo, ...entries, purchase, gone])).toEqual({
      checked: 8,
      lost: 2,
      unverifiable: 0,
      examples: [
        { table: 'journal_entries', id: gone.id, at: '2026-11-23T12:00:00.000Z' },
        { table: 'purchases', id: goneToo.id, at: '2026-11-23T13:00:00.000Z' },
      ],
    })
  })

  test('a profile is there when it is at least as new as the last answer said', async () => {
    const versions = [await writeProfile('one'), await writeProfile('two'), await writeProfile('three')]
    const writes = versions.map((version) => profile(version))
    expect(await findLostWrites(scratch.url, writes)).toMatchObject({ checked: 1, lost: 0 })
    // The same, told in another order, as engines hand over in batches.
    expect(await findLostWrites(scratch.url, writes.toReversed())).toMatchObject({ checked: 1, lost: 0 })
    // One microsecond newer than the row: that write is gone.
    const last = versions[2] as string
    const newer = last.replace(
      /\.(\d+)/,
      (_, digits: string) => `.${String(Number(digits.padEnd(6, '0')) + 1).padStart(6, '0')}`,
    )
    expect(await findLostWrites(scratch.url, [...writes, profile(newer)])).toMatchObject({ checked: 1, lost: 1 })
  })

  test('more writes than fit into one statement', async () => {
    const entry = await writeEntry()
    const lost = Array.from({ length: 12_000 }, (_, at) => ({
      table: 'journal_entries' as const,
      id: randomUUID(),
      at,
    }))
    const found = await findLostWrites(scratch.url, [...lost.slice(0, 6000), entry, ...lost.slice(6000)])
    expect(found).toMatchObject({ checked: 12_001, lost: 12_000 })
    expect(found.examples).toHaveLength(20)
  })

  test('what has no usable id or version is told, not guessed', async () => {
    const writes: ConfirmedWrite[] = [
      { table: 'journal_entries', id: 'undefined', at: 1 },
      { table: 'profiles', id: userId, version: 'yesterday', at: 2 },
    ]
    expect(await findLostWrites(scratch.url, writes)).toEqual({ checked: 0, lost: 0, unverifiable: 2, examples: [] })
  })

  test('a database that stays away is an error, a wrong password at once', async () => {
    const away = 'postgresql://postgres:x@127.0.0.1:9/postgres'
    const write = { table: 'journal_entries', id: randomUUID(), at: 1 } as const
    await expect(findLostWrites(away, [write], { waitMs: 600 })).rejects.toMatchObject({ exitCode: 4 })
    const refused = new URL(scratch.url)
    refused.password = 'wrong'
    const began = Date.now()
    await expect(findLostWrites(refused.href, [write])).rejects.toMatchObject({ code: 'database_login_refused' })
    expect(Date.now() - began).toBeLessThan(5000)
  })
})

function profile(version: string): ConfirmedWrite {
  return { table: 'profiles', id: userId, version, at: Date.now() }
}

async function writeEntry(): Promise<ConfirmedWrite> {
  const { rows } = await asUser(scratch, userId, (query) =>
    query<{ id: string }>(
      `insert into public.journal_entries (user_id, reflection) values ($1, 'a day') returning id`,
      [userId],
    ),
  )
  return { table: 'journal_entries', id: (rows[0] as { id: string }).id, at: Date.now() }
}

async function buy(): Promise<ConfirmedWrite> {
  const { rows } = await asUser(scratch, userId, (query) =>
    query<{ bought: { id: string } }>(`select public.purchase_premium('monthly', $1) as bought`, [randomUUID()]),
  )
  return { table: 'purchases', id: (rows[0] as { bought: { id: string } }).bought.id, at: Date.now() }
}

/** @returns the row's `updated_at`, as PostgREST would answer it */
async function writeProfile(bio: string): Promise<string> {
  const { rows } = await asUser(scratch, userId, (query) =>
    query<{ version: string }>(
      `insert into public.profiles (user_id, display_name, bio) values ($1, 'Ada', $2)
       on conflict (user_id) do update set bio = excluded.bio
       returning to_json(updated_at) #>> '{}' as version`,
      [userId, bio],
    ),
  )
  return (rows[0] as { version: string }).version
}
