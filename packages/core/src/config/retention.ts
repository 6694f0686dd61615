import { z } from 'zod'
import { period } from './period.ts'
import { suggestion } from './suggestion.ts'

/** How long what is kept, where nobody says otherwise. */
export const builtInPeriods = {
  entries: '2 years',
  metrics: '90 days',
  'audit-log': '3 years',
  sessions: '90 days',
  'rate-limits': '1 day',
  'load-test-leftovers': '7 days',
  'run-records': '1 year',
} as const satisfies Record<string, string>

export type BuiltInRuleName = keyof typeof builtInPeriods

const column = z.string().min(1).max(63)

const ownRule = z
  .strictObject({
    table: z.string().regex(/^[^.\s]+\.[^.\s]+$/, 'a table is named with its schema: public.letters'),
    column: z
      .union([column, z.array(column).min(1)])
      .describe('a date or time that says how old a row is; of several, the first that is set counts'),
    keep: period,
    person: column
      .optional()
      .describe(
        'the column with the id of the person, whose rows a legal hold keeps; default: the foreign key to auth.users',
      ),
  })
  .describe('rows of a table of your own')

/** As written: a period for a built-in rule, a whole rule under a new name, null to switch off. */
const rules = z
  .record(
    z.string().regex(/^[a-z][a-z0-9-]{0,40}$/, 'a rule is named in lower case, digits and hyphens'),
    z.union([period, z.null(), ownRule]),
  )
  .superRefine((written, context) => {
    for (const [name, rule] of Object.entries(written)) {
      const isBuiltIn = Object.hasOwn(builtInPeriods, name)
      const complain = (message: string) => context.addIssue({ code: 'custom', path: [name], message })
      if (isBuiltIn && typeof rule === 'object' && rule !== null) {
        complain('is built in: give it a period or null; a rule of your own needs another name')
      } else if (!isBuiltIn && typeof rule === 'string') {
        complain(
          `is no built-in rule, so it has to say table, column and keep. ${suggestion(name, Object.keys(builtInPeriods))}`,
        )
      } else if (name === 'audit-log' && typeof rule === 'string' && daysOf(rule) < 365) {
        complain('the audit log is kept for a year at least: the database opens it for nothing younger')
      }
    }
  })

export type WrittenRule = z.output<typeof rules>[string]

export const retention = z.strictObject({
  rules: rules
    .prefault({})
    .describe(
      'how long what is kept: a period for a built-in rule, null to switch one off, or a rule of your own with table, column and keep',
    ),
  graceDays: z
    .int()
    .min(0)
    .max(3650)
    .default(30)
    .describe('a month of the journal that has expired can be brought back for so many days before it is dropped'),
  monthsAhead: z.int().min(1).max(24).default(3).describe('so many months of the journal are made ahead'),
  lockTimeoutMs: z
    .int()
    .min(1)
    .max(1000)
    .default(40)
    .describe('a lock that others could queue behind is given up after so long, and tried again'),
  batchTargetMs: z.int().min(1).max(1000).default(25).describe('rows are deleted in batches that take about so long'),
  pressure: z
    .strictObject({
      activeStatements: z.int().min(1).default(20).describe('more statements than this run at the same time'),
      replicationLagSeconds: z.number().positive().default(10).describe('a standby is further behind than this'),
      patienceSeconds: z
        .number()
        .nonnegative()
        .default(600)
        .describe('pressure that lasts longer than this ends the run, to be resumed'),
    })
    .prefault({})
    .describe('when deleting pauses'),
})

/** Days of a period, months as 30: for comparing, not for counting. */
function daysOf(text: string): number {
  const [count, unit = ''] = text.split(' ')
  const days = { day: 1, week: 7, month: 30.4, year: 365 }[unit.replace(/s$/, '')]
  return Number(count) * (days ?? 0)
}
