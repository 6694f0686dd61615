import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { personalData } from '../../packages/core/src/config/personal-data.ts'
import { connect } from '../../packages/core/src/database/connection.ts'
import { personalDataMap } from '../../packages/core/src/gdpr/map.ts'
import { readPersonTables } from '../../packages/core/src/gdpr/rows/read-person-tables.ts'
import { readRowOwner } from '../../packages/core/src/gdpr/rows/row-owner.ts'
import { asRole, asUser, createTestDatabase, createUser, type TestDatabase } from '../support/database.ts'
import { treatAll } from '../support/treat-all.ts'
import { refusal } from './refusal.ts'

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

/** A person with something in every table. */
async function person(): Promise<string> {
  const user = await createUser(database)
  await postgres.query(`insert into public.profiles (user_id, display_name) values ($1, 'Somebody')`, [user])
  await asUser(database, user, async (query) => {
    await query(`insert into public.user_addictions (kind, quit_on) values ('tobacco', current_date)`)
    await query(
      `insert into public.journal_entries (date, reflection, scores)
       select current_date - d, 'My secret ' || d, '{"mood": 3}' from generate_series(0, 69, 10) d`,
    )
    await query(`insert into public.performance_metrics (name, value, unit) values ('page.load', 12, 'ms')`)
    await query(`select public.purchase_premium('monthly', $1)`, [randomUUID()])
    await query(`select set_config('request.method', 'POST', true)`)
    await query('select private.before_request()')
  })
  return user
}

const anonymize = (user: string) =>
  asRole(database, 'service_role', { role: 'service_role' }, async (query) => {
    const { rows } = await query('select public.anonymize_user_data($1) as counts', [user])
    return rows[0]?.counts
  })

/** Every row of every table of ours that holds this text, e.g. a user's id. */
async function mentions(text: string): Promise<string[]> {
  const { rows: tables } = await postgres.query<{ name: string }>(
    `select oid::regclass::text as name from pg_class
     where relkind in ('r', 'p') and not relispartition and relnamespace::regnamespace::text in ('public', 'private')`,
  )
  const found: string[] = []
  for (const { name } of tables) {
    const { rows } = await postgres.query(`select from ${name} t where strpos(to_jsonb(t)::text, $1) > 0`, [text])
    if (rows.length > 0) found.push(name)
  }
  return found.sort()
}

/** What nobody owns, without what is random in it, and how often it is there. */
async function anonymousRows(): Promise<Record<string, number>> {
  const { rows } = await postgres.query<{ row: string; count: string }>(
    `select row::text as row, count(*) from (
       select to_jsonb(j) - 'id' as row from public.journal_entries j where user_id is null
       union all
       select to_jsonb(p) - array['id', 'idempotency_key', 'period_start', 'period_end', 'created_at']
         || jsonb_build_object('random', p.idempotency_key ~ '^[0-9a-f-]{36}$')
       from public.purchases p where user_id is null
     ) one group by 1`,
  )
  return Object.fromEntries(rows.map(({ row, count }) => [row, Number(count)]))
}

describe('anonymize_user_data', () => {
  it('leaves nothing that names the person, and counts what it did', async () => {
    const user = await person()
    const other = await person()
    expect((await mentions(user)).length).toBe(6)

    expect(await anonymize(user)).toEqual({
      journal_entries: 7,
      retired_journal_entries: 0,
      profiles: 1,
      user_addictions: 1,
      purchases: 1,
      performance_metrics: 1,
    })
    expect(await mentions(user)).toEqual([])
    expect((await mentions(other)).length).toBe(6)
  })

  it('overwrites the entries so that nothing ties them to each other', async () => {
    const user = await person()
    const { rows: before } = await postgres.query('select id from public.journal_entries where user_id = $1', [user])
    await postgres.query('delete from public.journal_entries where user_id is null')
    await anonymize(user)
    const { rows } = await postgres.query(
      `select id, reflection, scores, created_at = date::timestamp at time zone 'UTC' as day_only, updated_at = created_at as same
       from public.journal_entries where user_id is null`,
    )
    expect(rows).toHaveLength(7)
    for (const row of rows) {
      expect(row).toMatchObject({ reflection: '[ANONYMIZED]', scores: {}, day_only: true, same: true })
      expect(before.map(({ id }) => id)).not.toContain(row.id)
    }
  })

  it('keeps the purchase for the books, under a key that the device never saw', async () => {
    const user = await person()
    const { rows: before } = await postgres.query('select * from public.purchases where user_id = $1', [user])
    await anonymize(user)
    const { rows: after } = await postgres.query('select * from public.purchases where id = $1', [before[0].id])
    expect(after[0]).toEqual({ ...before[0], user_id: null, idempotency_key: after[0].idempotency_key })
    expect(after[0].idempotency_key).not.toBe(before[0].idempotency_key)
  })

  it('writes down who did it and to whom, as a hash that only this database can make', async () => {
    const user = await person()
    await anonymize(user)
    const { rows } = await postgres.query(
      `select actor, action, subject_hash = private.subject_hash($1) as matches, subject_hash, detail
       from private.audit_log order by id desc limit 1`,
      [user],
    )
    expect(rows[0]).toMatchObject({
      actor: 'service_role',
      action: 'user.anonymize',
      matches: true,
      detail: { journal_entries: 7 },
    })
    expect(rows[0].subject_hash).toMatch(/^[0-9a-f]{64}$/)
  })

  it('can be repeated, and says that nothing was left', async () => {
    const user = await person()
    await anonymize(user)
    expect(Object.values(await anonymize(user))).toEqual([0, 0, 0, 0, 0, 0])
  })

  it('says P0002 of somebody who does not exist', async () => {
    expect((await refusal(anonymize(randomUUID()))).code).toBe('P0002')
  })

  it('works for an operator who connects as postgres', async () => {
    const user = await person()
    await postgres.query('select public.anonymize_user_data($1)', [user])
    expect(await mentions(user)).toEqual([])
  })

  it('takes months along that are on their way out', async () => {
    const user = await person()
    const other = await person()
    await postgres.query('create schema if not exists retired')
    await postgres.query(
      'create table retired.journal_entries_2024_01 (like public.journal_entries including defaults)',
    )
    try {
      await postgres.query(
        `insert into retired.journal_entries_2024_01 (user_id, date, reflection)
         select u, date '2024-01-02' + n, 'old' from unnest($1::uuid[]) u, generate_series(1, 3) n`,
        [[user, other]],
      )
      expect(await anonymize(user)).toMatchObject({ journal_entries: 7, retired_journal_entries: 3 })
      const { rows } = await postgres.query('select distinct user_id from retired.journal_entries_2024_01')
      expect(rows).toEqual([{ user_id: other }])
    } finally {
      await postgres.query('drop table retired.journal_entries_2024_01')
    }
  })

  it('leaves the same in its tables as the erasure that follows the map', async () => {
    const [byFunction, byMap] = [await person(), await person()]
    const before = await anonymousRows()
    await anonymize(byFunction)
    const left = await anonymousRows()
    const ours = await connect(database.url)
    try {
      const owner = await readRowOwner(ours, { id: byMap, email: null })
      const { tables } = await readPersonTables(ours, personalDataMap(personalData.parse({})))
      const theirs = tables.filter(({ schema, table }) => schema === 'public' || table === 'private.rate_limits')
      expect(theirs.map(({ table }) => table).sort()).toEqual([
        'private.rate_limits',
        'public.journal_entries',
        'public.performance_metrics',
        'public.profiles',
        'public.purchases',
        'public.user_addictions',
      ])
      await treatAll(ours, theirs, owner, { limit: 3 })
    } finally {
      await ours.end()
    }
    expect(await mentions(byMap)).toEqual([])
    // Twice the same: what the one left, and then the other.
    const added = (after: Record<string, number>, from: Record<string, number>) =>
      Object.fromEntries(
        Object.entries(after).flatMap(([row, count]) => (count === from[row] ? [] : [[row, count - (from[row] ?? 0)]])),
      )
    const first = added(left, before)
    expect(Object.values(first).reduce((sum, count) => sum + count, 0)).toBe(8)
    expect(added(await anonymousRows(), left)).toEqual(first)
  })

  it('refuses somebody under a legal hold, with processing restricted, or being erased just now', async () => {
    const user = await person()
    const refused = async (message: string, hint: string) => {
      await expect(anonymize(user)).rejects.toMatchObject({
        code: '55006',
        message: expect.stringContaining(message),
        hint: expect.stringContaining(hint),
      })
      expect((await mentions(user)).length).toBeGreaterThanOrEqual(6)
    }
    await postgres.query(
      `insert into private.legal_holds (user_id, tables, reason, placed_by) values ($1, array['public.purchases'], 'a claim', 'dpo')`,
      [user],
    )
    await refused('under a legal hold', 'journeys gdpr hold list')
    await postgres.query('delete from private.legal_holds where user_id = $1', [user])
    for (const [kind, message, hint] of [
      ['restriction', 'is restricted', 'journeys gdpr unrestrict'],
      ['erasure', 'under way', 'journeys gdpr status'],
    ] as const) {
      await postgres.query(
        `insert into private.processing_restrictions (user_id, kind, reason, placed_by) values ($1, $2, 'asked', 'dpo')
         on conflict (user_id) do update set kind = excluded.kind`,
        [user, kind],
      )
      await refused(message, hint)
    }
    await postgres.query('delete from private.processing_restrictions where user_id = $1', [user])
    expect(await anonymize(user)).toMatchObject({ journal_entries: 7 })
  })

  it('is for operators only, even if somebody granted it to everyone', async () => {
    const user = await person()
    const call = (role: 'anon' | 'authenticated') =>
      asRole(database, role, { role, sub: user }, (query) => query('select public.anonymize_user_data($1)', [user]))
    expect((await refusal(call('anon'))).code).toBe('42501')
    expect((await refusal(call('authenticated'))).code).toBe('42501')
    await postgres.query('grant execute on function public.anonymize_user_data(uuid) to anon, authenticated')
    try {
      for (const role of ['anon', 'authenticated'] as const) {
        expect((await refusal(call(role))).message).toContain('only an operator')
      }
    } finally {
      await postgres.query('revoke execute on function public.anonymize_user_data(uuid) from anon, authenticated')
    }
    expect((await mentions(user)).length).toBe(6)
  })
})

describe('deleting an account in Supabase Auth', () => {
  it('takes everything of the person along, but the purchases without their owner', async () => {
    const user = await person()
    await postgres.query('delete from auth.users where id = $1', [user])
    expect(await mentions(user)).toEqual([])
  })
})

describe('the audit log', () => {
  it('takes new lines and gives none back, not even to its owner or a superuser', async () => {
    await postgres.query(`select private.record_audit('test.line', $1, '{"rows": 1}', 'tester')`, [randomUUID()])
    const superuser = new pg.Client({ connectionString: database.superuserUrl })
    await superuser.connect()
    try {
      for (const session of [postgres, superuser]) {
        for (const sql of [
          `update private.audit_log set actor = 'nobody'`,
          'delete from private.audit_log',
          'truncate private.audit_log',
        ]) {
          expect((await refusal(session.query(sql))).message, sql).toContain('append-only')
        }
      }
      // The usual way round a trigger.
      await superuser.query('set session_replication_role = replica')
      expect((await refusal(superuser.query('delete from private.audit_log'))).message).toContain('append-only')
    } finally {
      await superuser.end()
    }
    const { rows } = await postgres.query(`select actor, detail from private.audit_log where action = 'test.line'`)
    expect(rows).toEqual([{ actor: 'tester', detail: { rows: 1 } }])
  })

  it('is closed to every role of the API', async () => {
    for (const role of ['anon', 'authenticated', 'service_role'] as const) {
      for (const sql of [
        'select * from private.audit_log',
        `insert into private.audit_log (actor, action) values ('me', 'test.line')`,
        `select private.record_audit('test.line', null)`,
        'select * from private.settings',
      ]) {
        expect((await refusal(asRole(database, role, { role }, (query) => query(sql)))).code, `${role}: ${sql}`).toBe(
          '42501',
        )
      }
    }
  })
})
