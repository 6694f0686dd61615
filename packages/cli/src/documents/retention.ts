import type { RetentionPlan } from '@journeys/core/ops'
import { z } from 'zod'

const ruleChange = z.object({
  name: z.string(),
  from: z.string().nullable().describe('null: it was not there, or switched off'),
  to: z.string().nullable().describe('null: it is switched off, or gone'),
})

export const retentionPlan = z.object({
  edge: z.string().nullable().describe('the oldest day of the journal that is kept; null: the rule is switched off'),
  rules: z.array(
    z.object({
      name: z.string(),
      table: z.string(),
      method: z.enum(['months', 'rows', 'load-test-users']),
      keep: z.string().nullable(),
      edge: z.string().nullable().describe('what is older goes'),
      rows: z.number().describe('deleted in batches; whole months are listed under months'),
      oldest: z.string().nullable(),
      held: z.number().describe('expired rows of people under a legal hold or a restriction: they stay'),
    }),
  ),
  months: z
    .array(
      z.object({
        name: z.string(),
        table: z.string(),
        from: z.string().nullable(),
        to: z.string().describe('the day after the last one'),
        pending: z.boolean().describe('its detach began and did not end'),
        obstacle: z.enum(['held', 'erasure', 'restored']).nullable().describe('why it stays'),
        newest: z.string().nullable(),
        rows: z.number(),
        bytes: z.number(),
        held: z.number(),
        referredBy: z.array(z.object({ table: z.string(), constraint: z.string() })),
      }),
    )
    .describe('months of the journal wholly past the edge, by their real bounds'),
  retired: z.array(
    z.object({
      name: z.string(),
      from: z.string().nullable(),
      to: z.string(),
      rows: z.number().nullable(),
      rowsEstimated: z.boolean(),
      bytes: z.number().nullable(),
      retiredAt: z.string(),
      dropAfter: z.string(),
      due: z.boolean(),
      held: z.boolean(),
    }),
  ),
  missing: z.array(z.string()).describe('first days of months that would be made'),
  rulesToChange: z.array(ruleChange),
  pending: z.object({ table: z.string(), from: z.string().nullable(), to: z.string() }).nullable(),
  unfinished: z.object({ run: z.number(), startedAt: z.string(), step: z.string().nullable() }).nullable(),
  running: z.object({ who: z.string(), since: z.string() }).nullable(),
  lastRun: z.string().nullable(),
})

export const retentionOutcome = z.object({
  run: z.number().describe('private.retention_runs.id'),
  state: z.enum(['done', 'failed']),
  resumed: z.boolean().describe('it had been killed or stopped before'),
  edge: z.string().nullable(),
  rulesChanged: z.array(ruleChange),
  created: z.array(z.string()),
  retired: z.array(
    z.object({
      name: z.string(),
      from: z.string().nullable(),
      to: z.string(),
      rows: z.number(),
      rowsEstimated: z.boolean(),
      bytes: z.number(),
      dropAfter: z.string(),
    }),
  ),
  kept: z.array(z.object({ name: z.string(), why: z.enum(['held', 'erasure', 'restored']) })),
  dropped: z.array(z.string()),
  notDropped: z.array(z.string()).describe('retired months with rows of people under a legal hold or a restriction'),
  rows: z.array(z.object({ rule: z.string(), deleted: z.number() })),
  rowsDeleted: z.number().describe('deleted or retired'),
  failures: z.array(z.object({ step: z.string(), error: z.string() })),
})

/** With dates as their text, as JSON has them. */
export function presentPlan(plan: RetentionPlan): z.output<typeof retentionPlan> {
  return JSON.parse(JSON.stringify(plan))
}
