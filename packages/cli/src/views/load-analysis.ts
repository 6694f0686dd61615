import type { LoadTestResult } from '@journeys/loadtest'
import { formatDuration } from '../output/duration.ts'
import { labelled } from '../output/lines.ts'
import type { Look } from '../output/look.ts'
import { formatBytes, formatCount, formatNumber, formatPercent, formatSigned } from '../output/number.ts'
import { type Column, renderTable } from '../output/table.ts'
import type { LabelledLine } from './load-thresholds.ts'

type AnalysisOf<K extends string> = Extract<NonNullable<LoadTestResult['analysis']>, { kind: K }>

/** What the profile was run for, as lines; empty for a `load`. */
export function renderAnalysis(result: LoadTestResult, look: Look): string[] {
  const { analysis } = result
  switch (analysis?.kind) {
    case 'spike':
      return [renderPhases(result, look), '', ...lines(spikeAnswers(analysis, look), look)]
    case 'stress':
      return [renderSteps(analysis, look), '', ...lines(stressAnswers(analysis, look), look)]
    case 'recovery':
      return [renderPhases(result, look), '', ...lines(recoveryAnswers(analysis, look), look)]
    case 'soak':
      return soakAnswers(analysis, look)
    case undefined:
      return []
  }
}

/** Every answer under the other, the labels in one column. */
function lines(answers: readonly LabelledLine[], look: Look): string[] {
  const column = 4 + Math.max(...answers.map(([label]) => label.length))
  return answers.map(([label, text]) => labelled(`  ${label}`, text, { column, width: look.width }))
}

/** The phases that are no mere way from one to the next. */
function renderPhases({ phases, plan, analysis }: LoadTestResult, look: Look): string {
  const columns: Column[] = [
    { heading: 'phase' },
    { heading: plan.model === 'open' ? 'iter/s' : 'users', align: 'right' },
    ...['requests', '/s', 'errors', 'p50', 'p95', 'p99'].map((heading) => ({ heading, align: 'right' as const })),
    { heading: '' },
  ]
  const within = new Map(
    analysis?.kind === 'spike' || analysis?.kind === 'recovery'
      ? analysis.phases.map((one) => [one.phase, one.withinSlo])
      : [],
  )
  const rows = phases
    .filter(({ name, judged }) => judged || name === 'outage')
    .map(({ name, target, total }) => [
      name,
      formatCount(target),
      formatCount(total.requests),
      formatCount(total.rate),
      total.errors > 0 ? look.paint.red(formatCount(total.errors)) : '0',
      latency(total.p50),
      latency(total.p95),
      latency(total.p99),
      within.get(name) === false ? look.paint.red('over') : within.get(name) ? look.paint.green('ok') : '',
    ])
  return renderTable(columns, rows, look)
}

function spikeAnswers({ secondsToSlo, watchedSeconds, slo }: AnalysisOf<'spike'>, { paint }: Look): LabelledLine[] {
  const level = `p95 under ${formatDuration(slo.p95Ms)}`
  const text =
    secondsToSlo === undefined
      ? paint.red(`${level} was not reached again in the ${formatNumber(watchedSeconds)} s that were watched`)
      : secondsToSlo === 0
        ? `${level} already when the load was back to normal`
        : `${level} ${formatNumber(secondsToSlo)} s after the load was back to normal, for good`
  return [['back', text]]
}

const stepColumns: readonly Column[] = [
  ...['iter/s', 'req/s', 'errors', 'dropped', 'p50', 'p95', 'p99'].map((heading) => ({
    heading,
    align: 'right' as const,
  })),
  { heading: '', flexible: true },
]

function renderSteps({ steps, capacity }: AnalysisOf<'stress'>, look: Look): string {
  const { paint } = look
  const rows = steps.map((step) => [
    formatCount(step.rate),
    formatCount(step.requestsPerSecond),
    step.errorRate > 0 ? paint.red(formatPercent(step.errorRate, 1)) : '0',
    step.dropped > 0 ? paint.red(formatCount(step.dropped)) : '0',
    latency(step.p50Ms),
    latency(step.p95Ms),
    latency(step.p99Ms),
    step.held
      ? step.phase === capacity?.phase
        ? paint.green.bold('held: the capacity')
        : paint.green('held')
      : paint.red(`broke: ${step.broke.join(', ')}`),
  ])
  return renderTable(stepColumns, rows, look)
}

function stressAnswers({ capacity, found, brokeFirst, knee }: AnalysisOf<'stress'>, { paint }: Look): LabelledLine[] {
  const height = capacity
    ? `${formatNumber(capacity.iterationsPerSecond)} iterations/s, ${formatNumber(capacity.requestsPerSecond)} requests/s`
    : paint.red('none: no step held')
  return [
    ['capacity', capacity && !found ? `at least ${height}: no two steps in a row broke` : height],
    ...(brokeFirst ? [['broke first', `${brokeFirst.what}: ${brokeFirst.text}`] as const] : []),
    [
      'knee',
      knee
        ? `latency climbs from ${formatNumber(knee.iterationsPerSecond)} iterations/s on, p95 ${formatDuration(knee.p95Ms)}`
        : 'none: no bend in the curve stands out',
    ],
  ]
}

function recoveryAnswers(analysis: AnalysisOf<'recovery'>, { paint }: Look): LabelledLine[] {
  const { fault, secondsToFirstFailure, secondsToFirstSuccess, secondsToSlo, failedRequests, writes, slo } = analysis
  const after = (seconds: number) => `${formatNumber(seconds)} s after the fault`
  const never = paint.red('not in this run')
  const unhurt = secondsToFirstFailure === undefined
  return [
    ['fault', fault],
    [
      'first success',
      unhurt ? 'no request failed' : secondsToFirstSuccess === undefined ? never : after(secondsToFirstSuccess),
    ],
    [
      'service level',
      secondsToSlo === undefined ? never : `${after(secondsToSlo)} for good (p95 under ${formatDuration(slo.p95Ms)})`,
    ],
    ['failed requests', formatCount(failedRequests)],
    ['lost writes', lostWritesText(analysis.lostWrites, writes, paint)],
  ]
}

function lostWritesText(found: AnalysisOf<'recovery'>['lostWrites'], writes: number, paint: Look['paint']): string {
  if (found === undefined) return paint.yellow(`unknown: ${formatCount(writes)} writes could not be looked for`)
  const unverifiable = found.unverifiable > 0 ? `, ${formatCount(found.unverifiable)} could not be looked for` : ''
  const text = `${formatCount(found.lost)} of ${formatCount(writes)} that were answered 2xx, ${formatCount(found.checked)} rows looked for${unverifiable}`
  if (found.lost === 0) return paint.green(text)
  const [example] = found.examples
  return paint.red(example ? `${text}; the first: ${example.table} ${example.id}` : text)
}

function soakAnswers({ p95, memory, growth }: AnalysisOf<'soak'>, look: Look): string[] {
  const columns: Column[] = [
    { heading: 'drift' },
    ...['begin', 'end', 'change', '95 % sure between'].map((heading) => ({ heading, align: 'right' as const })),
    { heading: '' },
  ]
  const row = (name: string, one: NonNullable<typeof p95>) => {
    const text = one.unit === 'bytes' ? formatBytes : formatDuration
    return [
      name,
      text(one.from),
      text(one.to),
      `${formatSigned(one.percent)} %`,
      `${formatSigned(one.percentLow)} and ${formatSigned(one.percentHigh)} %`,
      one.certain ? '' : look.paint.dim('may be none'),
    ]
  }
  const rows = [...(p95 ? [row('p95', p95)] : []), ...memory.map((one) => row(`memory ${one.process}`, one))]
  const grown = growth
    .slice(0, 3)
    .map((one) => `${one.table} ${formatBytes(one.tableBytes)}, its indexes ${formatBytes(one.indexBytes)}`)
  return [
    rows.length > 0 ? renderTable(columns, rows, look) : '  too short for a drift: only a longer run shows one',
    ...(grown.length > 0 ? ['', ...lines([['growth', grown.join('; ')]], look)] : []),
  ]
}

function latency(ms: number | undefined): string {
  return ms === undefined ? '–' : formatDuration(ms)
}
