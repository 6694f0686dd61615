import type { LoadProgress, LoadTestResult, ThresholdResult } from '@journeys/loadtest'
import { formatClock, formatDuration } from '../output/duration.ts'
import { renderHeader } from '../output/header.ts'
import { labelled } from '../output/lines.ts'
import type { Look } from '../output/look.ts'
import { formatCount, formatNumber, formatPercent } from '../output/number.ts'
import { type Column, renderTable } from '../output/table.ts'

const column = 10

/** A table per scenario, the verdict with every threshold, and where the report is. */
export function renderLoadTest(result: LoadTestResult, look: Look): string {
  const { paint, width } = look
  const label = (name: string, text: string) => labelled(`  ${name}`, text, { column, width })
  const verdict = paintVerdict(result, look)
  const steady = `steady ${formatDuration(result.steady.endMs - result.steady.startMs)} of ${formatDuration(result.durationMs)}`
  return [
    renderHeader(headerParts(result), verdict, look),
    '',
    renderScenarios(result, look),
    '',
    ...result.thresholds.filter(isGeneral).map((one) => label(mark(one, look), threshold(one))),
    ...result.thresholds
      .filter((one) => !isGeneral(one) && one.ok === false)
      .map((one) => label(mark(one, look), threshold(one))),
    ...unjudgedScenarios(result).map((text) => label(paint.yellow('–'), text)),
    '',
    label(verdict, [steady, ...result.reasons].join(' · ')),
    ...failures(result).map((text) => label(paint.red('errors'), text)),
    ...result.warnings.map((text) => label(paint.yellow('note'), text)),
    ...(result.reportFile === undefined ? [] : [`  report  ${result.reportFile}`]),
    ...(result.interrupted ? [`  again   ${result.command}`] : []),
  ].join('\n')
}

function headerParts(result: LoadTestResult): string[] {
  const { environment, profile, engine, users } = result
  const engineName = engine.name === 'builtin' ? 'built-in engine' : `${engine.name} ${engine.version}`
  return ['Journeys load test', environment.name, profile, engineName, `${formatCount(users)} users`]
}

// With the longest names and figures that a run of a minute makes, this is 80 columns wide.
const columns: readonly Column[] = [
  { heading: 'scenario' },
  { heading: 'mix %', align: 'right' },
  { heading: 'done', align: 'right' },
  { heading: 'requests', align: 'right' },
  { heading: '/s', align: 'right' },
  { heading: 'errors', align: 'right' },
  { heading: 'p50', align: 'right' },
  { heading: 'p95', align: 'right' },
  { heading: 'p99', align: 'right' },
]

function renderScenarios({ scenarios, total }: LoadTestResult, look: Look): string {
  const figures = (one: LoadTestResult['total'] | LoadTestResult['scenarios'][number]) => [
    formatCount(one.requests),
    formatCount(one.rate),
    one.errors > 0 ? look.paint.red(formatCount(one.errors)) : '0',
    latency(one.p50),
    latency(one.p95),
    latency(one.p99),
  ]
  const rows = scenarios.map((scenario) => [
    scenario.name,
    formatNumber(scenario.planned * 100),
    (scenario.achieved * 100).toFixed(1),
    ...figures(scenario),
  ])
  return renderTable(columns, [...rows, [look.paint.bold('all'), '', '', ...figures(total)]], look)
}

/** Of all scenarios together; those of one scenario are shown when they are not met. */
function isGeneral(one: ThresholdResult): boolean {
  return one.scenario === undefined
}

/** One line for all: in a small run most scenarios alone are too few requests to judge. The report has each reason. */
function unjudgedScenarios({ thresholds }: LoadTestResult): string[] {
  const names = thresholds.flatMap((one) => (one.ok === null && one.scenario !== undefined ? [one.scenario] : []))
  return names.length === 0 ? [] : [`too little was measured to judge alone: ${[...new Set(names)].join(', ')}`]
}

function threshold(one: ThresholdResult): string {
  const where = one.scenario === undefined ? '' : ` (${one.scenario})`
  if (one.ok === null || one.value === undefined) return `${one.title}${where}: ${one.note ?? 'not judged'}`
  return `${one.title}${where}: ${figure(one, one.value)}`
}

function figure({ metric, expression }: ThresholdResult, value: number): string {
  if (metric === 'http_req_failed' || metric === 'checks') return formatPercent(value)
  if (metric === 'http_req_duration') return formatDuration(value)
  return expression.startsWith('rate') ? `${formatNumber(value)}/s` : formatNumber(value)
}

function mark({ ok }: ThresholdResult, look: Look): string {
  if (ok === null) return look.paint.yellow('–')
  return ok ? look.paint.green('ok') : look.paint.red('FAIL')
}

function paintVerdict({ verdict, interrupted }: LoadTestResult, look: Look): string {
  const { green, red, yellow } = look.paint
  const paint = { pass: green, fail: red, inconclusive: yellow, invalid: yellow }[verdict]
  return interrupted ? yellow('INTERRUPTED') : paint(verdict.toUpperCase())
}

/** The few most frequent: the rest is in the report. */
function failures({ failures: list }: LoadTestResult): string[] {
  return list
    .slice(0, 3)
    .map(
      ({ name, status, error, count }) =>
        `${formatCount(count)} × ${name}: ${status === 0 ? (error ?? 'no answer') : status}`,
    )
}

function latency(ms: number | undefined): string {
  return ms === undefined ? '–' : formatDuration(ms)
}

const phaseNames = {
  users: 'users',
  ramp: 'ramp up',
  steady: 'steady',
  down: 'ramp down',
} as const
const phaseColumn = 9

/** `steady    ████████░░░░  0:41 of 0:58   612 req/s   p95 14 ms   errors 0`: one line that a terminal redraws. */
export function renderLiveLoad(live: LoadProgress, look: Look): string {
  const { phase, elapsedMs, totalMs, users, plannedUsers, rps, p95Ms, errors } = live
  if (phase === 'starting') return 'starting the engine'
  if (phase === 'cleanup') return 'removing the users'
  const name = phaseNames[phase].padEnd(phaseColumn)
  const share = phase === 'users' ? users / Math.max(1, plannedUsers) : elapsedMs / Math.max(1, totalMs)
  const figures =
    phase === 'users'
      ? `${formatCount(users)} of ${formatCount(plannedUsers)}`
      : [
          `${formatClock(Math.min(elapsedMs, totalMs))} of ${formatClock(totalMs)}`,
          `${formatCount(rps).padStart(4)} req/s`,
          `p95 ${latency(p95Ms).padStart(6)}`,
          `errors ${formatCount(errors)}`,
        ].join('   ')
  // What is left of the line beside the spinner, the phase and the figures: a line that wraps cannot be redrawn.
  const room = Math.max(4, Math.min(32, look.width - figures.length - phaseColumn - 6))
  const filled = Math.round(room * Math.min(1, share))
  const bar = look.paint.cyan('█'.repeat(filled)) + look.paint.dim('░'.repeat(room - filled))
  return `${name} ${bar}  ${figures}`
}
