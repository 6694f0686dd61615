import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createTestDatabase, createUser, type TestDatabase } from '../../../../tests/support/database.ts'
import { connect, type Database } from '../database/connection.ts'
import { JourneysError } from '../errors.ts'
import { anonymizeUser } from './anonymize.ts'
import { type AnonymizationPlan, planAnonymization } from './anonymization-plan.ts'

let target: TestDatabase
let database: Database
let admin: pg.Client
let anna: string
let ben: string
beforeEach(async () => {
  target = await createTestDatabase()
  database = await connect(target.url)
  admin = new pg.Client({ connectionString: target.superuserUrl })
  await admin.connect()
  anna = await createUser(target, { email: 'Anna@Example.test' })
  ben = await createUser(target, { email: 'ben@example.test' })
  for (const id of [anna, ben]) await live(id)
})
afterEach(async () => {
  await admin.end()
  await database.end()
  await target.drop()
})

/** Everything that the app and Auth keep about a person. */
async function live(id: string): Promise<void> {
  await admin.query('insert into private.rate_limits (user_id, window_start, writes) values ($1, now(), 3)', [id])
  await admin.query("insert into public.profiles (user_id, display_name) values ($1, 'me')", [id])
  await admin.query(
    "insert into public.user_addictions (user_id, kind, quit_on) values ($1, 'tobacco', current_date), ($1, 'gaming', current_date)",
    [id],
  )
  await admin.query(
    `insert into public.journal_entries (user_id, date, reflection, scores)
     select $1::uuid, current_date - n, 'secret thought ' || n, '{"mood": 5}' from generate_series(1, 40) n`,
    [id],
  )
  await admin.query(
    `insert into public.purchases (user_id, plan, amount_cents, currency, idempotency_key, period_start)
     values ($1::uuid, 'lifetime', 9999, 'EUR', 'key-of-' || $1::text, now())`,
    [id],
  )
  await admin.query(
    "insert into public.performance_metrics (user_id, name, value, unit, recorded_at) values ($1, 'start', 3, 'ms', now())",
    [id],
  )
  await admin.query(
    `insert into auth.identities (id, provider_id, user_id, identity_data, provider, created_at, updated_at)
     values (gen_random_uuid(), $1::text, $1::uuid, '{}', 'email', now(), now())`,
    [id],
  )
  const session = await admin.query(
    'insert into auth.sessions (id, user_id, created_at, updated_at) values (gen_random_uuid(), $1, now(), now()) returning id',
    [id],
  )
  await admin.query(
    'insert into auth.refresh_tokens (token, user_id, session_id, revoked, created_at, updated_at) values ($1, $1, $2, false, now(), now())',
    [id, session.rows[0].id],
  )
}

const countsOf = (plan: AnonymizationPlan) =>
  Object.fromEntries([...plan.erase, ...plan.overwrite, ...plan.keep].map(({ table, count }) => [table, count]))
async function failure(promise: Promise<unknown>): Promise<JourneysError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof JourneysError)) throw new Error(`not a JourneysError: ${error}`)
  return error
}

const expected = {
  'auth.users': 1,
  'auth.identities': 1,
  'auth.sessions': 1,
  'auth.refresh_tokens': 1,
  'private.rate_limits': 1,
  'public.profiles': 1,
  'public.user_addictions': 2,
  'public.performance_metrics': 1,
  'public.journal_entries': 40,
  'public.purchases': 1,
}

describe('the plan', () => {
  test('counts every table by what happens to it, by uuid or e-mail in any case, and changes nothing', async () => {
    const plan = await planAnonymization(database, 'anna@example.TEST')
    expect(plan.user).toEqual({ id: anna, email: 'Anna@Example.test', createdAt: expect.any(Date) })
    expect(countsOf(plan)).toMatchObject(expected)
    expect(plan.overwrite.map(({ table }) => table)).toEqual(['public.journal_entries'])
    expect(plan.keep).toEqual([{ table: 'public.purchases', count: 1, note: expect.stringContaining('bookkeeping') }])
    expect(await planAnonymization(database, anna.toUpperCase())).toEqual(plan)
    expect(countsOf(await planAnonymization(database, anna))).toEqual(countsOf(plan))
  })

  test('says honestly what it does not reach', async () => {
    const { notCovered } = await planAnonymization(database, anna)
    for (const word of [
      'Storage',
      'Backups',
      'Logs',
      'Payment provider: it knows 1 purchase too',
      'Mail provider',
      'token',
      'device',
    ]) {
      expect(notCovered.join('\n')).toContain(word)
    }
  })

  test('someone unknown, someone misspelt and two people with one address are told apart', async () => {
    expect(await failure(planAnonymization(database, 'nobody@example.test'))).toMatchObject({
      code: 'user_not_found',
      exitCode: 1,
      hint: expect.stringContaining('journeys gdpr anonymize'),
    })
    expect(await failure(planAnonymization(database, '4b0e0000-0000-4000-8000-000000000000'))).toMatchObject({
      code: 'user_not_found',
    })
    for (const wrong of ['anna', '4b0e0000-0000-4000-8000', '', "x' or true --"]) {
      expect(await failure(planAnonymization(database, wrong))).toMatchObject({ code: 'user_malformed', exitCode: 2 })
    }
    await admin.query("update auth.users set email = 'anna@example.test', is_sso_user = true where id = $1", [ben])
    const error = await failure(planAnonymization(database, 'anna@example.test'))
    expect(error).toMatchObject({ code: 'user_ambiguous', exitCode: 2 })
    expect(error.detail).toContain(anna)
    expect(error.detail).toContain(ben)
  })

  test('every table of this schema that refers to a person has been decided on', async () => {
    const { notCovered } = await planAnonymization(database, anna)
    expect(notCovered.filter((line) => line.includes('nobody has decided'))).toEqual([])
  })
})

describe('doing it', () => {
  test('nothing of the person is left, the journal is empty of them, the purchase has no owner, and others are untouched', async () => {
    const before = countsOf(await planAnonymization(database, ben))
    const result = await anonymizeUser(database, 'ANNA@example.test', { actor: 'dpo' })
    expect(result.user.id).toBe(anna)
    expect(countsOf(result)).toMatchObject(expected)

    const { rows: journal } = await admin.query(
      'select reflection, scores, count(*)::int as count from public.journal_entries where user_id is null group by 1, 2',
    )
    expect(journal).toEqual([{ reflection: '[ANONYMIZED]', scores: {}, count: 40 }])
    const { rows: purchases } = await admin.query(
      'select amount_cents, idempotency_key from public.purchases where user_id is null',
    )
    expect(purchases).toEqual([{ amount_cents: 9999, idempotency_key: expect.not.stringContaining(anna) }])
    const { rows: dump } = await admin.query(
      `select (select json_agg(t)::text from auth.users t) as users, (select json_agg(t)::text from auth.sessions t) as sessions,
              (select json_agg(t)::text from auth.refresh_tokens t) as tokens, (select json_agg(t)::text from auth.identities t) as identities,
              (select json_agg(t)::text from public.journal_entries t) as journal, (select json_agg(t)::text from public.profiles t) as profiles,
              (select json_agg(t)::text from private.audit_log t) as audit`,
    )
    expect(JSON.stringify(dump)).not.toContain(anna)
    expect(JSON.stringify(dump).toLowerCase()).not.toContain('anna@')
    expect(countsOf(await planAnonymization(database, ben))).toEqual(before)
  })

  test('the audit log proves it: who, what, how much, and a hash of whom', async () => {
    const { auditId } = await anonymizeUser(database, anna, { actor: 'dpo' })
    const { rows } = await admin.query(
      'select id, actor, action, subject_hash, detail from private.audit_log order by id',
    )
    expect(rows.map(({ action }) => action)).toEqual(['user.anonymize', 'user.erase'])
    expect(rows[1]).toMatchObject({
      actor: 'dpo',
      subject_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      detail: expected,
    })
    expect(String(rows[1].id)).toBe(String(auditId))
    expect(rows[0].subject_hash).toBe(rows[1].subject_hash)
  })

  test('again, there is nobody; two at once, one finds nobody', async () => {
    const both = await Promise.allSettled([
      anonymizeUser(database, anna, { actor: 'a' }),
      anonymizeUser(database, anna, { actor: 'b' }),
    ])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(both.find((one) => one.status === 'rejected')).toMatchObject({ reason: { code: 'user_not_found' } })
    expect(await failure(anonymizeUser(database, anna, { actor: 'c' }))).toMatchObject({ code: 'user_not_found' })
  })

  test('cut off in the middle, nothing has changed', async () => {
    const before = await planAnonymization(database, anna)
    // It has overwritten the journal and now waits for this row.
    await admin.query('begin')
    await admin.query('select from public.performance_metrics where user_id = $1 for update', [anna])
    const running = failure(anonymizeUser(database, anna, { actor: 'dpo' }))
    await expect
      .poll(async () => {
        const { rows } = await database.query(
          "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        )
        return rows.length
      })
      .toBe(1)
    expect(await running).toMatchObject({ code: 'database_unreachable', exitCode: 4 })
    await admin.query('rollback')
    expect(await planAnonymization(database, anna)).toEqual(before)
    const { rows } = await admin.query('select count(*)::int as count from private.audit_log')
    expect(rows).toEqual([{ count: 0 }])
    await anonymizeUser(database, anna, { actor: 'dpo' })
  })
})

describe('tables that somebody adds later', () => {
  test('one that goes with the account is counted and goes', async () => {
    await admin.query('create table public.letters (owner uuid references auth.users (id) on delete cascade)')
    await admin.query('insert into public.letters values ($1), ($1), ($2)', [anna, ben])
    const plan = await planAnonymization(database, anna)
    expect(plan.erase).toContainEqual({ table: 'public.letters', count: 2, note: 'goes with the account' })
    await anonymizeUser(database, anna, { actor: 'dpo' })
    const { rows } = await admin.query('select count(*)::int as count from public.letters')
    expect(rows).toEqual([{ count: 1 }])
  })

  test('one that holds on to the account is named by the plan, and stops the erasure before anything changes', async () => {
    await admin.query('create table public.letters (owner uuid references auth.users (id))')
    await admin.query('insert into public.letters values ($1)', [anna])
    const before = await planAnonymization(database, anna)
    expect(before.notCovered[0]).toBe(
      'public.letters: 1 row that nobody has decided on; owner keeps the account from being deleted',
    )
    expect(await failure(anonymizeUser(database, anna, { actor: 'dpo' }))).toMatchObject({
      code: 'anonymization_blocked',
      detail: expect.stringContaining('letters'),
    })
    expect(await planAnonymization(database, anna)).toEqual(before)
  })

  test('one that names the person without a foreign key is not left behind in silence', async () => {
    await admin.query('create table private.notes (user_id uuid, text text)')
    await admin.query("insert into private.notes values ($1, 'hm')", [anna])
    const { notCovered } = await planAnonymization(database, anna)
    expect(notCovered[0]).toBe('private.notes: 1 row that nobody has decided on; user_id would go on naming the person')
    expect(await failure(anonymizeUser(database, anna, { actor: 'dpo' }))).toMatchObject({
      code: 'anonymization_incomplete',
      detail: 'private.notes: 1',
    })
    expect(countsOf(await planAnonymization(database, anna))).toMatchObject(expected)
  })

  test('an anonymize_user_data that skips a step does not pass for done', async () => {
    const { rows } = await admin.query("select pg_get_functiondef('public.anonymize_user_data'::regproc) as text")
    await admin.query(rows[0].text.replace('set user_id = null, idempotency_key', 'set idempotency_key'))
    // Without the constraint that would have unlinked it anyway.
    await admin.query('alter table public.purchases drop constraint purchases_user_id_fkey')
    await admin.query(
      'alter table public.purchases add foreign key (user_id) references auth.users (id) not valid deferrable initially deferred',
    )
    const error = await failure(anonymizeUser(database, anna, { actor: 'dpo' }))
    expect(error).toMatchObject({ code: 'anonymization_incomplete', detail: 'public.purchases: 1' })
    expect(countsOf(await planAnonymization(database, anna))).toMatchObject(expected)
  })
})

test('a database without the migrations says so', async () => {
  await admin.query('drop function public.anonymize_user_data')
  expect(await failure(anonymizeUser(database, anna, { actor: 'dpo' }))).toMatchObject({
    code: 'database_schema',
    hint: expect.stringContaining('journeys migrate status'),
  })
})
