import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, createUser, type TestDatabase } from '../support/database.ts'
import { refusal } from './refusal.ts'

let database: TestDatabase
let postgres: pg.Pool
let user: string

beforeAll(async () => {
  database = await createTestDatabase()
  postgres = new pg.Pool({ connectionString: database.url })
  user = await createUser(database)
})
afterAll(async () => {
  await postgres.end()
  await database.drop()
})

type Values = Record<string, unknown>

/** A valid row of each table; a case overwrites a column or two. */
const valid: Record<string, () => Values> = {
  profiles: () => ({ user_id: user, display_name: 'Maya' }),
  user_addictions: () => ({ user_id: user, kind: 'tobacco', quit_on: '2026-01-01' }),
  journal_entries: () => ({ user_id: user, reflection: 'A good day.' }),
  purchases: () => ({
    user_id: user,
    plan: 'monthly',
    amount_cents: 499,
    currency: 'EUR',
    idempotency_key: `key-${Math.random()}`,
    period_start: '2026-01-01T00:00:00Z',
    period_end: '2026-02-01T00:00:00Z',
  }),
  performance_metrics: () => ({ user_id: user, name: 'page.load', value: 12.5, unit: 'ms' }),
}

/** Inserts and takes it back. */
async function insert(table: string, values: Values): Promise<void> {
  const row = { ...valid[table]?.(), ...values }
  const columns = Object.keys(row)
  const client = await postgres.connect()
  try {
    await client.query('begin')
    await client.query(
      `insert into public.${table} (${columns.join(', ')}) values (${columns.map((_, i) => `$${i + 1}`).join(', ')})`,
      Object.values(row),
    )
  } finally {
    await client.query('rollback')
    client.release()
  }
}

const scores = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`score_${String.fromCharCode(97 + i)}`, i % 11]))

/** Each constraint: what it lets through at the edge, and what it does not just past it. */
const cases: Record<string, { table: string; accepted: Values[]; refused: Values[] }> = {
  profiles_display_name_length: {
    table: 'profiles',
    accepted: [{ display_name: 'x' }, { display_name: 'é'.repeat(80) }, { display_name: '🌱'.repeat(80) }],
    refused: [{ display_name: '' }, { display_name: 'x'.repeat(81) }],
  },
  profiles_bio_length: {
    table: 'profiles',
    accepted: [{ bio: null }, { bio: '' }, { bio: 'x'.repeat(500) }],
    refused: [{ bio: 'x'.repeat(501) }],
  },
  profiles_timezone_length: {
    table: 'profiles',
    accepted: [{ timezone: 'Z' }, { timezone: 'x'.repeat(64) }],
    refused: [{ timezone: '' }, { timezone: 'x'.repeat(65) }],
  },
  profiles_locale_format: {
    table: 'profiles',
    accepted: [{ locale: 'fr' }, { locale: 'pt-BR' }],
    refused: [{ locale: 'FR' }, { locale: 'fr-fr' }, { locale: 'fra' }, { locale: 'fr-FR\n' }, { locale: '' }],
  },
  user_addictions_kind_known: {
    table: 'user_addictions',
    accepted: [
      'alcohol',
      'tobacco',
      'cannabis',
      'opioids',
      'cocaine',
      'gambling',
      'gaming',
      'social_media',
      'pornography',
      'food',
      'other',
    ].map((kind) => ({ kind })),
    refused: [{ kind: '' }, { kind: 'Alcohol' }, { kind: 'chocolate' }],
  },
  user_addictions_label_length: {
    table: 'user_addictions',
    accepted: [{ label: null }, { label: 'x'.repeat(80) }],
    refused: [{ label: 'x'.repeat(81) }],
  },
  user_addictions_goal_length: {
    table: 'user_addictions',
    accepted: [{ goal: null }, { goal: 'x'.repeat(280) }],
    refused: [{ goal: 'x'.repeat(281) }],
  },
  journal_entries_reflection_length: {
    table: 'journal_entries',
    accepted: [{ reflection: 'x' }, { reflection: 'é'.repeat(10_000) }],
    refused: [{ reflection: '' }, { reflection: 'x'.repeat(10_001) }],
  },
  journal_entries_scores_valid: {
    table: 'journal_entries',
    accepted: [{}, { mood: 0 }, { mood: 10, craving: 3 }, { ['a'.repeat(32)]: 5 }, { good_day: 7 }, scores(10)].map(
      (value) => ({ scores: JSON.stringify(value) }),
    ),
    refused: [
      [],
      [5],
      'mood',
      7,
      null,
      { mood: 11 },
      { mood: -1 },
      { mood: 5.5 },
      { mood: '5' },
      { mood: null },
      { mood: true },
      { mood: [] },
      { mood: [5] },
      { mood: {} },
      { mood: { deep: 5 } },
      { Mood: 5 },
      { '': 5 },
      { _mood: 5 },
      { 'mood\n': 5 },
      { mood2: 5 },
      { ['a'.repeat(33)]: 5 },
      scores(11),
    ].map((value) => ({ scores: JSON.stringify(value) })),
  },
  journal_entries_owned_or_anonymized: {
    table: 'journal_entries',
    accepted: [{ user_id: null, reflection: '[ANONYMIZED]' }],
    refused: [{ user_id: null }, { user_id: null, reflection: '[ANONYMIZED]', scores: '{"mood": 1}' }],
  },
  purchases_plan_known: {
    table: 'purchases',
    accepted: [{ plan: 'monthly' }, { plan: 'yearly' }, { plan: 'lifetime', period_end: null }],
    refused: [{ plan: 'weekly' }],
  },
  purchases_amount_positive: {
    table: 'purchases',
    accepted: [{ amount_cents: 1 }],
    refused: [{ amount_cents: 0 }, { amount_cents: -499 }],
  },
  purchases_currency_format: {
    table: 'purchases',
    accepted: [{ currency: 'USD' }],
    refused: [{ currency: 'eur' }, { currency: 'EURO' }, { currency: '' }],
  },
  purchases_idempotency_key_length: {
    table: 'purchases',
    accepted: [{ idempotency_key: 'x'.repeat(8) }, { idempotency_key: 'x'.repeat(255) }],
    refused: [{ idempotency_key: 'x'.repeat(7) }, { idempotency_key: 'x'.repeat(256) }],
  },
  purchases_status_known: {
    table: 'purchases',
    accepted: [{ status: 'paid' }, { status: 'refunded' }],
    refused: [{ status: 'pending' }],
  },
  purchases_period_unless_lifetime: {
    table: 'purchases',
    accepted: [{ plan: 'lifetime', period_end: null }],
    refused: [{ period_end: null }, { plan: 'lifetime' }, { period_end: '2026-01-01T00:00:00Z' }],
  },
  performance_metrics_name_format: {
    table: 'performance_metrics',
    accepted: [{ name: 'a' }, { name: 'api.journal_2.list' }, { name: `a${'b'.repeat(63)}` }],
    refused: [{ name: '' }, { name: 'Page' }, { name: '2fast' }, { name: 'page load' }, { name: `a${'b'.repeat(64)}` }],
  },
  performance_metrics_value_finite: {
    table: 'performance_metrics',
    accepted: [{ value: -1.5 }, { value: 0 }, { value: 1e308 }],
    refused: [{ value: 'NaN' }, { value: 'Infinity' }, { value: '-Infinity' }],
  },
  performance_metrics_unit_known: {
    table: 'performance_metrics',
    accepted: ['ms', 'count', 'ratio', 'bytes'].map((unit) => ({ unit })),
    refused: [{ unit: 's' }, { unit: '' }],
  },
  performance_metrics_tags_object: {
    table: 'performance_metrics',
    accepted: [{ tags: '{"page": "journal"}' }],
    refused: [{ tags: '[]' }, { tags: '"page"' }, { tags: 'null' }],
  },
  performance_metrics_tags_size: {
    table: 'performance_metrics',
    // {"a": "…"} has nine characters around the text.
    accepted: [{ tags: JSON.stringify({ a: 'x'.repeat(4096 - 9) }) }],
    refused: [{ tags: JSON.stringify({ a: 'x'.repeat(4096 - 8) }) }],
  },
}

describe('what a valid row is', () => {
  it('is tried on both sides for every check constraint of an exposed table', async () => {
    const { rows } = await postgres.query<{ conname: string }>(`
      select conname::text from pg_constraint
      where contype = 'c' and connamespace = 'public'::regnamespace and conrelid <> 0 order by conname`)
    expect(
      rows.map((row) => row.conname),
      'add a new constraint to the cases of this file',
    ).toEqual(Object.keys(cases).sort())
  })

  it.each(Object.entries(cases))('%s', async (constraint, { table, accepted, refused }) => {
    for (const values of accepted) await insert(table, values)
    for (const values of refused) {
      const said = await refusal(insert(table, values))
      expect({ values, ...said }).toMatchObject({ code: '23514', constraint })
    }
  })

  it('needs a date that has a month', async () => {
    await insert('journal_entries', { date: new Date(Date.now() + 86_400_000 * 60) })
    for (const date of ['1999-12-31', '2999-01-01']) {
      expect(await refusal(insert('journal_entries', { date }))).toMatchObject({ code: '23514', constraint: undefined })
    }
  })

  it('needs a person that exists', async () => {
    for (const table of Object.keys(valid)) {
      const nobody = '00000000-0000-4000-8000-000000000000'
      expect((await refusal(insert(table, { user_id: nobody }))).code, table).toBe('23503')
    }
  })

  it('has every idempotency key once per person', async () => {
    const other = await createUser(database)
    const buy = (buyer: string) =>
      postgres.query(
        `insert into public.purchases (user_id, plan, amount_cents, currency, idempotency_key, period_start)
         values ($1, 'lifetime', 9999, 'EUR', 'the-same-key', now())`,
        [buyer],
      )
    await buy(user)
    await buy(other)
    expect(await refusal(buy(user))).toMatchObject({ code: '23505', constraint: 'purchases_idempotency_key_once' })
  })
})
