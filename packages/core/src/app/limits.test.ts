import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { z } from 'zod'
import {
  asUser,
  createTestDatabase,
  createUser,
  type Query,
  type TestDatabase,
} from '../../../../tests/support/database.ts'
import { addictionSchema } from './addiction.ts'
import { addDays, monthsAround, today } from './calendar-date.ts'
import { newJournalEntrySchema } from './journal-entry.ts'
import { limits } from './limits.ts'
import { profileSchema } from './profile.ts'
import { purchaseInputSchema } from './purchase.ts'

// The app refuses exactly what the database refuses: each value below is put to both, and they must agree.

let database: TestDatabase
let userId: string
beforeAll(async () => {
  database = await createTestDatabase()
  userId = await createUser(database)
  await asUser(database, userId, (query) =>
    query(`insert into public.profiles (user_id, display_name) values ($1, 'Ann')`, [userId]),
  )
})
afterAll(() => database?.drop())

/** A value's way into the database, and the schema that should say the same. */
interface Field {
  schema: z.ZodType
  /** What the app would be given. */
  input(value: unknown): unknown
  sql: string
  values(value: unknown): unknown[]
}

const entry = (name: 'date' | 'reflection' | 'scores'): Field => ({
  schema: newJournalEntrySchema(Date),
  input: (value) => ({ reflection: 'x', [name]: value }),
  // As JSON, which is how a request carries it.
  sql: `insert into public.journal_entries (user_id, date, reflection, scores)
    select auth.uid(), (e ->> 'date')::date, e ->> 'reflection', e -> 'scores' from (select $1::jsonb as e) given`,
  values: (value) => [JSON.stringify({ date: today(Date), reflection: 'x', scores: {}, [name]: value })],
})

const profile = (column: string, name: string): Field => ({
  schema: profileSchema,
  input: (value) => ({ displayName: 'Ann', [name]: value }),
  sql: `update public.profiles set ${column} = ($1::jsonb ->> 'value')${column === 'daily_reminder_at' ? '::time' : ''}`,
  values: (value) => [JSON.stringify({ value })],
})

const addiction = (column: 'kind' | 'label' | 'goal'): Field => ({
  schema: addictionSchema,
  input: (value) => ({ kind: 'food', quitOn: '2026-01-01', [column]: value }),
  sql: `insert into public.user_addictions (user_id, quit_on, kind, label, goal)
    select auth.uid(), '2026-01-01', a ->> 'kind', a ->> 'label', a ->> 'goal' from (select $1::jsonb as a) given`,
  values: (value) => [JSON.stringify({ kind: 'food', [column]: value })],
})

const fields = {
  reflection: entry('reflection'),
  scores: entry('scores'),
  date: entry('date'),
  displayName: profile('display_name', 'displayName'),
  bio: profile('bio', 'bio'),
  timezone: profile('timezone', 'timezone'),
  locale: profile('locale', 'locale'),
  dailyReminderAt: profile('daily_reminder_at', 'dailyReminderAt'),
  kind: addiction('kind'),
  label: addiction('label'),
  goal: addiction('goal'),
  plan: {
    schema: purchaseInputSchema,
    input: (value: unknown) => ({ plan: value }),
    sql: `select public.purchase_premium($1, gen_random_uuid()::text)`,
    values: (value: unknown) => [value],
  },
  idempotencyKey: {
    schema: purchaseInputSchema,
    input: (value: unknown) => ({ plan: 'monthly', idempotencyKey: value }),
    sql: `select public.purchase_premium('monthly', $1)`,
    values: (value: unknown) => [value],
  },
} satisfies Record<string, Field>

/** Whether the database takes it; what it took is undone. */
async function taken(query: Query, field: Field, value: unknown): Promise<boolean> {
  await query('savepoint before')
  try {
    await query(field.sql, field.values(value))
    return true
  } catch (error) {
    // 22: data, 23: constraints, PGRST: raised by purchase_premium. Anything else is a mistake of this test.
    if (!/^(22|23|PGRST)/.test((error as { code?: string }).code ?? '')) throw error
    return false
  } finally {
    await query('rollback to savepoint before')
  }
}

const chars = (count: number, char = 'x') => char.repeat(count)
const scoresNamed = (names: string[]) => Object.fromEntries(names.map((name) => [name, 5]))
const { journalEntry, addiction: addictionLimits, purchase } = limits

/** Values on both sides of every limit. */
const edges: Record<keyof typeof fields, unknown[]> = {
  reflection: ['', 'x', ' ', chars(10_000), chars(10_001), chars(10_000, '🌱'), chars(10_001, '🌱'), 'a\0b', '\ud83c'],
  scores: [
    {},
    { mood: 0 },
    { mood: 10 },
    { mood: -1 },
    { mood: 11 },
    { mood: 1.5 },
    { mood: '5' },
    { mood: null },
    { mood: [] },
    { mood: {} },
    { mood: true },
    { '': 1 },
    { A: 1 },
    { _a: 1 },
    { a_: 1 },
    { 'a b': 1 },
    { é: 1 },
    { 'a\n': 1 },
    { a1: 1 },
    scoresNamed([chars(32, 'a')]),
    scoresNamed([chars(33, 'a')]),
    scoresNamed([...'abcdefghij']),
    scoresNamed([...'abcdefghijk']),
    [],
    [1],
    5,
    'mood',
  ],
  date: ['2026-02-30', 'soon', '0000-01-01', '', '10000-01-01'],
  displayName: ['', 'x', chars(80), chars(81), chars(80, '🌱'), chars(81, '🌱'), '\0'],
  bio: [null, '', chars(500), chars(501), chars(500, '🌱')],
  timezone: ['', 'UTC', chars(64), chars(65)],
  locale: ['en', 'pt-BR', '', 'e', 'eng', 'EN', 'en_US', 'en-us', 'en-USA', 'en-US\n', 'en\n', ' en'],
  dailyReminderAt: [null, '00:00', '23:59', '24:01', '12:60', '', 'noon'],
  kind: [...addictionLimits.kinds, '', 'Food', 'sugar', null],
  label: [null, '', chars(80), chars(81), chars(80, '🌱'), chars(81, '🌱')],
  goal: [null, '', chars(280), chars(281)],
  plan: [...purchase.plans, 'weekly', '', 'Monthly'],
  idempotencyKey: [chars(7), chars(8), chars(255), chars(256), chars(7, '🌱'), chars(8, '🌱'), chars(4, '🌱'), ''],
}

describe('the limits of the app', () => {
  for (const [name, field] of Object.entries(fields) as [keyof typeof fields, Field][]) {
    it(`of ${name} are those of the database, tried on both sides`, async () => {
      const verdicts = await asUser(database, userId, async (query) => {
        const all: { value: string; app: boolean; database: boolean }[] = []
        for (const value of edges[name]) {
          const shown = JSON.stringify(value)
          all.push({
            value: shown.length > 60 ? `${shown.slice(0, 40)}… (${shown.length})` : shown,
            app: field.schema.safeParse(field.input(value)).success,
            database: await taken(query, field, value),
          })
        }
        return all
      })
      expect(verdicts.map(({ value, app }) => ({ value, app }))).toEqual(
        verdicts.map(({ value, database }) => ({ value, app: database })),
      )
      expect(new Set(verdicts.map(({ app }) => app))).toEqual(
        name === 'date' ? new Set([false]) : new Set([true, false]),
      )
    })
  }

  it('of dates are the first and the last day that there is a partition for', async () => {
    const { yearsBack, monthsAhead } = journalEntry.date
    const { first, last } = monthsAround(today(Date), yearsBack * 12, monthsAhead)
    const verdicts = await asUser(database, userId, async (query) => {
      const all: [string, boolean, boolean][] = []
      for (const date of [addDays(first, -1), first, today(Date), last, addDays(last, 1)]) {
        const app = fields.date.schema.safeParse({ reflection: 'x', date }).success
        all.push([date, app, await taken(query, fields.date, date)])
      }
      return all
    })
    expect(verdicts.map(([, app]) => app)).toEqual([false, true, true, true, false])
    expect(verdicts.map(([, , inDatabase]) => inDatabase)).toEqual([false, true, true, true, false])
  })

  it('agree with the database about any text, score and language', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: fc.constantFrom('\0', '\ud83c', '\udf31', 'a', '🌱') }),
    )
    const score = fc.oneof(
      fc.integer({ min: -2, max: 12 }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      text,
      fc.constant(null),
    )
    const name = fc.oneof(fc.stringMatching(/^[a-z][a-z_]{0,40}$/), text)
    await asUser(database, userId, async (query) => {
      await fc.assert(
        fc.asyncProperty(
          fc.oneof(
            fc.record({ field: fc.constant('reflection' as const), value: text }),
            fc.record({ field: fc.constant('scores' as const), value: fc.dictionary(name, score, { maxKeys: 13 }) }),
            fc.record({
              field: fc.constant('locale' as const),
              value: fc.oneof(text, fc.stringMatching(/^[a-z]{1,3}(-[A-Z]{1,3})?$/)),
            }),
          ),
          async ({ field, value }) => {
            const { schema, input } = fields[field]
            const app = schema.safeParse(input(value)).success
            expect({ app }).toEqual({ app: await taken(query, fields[field], value) })
          },
        ),
        { numRuns: 300, examples: [[{ field: 'scores', value: { [randomUUID()]: 1 } }]] },
      )
    })
  })

  it('leave out no constraint that the database has on what a person writes', async () => {
    const { rows } = await asUser(database, userId, (query) =>
      query<{ name: string }>(
        `select c.conname as name
         from pg_catalog.pg_constraint c
         where c.contype = 'c' and c.connamespace = 'public'::regnamespace
           and c.conrelid in ('public.profiles'::regclass, 'public.journal_entries'::regclass,
             'public.user_addictions'::regclass, 'public.purchases'::regclass)
         order by 1`,
      ),
    )
    expect(rows.map(({ name }) => name)).toEqual([
      'journal_entries_owned_or_anonymized', // rows without an owner, which no app writes
      'journal_entries_reflection_length',
      'journal_entries_scores_valid',
      'profiles_bio_length',
      'profiles_display_name_length',
      'profiles_locale_format',
      'profiles_timezone_length',
      'purchases_amount_positive', // this and those below but two: written by purchase_premium alone
      'purchases_currency_format',
      'purchases_idempotency_key_length',
      'purchases_period_unless_lifetime',
      'purchases_plan_known',
      'purchases_status_known',
      'user_addictions_goal_length',
      'user_addictions_kind_known',
      'user_addictions_label_length',
    ])
  })
})
