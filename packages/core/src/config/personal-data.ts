import { z } from 'zod'
import { period } from './period.ts'
import { suggestion } from './suggestion.ts'

/** What an erasure does with a column. */
export const strategies = ['erase', 'overwrite', 'unlink', 'keep', 'not-personal'] as const
export type StrategyName = (typeof strategies)[number]

/** A word is no reason: somebody has to be able to answer for it. */
const inWords = (what: string) => z.string().trim().min(10, `needs ${what} in words`)

const overwrite = z
  .strictObject({
    strategy: z.literal('overwrite'),
    value: z.unknown().optional().describe('what stands there afterwards; null empties the column'),
    random: z.literal('uuid').optional().describe('another random uuid in each row'),
    dayOf: z.string().min(1).optional().describe('the start, in UTC, of the day in this other column of the row'),
  })
  .refine(
    (one) => ['value', 'random', 'dayOf'].filter((key) => key in one).length === 1,
    'overwrite needs one of value, random and dayOf',
  )
  .describe('the row stays, with this in the place of what the person left there')

const keep = z
  .strictObject({
    strategy: z.literal('keep'),
    ground: inWords('the legal ground').describe(
      'which law or interest asks for it: accounting law, Art. 17(3)(b) GDPR',
    ),
    period: period.describe('how long, from the day on which the row was made: 10 years'),
  })
  .describe('stays as it is, because a law asks for it')

const notPersonal = z
  .strictObject({
    strategy: z.literal('not-personal'),
    reason: inWords('the reason').describe('why it says nothing about anybody'),
  })
  .describe('says nothing about a person')

const objects = { overwrite, keep, 'not-personal': notPersonal }

const decision = z
  .union([z.enum(['erase', 'unlink']), overwrite, keep, notPersonal], { error: ({ input }) => problemOf(input) })
  .meta({ id: 'personalDataDecision' })
  .describe('erase: the row is deleted; unlink: null, it leads to the person no longer')

const tableName = z.string().regex(/^[^.]+\..+$/, 'a table is named with its schema: public.profiles')

const step = z.strictObject({
  title: z.string().min(1).describe('what or who it is about'),
  do: inWords('what to do').describe('what a person does, and how it is known to be done'),
})

export const personalData = z.strictObject({
  tables: z
    .record(tableName, z.record(z.string().min(1), decision.nullable()).nullable())
    .prefault({})
    .describe(
      'by table and column, over the built-in map: what an erasure does with it. A name may have * in it; null takes a built-in ' +
        'decision back. journeys gdpr coverage says what is missing',
    ),
  byHand: z
    .record(
      z.string().regex(/^[a-z][a-z0-9-]{0,40}$/, 'a step is named in lower case, digits and hyphens'),
      step.nullable(),
    )
    .prefault({})
    .describe(
      'by name, over the built-in ones: what no command can erase, and a person does; null takes a built-in one away',
    ),
})

/** The part of the map that the file holds. `personalDataMap` lays it over the built-in one. */
export type PersonalDataSettings = z.output<typeof personalData>
export type WrittenDecision = z.output<typeof decision>
export type WrittenStep = z.output<typeof step>

/** What is wrong with a decision that has none of the shapes, in words: the union alone says `Invalid input`. */
function problemOf(input: unknown): string {
  const strategy = typeof input === 'object' && input !== null ? (input as { strategy?: unknown }).strategy : input
  if (typeof strategy !== 'string') return 'is no decision: write "erase", or { "strategy": "keep", ... }'
  if (!strategies.includes(strategy as StrategyName)) {
    return `is no strategy: ${JSON.stringify(strategy)}; ${suggestion(strategy, [...strategies])}`
  }
  if (!Object.hasOwn(objects, strategy)) return `is written as a word alone: ${JSON.stringify(strategy)}`
  const schema = objects[strategy as keyof typeof objects]
  const needs = `${strategy} is written as ${example[strategy as keyof typeof objects]}`
  if (typeof input === 'string') return needs
  const issues = schema.safeParse(input).error?.issues ?? []
  const wrong = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => `unknown key ${key}`) : [issue.path.join('.')],
  )
  return `${needs}; look at ${wrong.join(', ')}`
}

const example = {
  overwrite: '{ "strategy": "overwrite", "value": "..." }',
  keep: '{ "strategy": "keep", "ground": "...", "period": "10 years" }',
  'not-personal': '{ "strategy": "not-personal", "reason": "..." }',
} as const satisfies Record<keyof typeof objects, string>
