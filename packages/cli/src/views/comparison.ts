import type { BaselineComparison } from '@journeys/loadtest'
import { formatDuration } from '../output/duration.ts'
import { renderHeader } from '../output/header.ts'
import { labelled } from '../output/lines.ts'
import type { Look } from '../output/look.ts'
import { formatPlural, formatSigned } from '../output/number.ts'
import { type Column, renderTable } from '../output/table.ts'

type Change = BaselineComparison['changes'][number]

/** Two sets of runs side by side: the verdict, every change with the range it lies in, and how that was found. */
export function renderComparison(comparison: BaselineComparison, look: Look): string {
  const { before, after, differences, forced, notes, method } = comparison
  const { paint } = look
  const label = (name: string, text: string) => labelled(`  ${name}`, text, { column: 10, width: look.width })
  const sides = (before ? [before, after] : [after]).map(
    ({ name, runs }) => `${name} (${formatPlural(runs.length, 'run')})`,
  )
  return [
    renderHeader(['Journeys load test', 'compare'], paintVerdict(comparison, look), look),
    `  ${sides.join('  →  ')}`,
    '',
    ...(comparison.changes.length > 0 ? [renderChanges(comparison.changes, look), ''] : []),
    ...differences.map((one) => label(paint.yellow('differs'), `${one.what}: ${one.before} → ${one.after}`)),
    ...(forced ? [label(paint.yellow('forced'), 'compared all the same, as --force asked')] : []),
    label(paintVerdict(comparison, look), comparison.reasons.join(' · ')),
    ...notes.map((text) => label(paint.yellow('note'), text)),
    label(paint.dim('test'), method),
  ].join('\n')
}

/** What a load test says about its baseline: the verdict, and the changes that are not `same`. */
export function renderBaseline(comparison: BaselineComparison, look: Look): string[] {
  const { paint, width } = look
  const label = (name: string, text: string) => labelled(`  ${name}`, text, { column: 10, width })
  const noted = comparison.changes.filter(({ verdict }) => !['same', 'untested'].includes(verdict)).slice(0, 6)
  const reasons = [`${comparison.name}: ${paintVerdict(comparison, look)}`, ...comparison.reasons]
  return [
    label(paint.cyan('against'), reasons.join(' · ')),
    ...noted.map((change) => label('', changeText(change, look))),
    ...comparison.notes.map((text) => label(paint.yellow('note'), text)),
  ]
}

/** `POST journal_entries p95 12 ms → 15 ms, +21 % (+14 to +28 %): slower` */
function changeText(change: Change, look: Look): string {
  const { request, percentile, changePercent } = change
  const percent = changePercent === undefined ? '' : `, ${formatSigned(changePercent)} % (${rangeText(change)} %)`
  return `${request} p${percentile} ${time(change.beforeMs)} → ${time(change.afterMs)}${percent}: ${verdictText(change, look)}`
}

const columns: readonly Column[] = [
  { heading: 'request', flexible: true },
  { heading: '' },
  { heading: 'before', align: 'right' },
  { heading: 'after', align: 'right' },
  { heading: 'change', align: 'right' },
  { heading: 'within, %', align: 'right' },
  { heading: '' },
]

function renderChanges(changes: readonly Change[], look: Look): string {
  const rows = changes.map((change, index) => [
    // The second percentile of the same request needs no name.
    changes[index - 1]?.request === change.request ? '' : change.request,
    `p${change.percentile}`,
    time(change.beforeMs),
    time(change.afterMs),
    change.changePercent === undefined ? '–' : `${formatSigned(change.changePercent)} %`,
    rangeText(change),
    verdictText(change, look),
  ])
  return renderTable(columns, rows, look)
}

function rangeText({ interval }: Change): string {
  return interval ? `${formatSigned(interval.lowPercent)} to ${formatSigned(interval.highPercent)}` : '–'
}

function verdictText({ verdict }: Change, { paint }: Look): string {
  const { red, yellow, green, dim } = paint
  const colour = {
    slower: red,
    creeping: yellow,
    suspect: yellow,
    blind: yellow,
    faster: green,
    same: dim,
    untested: dim,
  }
  return colour[verdict](verdict)
}

function paintVerdict({ verdict }: BaselineComparison, { paint }: Look): string {
  const { red, yellow, green } = paint
  const colour = { pass: green, warn: yellow, fail: red, inconclusive: yellow, 'no-baseline': yellow }
  return colour[verdict](verdict.toUpperCase())
}

function time(ms: number | undefined): string {
  return ms === undefined ? '–' : formatDuration(ms)
}
