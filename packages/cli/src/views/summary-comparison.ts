import type { SummaryComparison } from '@journeys/loadtest'
import { formatDuration } from '../output/duration.ts'
import { renderHeader } from '../output/header.ts'
import { labelled } from '../output/lines.ts'
import type { Look } from '../output/look.ts'
import { formatBytes, formatNumber, formatPercent, formatSigned } from '../output/number.ts'
import { type Column, renderTable } from '../output/table.ts'

type Change = SummaryComparison['changes'][number]

const columns: readonly Column[] = [
  { heading: 'metric', flexible: true },
  { heading: '' },
  { heading: 'before', align: 'right' },
  { heading: 'after', align: 'right' },
  { heading: 'change', align: 'right' },
  { heading: '' },
]

/** Parts of a request, and bytes: whoever asks for these reads `--json`. */
const detail = /^(http_req_(blocked|connecting|receiving|sending|tls_handshaking|waiting)|data_(received|sent))(\{|$)/
const detailStatistics = new Set(['avg', 'min', 'max', 'p(90)'])

/** Two of k6's own summaries side by side: what changed, without a verdict. */
export function renderSummaryComparison(comparison: SummaryComparison, look: Look): string {
  const { before, after, changes, thresholds, note } = comparison
  const { paint, width } = look
  const shown = changes.filter(({ metric, statistic }) => !detail.test(metric) && !detailStatistics.has(statistic))
  const rows = shown.map((change, index) => [
    // The next statistic of the same metric needs no name.
    shown[index - 1]?.metric === change.metric ? '' : change.metric,
    change.statistic,
    value(change, change.before),
    value(change, change.after),
    changeText(change),
    direction(change, look),
  ])
  const held = thresholds.map(
    (one) => `${one.metric} ${one.expression}: ${holds(one.before, look)} before, ${holds(one.after, look)} after`,
  )
  return [
    renderHeader(['Journeys load test', 'compare'], 'k6 summaries', look),
    `  ${before.name}  →  ${after.name}`,
    '',
    renderTable(columns, rows, look),
    '',
    ...held.map((text) => labelled('  limit', text, { column: 10, width })),
    labelled(`  ${paint.yellow('note')}`, note, { column: 10, width }),
    ...(shown.length < changes.length
      ? [`  more    ${changes.length - shown.length} further figures are in --json`]
      : []),
  ].join('\n')
}

function value({ contains, statistic, changePoints }: Change, figure: number | undefined): string {
  if (figure === undefined) return '–'
  if (contains === 'time' && statistic !== 'count') return formatDuration(figure)
  if (contains === 'data' && statistic === 'count') return formatBytes(figure)
  // Of a rate, and not of how many there were each second.
  return changePoints === undefined ? formatNumber(figure) : formatPercent(figure)
}

function changeText({ changePercent, changePoints }: Change): string {
  if (changePoints !== undefined) return `${formatSigned(changePoints)} points`
  return changePercent === undefined ? '–' : `${formatSigned(changePercent)} %`
}

function direction({ direction: way }: Change, { paint }: Look): string {
  if (way === undefined) return ''
  return { better: paint.green, worse: paint.red, same: paint.dim }[way](way)
}

function holds(held: boolean | undefined, { paint }: Look): string {
  if (held === undefined) return 'none'
  return held ? paint.green('held') : paint.red('crossed')
}
