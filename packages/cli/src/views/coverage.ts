import type { ByHandStep, CoverageFinding } from '@journeys/core/ops'
import type { About } from '../command.ts'
import { renderHeader } from '../output/header.ts'
import { labelled } from '../output/lines.ts'
import type { Look } from '../output/look.ts'
import { formatPlural } from '../output/number.ts'
import { renderTable } from '../output/table.ts'

interface ShownColumn {
  name: string
  strategy: string | null
  says: string | null
}

type ShownFinding = Omit<CoverageFinding, 'add'> & { add: Record<string, Record<string, unknown> | null> }

interface ShownCoverage {
  all: boolean
  tables: { table: string; reachedBy: string | null; columns: ShownColumn[] }[]
  findings: ShownFinding[]
  byHand: ByHandStep[]
}

/** What is missing, with what to write; or, when nothing is, what becomes of each table. */
export function renderCoverage(coverage: ShownCoverage, look: Look, about: About): string {
  const { tables, findings, byHand, all } = coverage
  const { paint } = look
  const columns = tables.reduce((sum, table) => sum + table.columns.length, 0)
  const verdict =
    findings.length === 0 ? paint.green('all decided') : paint.yellow(formatPlural(findings.length, 'finding'))
  return [
    renderHeader(
      [
        'Journeys personal data',
        about.environment,
        formatPlural(tables.length, 'table'),
        formatPlural(columns, 'column'),
      ],
      verdict,
      look,
    ),
    '',
    ...(all ? tables.flatMap((table) => [...renderColumns(table, look), '']) : []),
    ...findings.flatMap((finding) => [renderFinding(finding, look), '']),
    ...(findings.length > 0 ? howToDecide(findings, look) : []),
    ...(findings.length === 0 && !all ? [renderSummary(tables, look), ''] : []),
    ...(all ? renderSteps(byHand, look) : []),
    ...(findings.length === 0 && !all
      ? [
          labelled(`  ${paint.dim('by hand')}`, byHand.map(({ id }) => id).join(' · ') || 'nothing', {
            column: 11,
            width: look.width,
          }),
          '',
          `${paint.cyan('next')}   journeys gdpr coverage --all${about.environment === 'local' ? '' : ` --env ${about.environment}`}`,
        ]
      : []),
  ].join('\n')
}

const column = 15

function renderFinding({ kind, summary, why, do: advice, add }: ShownFinding, look: Look): string {
  const { paint, width } = look
  const explain = (label: string, text: string) =>
    labelled(`${' '.repeat(column)}${paint.dim(label)}`, text, { column: column + 5, width })
  return [
    labelled(`  ${paint.yellow(kind)}`, summary, { column, width }),
    explain('why', why),
    explain('do', advice),
    ...snippet(add).map((line) => `      ${line}`),
  ].join('\n')
}

/** As it is pasted, a column a line: JSON may not be broken where a screen ends. */
function snippet(add: ShownFinding['add']): string[] {
  return Object.entries(add).flatMap(([table, columns]) => {
    if (columns === null) return [`${JSON.stringify(table)}: null`]
    const lines = Object.entries(columns).map(([name, decision]) => `  ${JSON.stringify(name)}: ${spaced(decision)}`)
    return [`${JSON.stringify(table)}: {`, ...lines.map((line, n) => (n < lines.length - 1 ? `${line},` : line)), '}']
  })
}

/** `{ "strategy": "overwrite", "value": "x" }`, on one line. */
function spaced(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return JSON.stringify(value)
  const parts = Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}: ${spaced(inner)}`)
  return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`
}

function howToDecide(findings: readonly ShownFinding[], { paint }: Look): string[] {
  const tables = new Set(findings.map(({ table }) => table))
  return [
    'What is proposed goes into journeys.config.json once somebody agrees with it:',
    `  "personalData": { "tables": { ${paint.dim('...')} } }`,
    // Of two keys of the same name JSON takes the last, and says nothing.
    ...(tables.size < findings.length
      ? ['Columns of one table go under one entry, however often it is named above.']
      : []),
    'What each word means: docs/personal-data.md',
  ]
}

/** A line for each table: its class, and how many columns of what. */
function renderSummary(tables: ShownCoverage['tables'], look: Look): string {
  const rows = tables.map(({ table, columns }) => [table, String(columns.length), inShort(columns)])
  return renderTable(
    [{ heading: 'table' }, { heading: 'columns', align: 'right' }, { heading: 'an erasure', flexible: true }],
    rows,
    look,
  )
}

const verbs: Record<string, string> = {
  overwrite: 'overwrites',
  unlink: 'unlinks',
  keep: 'keeps',
  'not-personal': 'leaves',
}

function inShort(columns: readonly ShownColumn[]): string {
  if (columns.some(({ strategy }) => strategy === 'erase')) return 'deletes the rows'
  return Object.entries(verbs)
    .map(([strategy, verb]) => [verb, columns.filter((one) => one.strategy === strategy).length] as const)
    .filter(([, count]) => count > 0)
    .map(([verb, count]) => `${verb} ${count}`)
    .join(', ')
}

function renderColumns({ table, reachedBy, columns }: ShownCoverage['tables'][number], look: Look): string[] {
  const { paint, width } = look
  const names = Math.max(...columns.map(({ name }) => name.length)) + 6
  return [
    labelled(`  ${paint.bold(table)}`, paint.dim(reachedBy ?? 'because the map says so'), {
      column: table.length + 4,
      width,
    }),
    ...columns.map(({ name, says }) =>
      labelled(`    ${name}`, says ?? paint.yellow('undecided'), { column: names, width }),
    ),
  ]
}

function renderSteps(steps: readonly ByHandStep[], look: Look): string[] {
  const { paint, width } = look
  return [
    `  ${paint.bold('by hand')}`,
    ...steps.flatMap(({ id, title, do: what }) => [
      labelled(`    ${id}`, title, { column: stepColumn, width }),
      labelled('', what, { column: stepColumn, width }),
    ]),
  ]
}

const stepColumn = 24
