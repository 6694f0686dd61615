import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTestClient } from '../support/client.ts'
import { createUser } from '../support/database.ts'
import { createFilledMember, createStackAndPool, type StackAndPool } from '../support/filled-member.ts'
import { type Member, picture } from '../support/media.ts'
import { hold, insertRowsOf, restrict, rowsOf } from '../support/person-rows.ts'
import type { TestStack } from '../support/stack.ts'
import { refusal } from './refusal.ts'

// Art. 17(3)(e) GDPR: what a claim asks for is neither changed nor removed, by anybody.

let bench: StackAndPool
let stack: TestStack
let postgres: pg.Pool
let anna: Member
let path: string

beforeAll(async () => {
  bench = await createStackAndPool()
  stack = bench.stack
  postgres = bench.postgres
})
afterAll(() => bench?.remove())
beforeEach(async () => {
  const filled = await createFilledMember(bench)
  anna = filled.anna
  path = filled.path
})

const service = () => createTestClient(stack, stack.serviceRoleKey)
const tables = ['profiles', 'user_addictions', 'journal_entries', 'purchases', 'performance_metrics']
const removal = (table: string) => postgres.query(`delete from public.${table} where user_id = $1`, [anna.id])

describe('a hold on everything', () => {
  beforeEach(() => hold(postgres, anna.id, null))

  it('keeps every row as it is, whoever asks, and lets new ones in', async () => {
    const before = await rowsOf(postgres, anna.id)
    for (const table of tables) {
      expect((await refusal(removal(table))).constraint, table).toBe('legal_hold')
      const unlink = postgres.query(`update public.${table} set user_id = user_id where user_id = $1`, [anna.id])
      expect((await refusal(unlink)).constraint, table).toBe('legal_hold')
      for (const client of [service(), ...(table === 'user_addictions' ? [anna.client] : [])]) {
        const { status, error } = await client.from(table).delete().eq('user_id', anna.id)
        expect({ table, status, code: error?.code }).toEqual({ table, status: 403, code: 'legal_hold' })
      }
    }
    expect(await rowsOf(postgres, anna.id)).toEqual(before)
    await anna.client.from('journal_entries').insert({ reflection: 'A new one' }).throwOnError()
  })

  it('keeps their files', async () => {
    for (const media of [anna.client, service()].map((client) => client.storage.from('entry-media'))) {
      for (const { error } of [
        await media.remove([path]),
        await media.update(path, picture(), { contentType: 'image/png' }),
        await media.move(path, `${anna.id}/entry/other.png`),
      ]) {
        expect(error).toMatchObject({ statusCode: '403', message: expect.stringContaining('under legal hold') })
      }
      expect((await media.download(path)).error).toBeNull()
    }
    const added = anna.client.storage.from('entry-media')
    const { error } = await added.upload(`${anna.id}/entry/new.png`, picture(), { contentType: 'image/png' })
    expect(error).toBeNull()
  })

  it('binds the erasure, too', async () => {
    await restrict(postgres, anna.id, 'erasure')
    const client = await postgres.connect()
    try {
      await client.query('begin')
      await client.query("select set_config('journeys.erasing', $1, true)", [anna.id])
      const remove = client.query('delete from public.journal_entries where user_id = $1', [anna.id])
      expect((await refusal(remove)).constraint).toBe('legal_hold')
    } finally {
      await client.query('rollback')
      client.release()
    }
    // Under erasure Storage removes files for the service key; not these.
    const { error } = await service().storage.from('entry-media').remove([path])
    expect(error).toMatchObject({ statusCode: '403', message: expect.stringContaining('under legal hold') })
  })
})

describe('a hold on tables', () => {
  it('keeps those, and lets the others go', async () => {
    await hold(postgres, anna.id, ['public.purchases', 'public.journal_entries'])
    for (const table of tables) {
      if (['purchases', 'journal_entries'].includes(table)) {
        expect((await refusal(removal(table))).constraint, table).toBe('legal_hold')
      } else {
        expect((await removal(table)).rowCount, table).toBe(1)
      }
    }
    expect((await anna.client.storage.from('entry-media').remove([path])).data).toHaveLength(1)
  })

  it('keeps a month of the journal that is named itself', async () => {
    await hold(postgres, anna.id, ['public.journal_entries'])
    const { rows } = await postgres.query(
      'select tableoid::regclass::text as month from public.journal_entries where user_id = $1',
      [anna.id],
    )
    const remove = postgres.query(`delete from ${rows[0].month} where user_id = $1`, [anna.id])
    expect((await refusal(remove)).constraint).toBe('legal_hold')
  })

  it('on files keeps files only', async () => {
    await hold(postgres, anna.id, ['storage.objects'])
    expect((await service().storage.from('entry-media').remove([path])).error).not.toBeNull()
    expect((await removal('journal_entries')).rowCount).toBe(1)
  })

  it.each([
    ['another spelling', 'journal_entries'],
    ['what is not there', 'public.journals'],
    ['one month', 'partitions.journal_entries_%'],
  ])('does not take %s for a table: it would hold nothing and look as if it did', async (_, named) => {
    const { rows } = await postgres.query(
      `select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relispartition and n.nspname || '.' || c.relname like $1 limit 1`,
      [named],
    )
    const refused = await refusal(hold(postgres, anna.id, ['public.purchases', rows[0]?.name ?? named]))
    expect(refused).toMatchObject({ code: '42P01', message: `there is no table ${rows[0]?.name ?? named}` })
  })
})

describe('the account', () => {
  const cases = [
    ['a hold on one table', () => hold(postgres, anna.id, ['public.purchases']), 'legal_hold', /under legal hold/],
    ['a restriction', () => restrict(postgres, anna.id), 'processing_restricted', /restricted/],
    ['an erasure under way', () => restrict(postgres, anna.id, 'erasure'), 'user_not_found', /being erased/],
  ] as const

  it.each(cases)('stays with %s: SQL and the auth API say why, and nothing is gone', async (_, keep, code, words) => {
    await keep()
    const before = await rowsOf(postgres, anna.id)
    const remove = postgres.query('delete from auth.users where id = $1', [anna.id])
    expect((await refusal(remove)).constraint).toBe(code)
    for (const soft of [false, true]) {
      const { error } = await service().auth.admin.deleteUser(anna.id, soft)
      expect(error).toMatchObject({ status: 409, message: expect.stringMatching(words) })
      expect(error?.code).toBe(code === 'user_not_found' ? 'conflict' : code)
    }
    expect(await rowsOf(postgres, anna.id)).toEqual(before)
    const { data } = await service().auth.admin.getUserById(anna.id)
    expect(data.user?.email).toMatch(/@example\.test$/)
  })

  it('is kept by the foreign keys, too, should the trigger be gone', async () => {
    await hold(postgres, anna.id, ['storage.objects'])
    const admin = new pg.Client({ connectionString: stack.database.superuserUrl })
    await admin.connect()
    try {
      await admin.query('begin')
      await admin.query('alter table auth.users disable trigger users_kept')
      const remove = admin.query('delete from auth.users where id = $1', [anna.id])
      expect(await refusal(remove)).toMatchObject({ code: '23503', constraint: 'legal_holds_user_id_fkey' })
    } finally {
      await admin.query('rollback')
      await admin.end()
    }
  })

  it('of others is deleted as ever', async () => {
    const ben = await createUser(stack.database)
    await insertRowsOf(postgres, ben)
    await hold(postgres, anna.id, null)
    expect((await service().auth.admin.deleteUser(ben)).error).toBeNull()
  })
})

describe('for retention', () => {
  it('names whose rows of a table it has to leave', async () => {
    const [ben, cleo, dora, emil] = (await Promise.all(
      Array.from({ length: 4 }, () => createUser(stack.database)),
    )) as [string, string, string, string]
    await hold(postgres, ben, null)
    await hold(postgres, cleo, ['public.purchases'])
    await hold(postgres, cleo, ['public.journal_entries', 'public.purchases'])
    await hold(postgres, dora, ['public.performance_metrics'])
    await restrict(postgres, emil)
    const heldIn = async (table: string) => {
      const { rows } = await postgres.query('select id from private.held_people($1) as held (id)', [table])
      return rows.map(({ id }) => id).filter((id) => [ben, cleo, dora, emil].includes(id))
    }
    expect((await heldIn('public.journal_entries')).sort()).toEqual([ben, cleo, emil].sort())
    expect((await heldIn('public.performance_metrics')).sort()).toEqual([ben, dora, emil].sort())
    expect((await heldIn('public.profiles')).sort()).toEqual([ben, emil].sort())
  })
})
