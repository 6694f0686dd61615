import type { z } from 'zod'
import type { retentionOutcome, retentionPlan } from '../documents/retention.ts'
import { renderFields } from '../output/header.ts'
import { labelled } from '../output/lines.ts'
import type { Look } from '../output/look.ts'
import { formatBytes, formatCount, formatPlural } from '../output/number.ts'
import { type Column, renderTable } from '../output/table.ts'

type Plan = z.output<typeof retentionPlan>
type Outcome = z.output<typeof retentionOutcome>

/** What would go: rule by rule, month by month, and what stands in the way. */
export function renderRetentionPlan(plan: Plan, look: Look): string {
  return [
    renderRules(plan, look),
    ...(plan.months.length > 0 ? ['', renderMonths(plan.months, look)] : []),
    ...(plan.retired.length > 0 ? ['', renderRetired(plan.retired, look)] : []),
    '',
    ...remarks(plan, look),
  ].join('\n')
}

function renderRules({ rules, months }: Plan, look: Look): string {
  const whole = months.filter(({ obstacle }) => obstacle === null).reduce((sum, { rows }) => sum + rows, 0)
  return renderTable(
    [
      { heading: 'rule' },
      { heading: 'keeps' },
      { heading: 'older than' },
      { heading: 'rows go', align: 'right' },
      { heading: 'rows held', align: 'right' },
    ],
    rules.map(({ name, keep, edge, method, rows, held }) => [
      name,
      keep ?? 'for ever',
      edge?.slice(0, 10) ?? '–',
      edge === null ? '–' : formatCount(rows + (method === 'months' ? whole : 0)),
      edge === null ? '–' : formatCount(held),
    ]),
    look,
  )
}

const monthColumns: readonly Column[] = [
  { heading: 'whole month' },
  { heading: 'from' },
  { heading: 'newest' },
  { heading: 'rows', align: 'right' },
  { heading: 'size', align: 'right' },
  { heading: '', flexible: true },
]

function renderMonths(months: Plan['months'], look: Look): string {
  const rows = months.map((month) => [
    month.name,
    month.from ?? '–',
    month.newest ?? 'empty',
    formatCount(month.rows),
    formatBytes(month.bytes),
    monthNotes(month).join('; '),
  ])
  // Without any note its column would only take room.
  const isBare = rows.every((row) => row.at(-1) === '')
  return renderTable(
    isBare ? monthColumns.slice(0, -1) : monthColumns,
    isBare ? rows.map((row) => row.slice(0, -1)) : rows,
    look,
  )
}

function monthNotes({ obstacle, pending, held, referredBy }: Plan['months'][number]): string[] {
  return [
    ...(pending ? ['half detached'] : []),
    ...(obstacle === 'held' ? [`stays: ${formatPlural(held, 'row')} held`] : []),
    ...(obstacle === 'erasure' ? ['stays: an erasure is under way'] : []),
    ...(obstacle === 'restored' ? ['stays: brought back'] : []),
    ...referredBy.map(({ table }) => `${table} refers to it`),
  ]
}

function renderRetired(retired: Plan['retired'], look: Look): string {
  return renderTable(
    [
      { heading: 'retired' },
      { heading: 'rows', align: 'right' },
      { heading: 'size', align: 'right' },
      { heading: 'dropped after' },
      { heading: '', flexible: true },
    ],
    retired.map(({ name, rows, rowsEstimated, bytes, dropAfter, due, held }) => [
      name,
      rows === null ? '–' : about(rows, rowsEstimated),
      bytes === null ? '–' : formatBytes(bytes),
      dropAfter.slice(0, 10),
      held ? 'stays: rows held' : due ? 'now' : '',
    ]),
    look,
  )
}

function remarks(plan: Plan, look: Look): string[] {
  const { yellow, dim } = look.paint
  const remark = (label: string, text: string) => labelled(`  ${label}`, text, { column: 13, width: look.width })
  return [
    ...(plan.running ? [remark(yellow('running'), `${plan.running.who}, since ${plan.running.since}`)] : []),
    ...(plan.unfinished
      ? [
          remark(
            yellow('unfinished'),
            `run ${plan.unfinished.run} of ${plan.unfinished.startedAt.slice(0, 16)}Z ended at "${plan.unfinished.step ?? 'open'}"; the next one finishes it first`,
          ),
        ]
      : []),
    ...(plan.pending
      ? [remark(yellow('half done'), `${plan.pending.table} is being detached; its entries are not seen any more`)]
      : []),
    ...plan.rulesToChange.map((change) => remark(dim('rule'), describeChange(change))),
    remark(
      dim('months'),
      plan.missing.length === 0
        ? 'every month has its partition'
        : `to be made: ${plan.missing.map((day) => day.slice(0, 7)).join(', ')}`,
    ),
    remark(dim('last run'), plan.lastRun ?? 'never'),
  ]
}

function describeChange({ name, from, to }: Plan['rulesToChange'][number]): string {
  if (from === to) return `${name} changes`
  return `${name}: ${from ?? 'off'} → ${to ?? 'off'}`
}

/** What one run did. */
export function renderRetentionOutcome(outcome: Outcome, look: Look): string {
  const { paint, width } = look
  const months = formatPlural(outcome.retired.length, 'month')
  const rows = outcome.retired.reduce((sum, month) => sum + month.rows, 0)
  const isEstimated = outcome.retired.some(({ rowsEstimated }) => rowsEstimated)
  const deleted = outcome.rows.filter((rule) => rule.deleted > 0)
  const fields: [string, string][] = [
    ['run', `${outcome.run}${outcome.resumed ? ', which had been interrupted and went on' : ''}`],
    ['keep from', outcome.edge ?? 'every entry: the rule is switched off'],
    ...outcome.rulesChanged.map((change): [string, string] => ['rule', describeChange(change)]),
    [
      'retired',
      outcome.retired.length === 0
        ? 'no month'
        : `${months}, ${about(rows, isEstimated)} entries; dropped after ${outcome.retired[0]?.dropAfter.slice(0, 10)}`,
    ],
    ['deleted', deleted.map((rule) => `${rule.rule} ${formatCount(rule.deleted)}`).join(' · ') || 'no row'],
    ['dropped', outcome.dropped.join(', ') || 'no month'],
    ['made', outcome.created.join(', ') || 'no month: all were there'],
    ...outcome.kept.map(({ name, why }): [string, string] => ['kept', `${name}: ${whyKept[why]}`]),
    ...outcome.notDropped.map((name): [string, string] => [
      'kept',
      `retired ${name}: it holds rows of somebody protected`,
    ]),
  ]
  return [
    renderFields(
      fields.map(([label, text]) => [label, indented(text, width)]),
      look,
    ),
    ...outcome.failures.map(({ step, error }) =>
      labelled(`  ${paint.red('failed')}`, `${step}: ${error}`, { column: 13, width }),
    ),
  ].join('\n')
}

const whyKept = {
  held: 'emptied but for people under a legal hold or a restriction',
  erasure: 'an erasure is under way there; the next run takes it',
  restored: 'somebody brought it back',
} as const

/** Broken under itself, beside the label. */
function indented(text: string, width: number): string {
  return labelled(' '.repeat(fieldColumn), text, { column: fieldColumn, width }).trimStart()
}

const fieldColumn = 13

function about(rows: number, isEstimated: boolean): string {
  return `${isEstimated ? 'about ' : ''}${formatCount(rows)}`
}
