import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { asRole, asUser, createUser, type Query } from '../support/database.ts'
import { createFilledMember, createStackAndPool, type StackAndPool } from '../support/filled-member.ts'
import type { Member } from '../support/media.ts'
import { insertRowsOf, restrict, rowsOf } from '../support/person-rows.ts'
import type { TestStack } from '../support/stack.ts'
import { exposedTables } from './exposed.ts'
import { refusal } from './refusal.ts'

// Art. 18 GDPR, and the time between the beginning of an erasure and its end: whoever writes, the database refuses.

let bench: StackAndPool
let stack: TestStack
let postgres: pg.Pool
let anna: Member

beforeAll(async () => {
  bench = await createStackAndPool()
  stack = bench.stack
  postgres = bench.postgres
})
afterAll(() => bench?.remove())
beforeEach(async () => {
  anna = (await createFilledMember(bench)).anna
})

const tables = Object.keys(exposedTables)
const bare = (table: string) => table.replace('public.', '')

/** A statement of each verb, aimed at a person's rows of a table. */
function statements(table: string, person: string): Record<'insert' | 'update' | 'delete', [string, unknown[]]> {
  const { row, change } = exposedTables[table] as (typeof exposedTables)[string]
  const values = row(person, 'written later')
  const columns = Object.keys(values)
  const [column, value] = Object.entries(change)[0] as [string, unknown]
  return {
    insert: [
      `insert into ${table} (${columns.join(', ')}) values (${columns.map((_, at) => `$${at + 1}`).join(', ')})`,
      Object.values(values),
    ],
    update: [`update ${table} set ${column} = $1 where user_id = $2`, [value, person]],
    delete: [`delete from ${table} where user_id = $1`, [person]],
  }
}

const verbs = ['insert', 'update', 'delete'] as const

/** What each verb on each table is refused with; grants come first for somebody signed in. */
async function refusals(run: <T>(work: (query: Query) => Promise<T>) => Promise<T>, person: string) {
  const told: Record<string, string> = {}
  for (const table of tables) {
    for (const verb of verbs) {
      const { code, constraint } = await refusal(run((query) => query(...statements(table, person)[verb])))
      told[`${verb} ${bare(table)}`] = constraint ?? code
    }
  }
  return told
}

const all = (code: string) =>
  Object.fromEntries(tables.flatMap((table) => verbs.map((verb) => [`${verb} ${bare(table)}`, code])))

describe('in SQL', () => {
  it.each([
    ['restriction', 'processing_restricted'],
    ['erasure', 'user_not_found'],
  ] as const)(
    'nobody writes for a person under %s: postgres, service_role, nor they themselves',
    async (kind, code) => {
      await restrict(postgres, anna.id, kind)
      const before = await rowsOf(postgres, anna.id)
      expect(await refusals((work) => work((text, values) => postgres.query(text, values)), anna.id)).toEqual(all(code))
      const asService = <T>(work: (query: Query) => Promise<T>) =>
        asRole(stack.database, 'service_role', { role: 'service_role' }, work)
      expect(await refusals(asService, anna.id)).toEqual(all(code))
      const asAnna = <T>(work: (query: Query) => Promise<T>) => asUser(stack.database, anna.id, work)
      expect(await refusals(asAnna, anna.id)).toEqual({
        ...all(code),
        // Not theirs to write at all: refused by their grants.
        'delete profiles': '42501',
        'insert purchases': '42501',
        'update purchases': '42501',
        'delete purchases': '42501',
        'update performance_metrics': '42501',
        'delete performance_metrics': '42501',
      })
      expect(await rowsOf(postgres, anna.id)).toEqual(before)
    },
  )

  it('a row changes hands neither from nor to them', async () => {
    const ben = await createUser(stack.database)
    await insertRowsOf(postgres, ben)
    await restrict(postgres, anna.id)
    const give = 'update public.journal_entries set user_id = $1 where user_id = $2'
    expect((await refusal(postgres.query(give, [ben, anna.id]))).constraint).toBe('processing_restricted')
    expect((await refusal(postgres.query(give, [anna.id, ben]))).constraint).toBe('processing_restricted')
    expect((await refusal(postgres.query(give, [null, anna.id]))).constraint).toBe('processing_restricted')
  })

  it('one statement that concerns many people changes nothing when one of them is restricted', async () => {
    const ben = await createUser(stack.database)
    await insertRowsOf(postgres, ben)
    await restrict(postgres, anna.id)
    const before = await rowsOf(postgres, ben)
    const both = "update public.journal_entries set reflection = 'x' where user_id = any ($1)"
    expect((await refusal(postgres.query(both, [[ben, anna.id]]))).constraint).toBe('processing_restricted')
    expect(await rowsOf(postgres, ben)).toEqual(before)
    await postgres.query(both, [[ben]])
  })

  it('a month of the journal is as closed as the journal', async () => {
    await restrict(postgres, anna.id)
    const { rows } = await postgres.query(
      'select tableoid::regclass::text as month from public.journal_entries where user_id = $1',
      [anna.id],
    )
    const remove = refusal(postgres.query(`delete from ${rows[0].month} where user_id = $1`, [anna.id]))
    expect((await remove).constraint).toBe('processing_restricted')
  })

  it('their account stays, and with it what hangs on it', async () => {
    await restrict(postgres, anna.id)
    const before = await rowsOf(postgres, anna.id)
    const remove = 'delete from auth.users where id = $1'
    expect((await refusal(postgres.query(remove, [anna.id]))).constraint).toBe('processing_restricted')
    const emptied = 'update auth.users set deleted_at = now(), email = null where id = $1'
    expect((await refusal(postgres.query(emptied, [anna.id]))).constraint).toBe('processing_restricted')
    expect(await rowsOf(postgres, anna.id)).toEqual(before)
  })

  it('when the restriction ends, everything goes on', async () => {
    await restrict(postgres, anna.id)
    await postgres.query('delete from private.processing_restrictions where user_id = $1', [anna.id])
    for (const verb of verbs) await postgres.query(...statements('public.performance_metrics', anna.id)[verb])
    await postgres.query('delete from auth.users where id = $1', [anna.id])
  })

  describe('the erasure itself', () => {
    /** As an erasure does it. */
    async function erasing(person: string, ...queries: [string, unknown[]][]): Promise<void> {
      const client = await postgres.connect()
      try {
        await client.query('begin')
        await client.query("select set_config('journeys.erasing', $1, true)", [person])
        for (const query of queries) await client.query(...query)
        await client.query('commit')
      } catch (error) {
        await client.query('rollback')
        throw error
      } finally {
        client.release()
      }
    }

    it('passes, row by row and with the account', async () => {
      await restrict(postgres, anna.id, 'erasure')
      await erasing(anna.id, ...tables.map((table) => statements(table, anna.id).update))
      await erasing(anna.id, ...tables.slice(0, 2).map((table) => statements(table, anna.id).delete))
      await erasing(
        anna.id,
        ['delete from private.processing_restrictions where user_id = $1', [anna.id]],
        ['delete from auth.users where id = $1', [anna.id]],
      )
      const { 'storage.objects': files, 'public.purchases': purchases, ...rest } = await rowsOf(postgres, anna.id)
      expect(Object.values(rest).flat()).toEqual([])
      // Storage's own, removed through its API; and what the foreign key leaves, without its owner.
      expect(files).toHaveLength(1)
      expect(purchases).toMatchObject([{ user_id: null }])
    })

    it('passes for its own person only, and in its own transaction only', async () => {
      await restrict(postgres, anna.id, 'erasure')
      const remove = statements('public.profiles', anna.id).delete
      const ben = await createUser(stack.database)
      expect((await refusal(erasing(ben, remove))).constraint).toBe('user_not_found')
      await erasing(anna.id, ['select 1', []])
      expect((await refusal(postgres.query(...remove))).constraint).toBe('user_not_found')
    })

    it('is not what somebody signed in can say they are', async () => {
      await restrict(postgres, anna.id, 'erasure')
      const claimed = asUser(stack.database, anna.id, async (query) => {
        await query("select set_config('journeys.erasing', $1, true)", [anna.id])
        await query(...statements('public.user_addictions', anna.id).delete)
      })
      expect((await refusal(claimed)).constraint).toBe('user_not_found')
    })
  })

  describe('what a transaction has found out about a person', () => {
    const insert = () => statements('public.performance_metrics', anna.id).insert

    it('is forgotten with the savepoint that it was found out under', async () => {
      const client = await postgres.connect()
      try {
        await client.query('begin')
        await client.query('savepoint before')
        await client.query(...insert())
        await client.query('rollback to before')
        // Nothing of theirs is locked any more.
        await restrict(postgres, anna.id)
        expect((await refusal(client.query(...insert()))).constraint).toBe('processing_restricted')
      } finally {
        await client.query('rollback')
        client.release()
      }
    })

    it('is forgotten when the same transaction restricts them', async () => {
      const client = await postgres.connect()
      try {
        await client.query('begin')
        await client.query(...insert())
        await restrict(client, anna.id)
        expect((await refusal(client.query(...insert()))).constraint).toBe('processing_restricted')
      } finally {
        await client.query('rollback')
        client.release()
      }
    })

    it('means nothing to the next one, even if it is left behind in the session', async () => {
      const client = await postgres.connect()
      try {
        await client.query('begin')
        await client.query(...insert())
        await client.query(`select set_config('journeys.changeable', current_setting('journeys.changeable'), false)`)
        await client.query('commit')
        const { rows } = await client.query(`select current_setting('journeys.changeable', true) as left_behind`)
        expect(rows[0].left_behind).toContain(anna.id)
        await restrict(postgres, anna.id)
        expect((await refusal(client.query(...insert()))).constraint).toBe('processing_restricted')
      } finally {
        client.release(true)
      }
    })
  })
})
