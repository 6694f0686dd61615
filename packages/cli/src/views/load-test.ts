import type { LoadTestResult } from '@journeys/loadtest'
import { formatDuration } from '../output/duration.ts'
import { renderHeader } from '../output/header.ts'
import { labelled } from '../output/lines.ts'
import type { Look } from '../output/look.ts'
import { formatCount, formatNumber } from '../output/number.ts'
import { type Column, renderTable } from '../output/table.ts'
import { renderBaseline } from './comparison.ts'
import { renderAnalysis } from './load-analysis.ts'
import { failureText } from './load-failure.ts'
import { thresholdLines } from './load-thresholds.ts'

const column = 10

/** What the profile was run for, a table per scenario, every threshold, the verdict, where to look, and where the report is. */
export function renderLoadTest(result: LoadTestResult, look: Look): string {
  const { paint, width } = look
  const label = (name: string, text: string) => labelled(`  ${name}`, text, { column, width })
  const verdict = paintVerdict(result, look)
  const judged = `${formatDuration(result.judgedSeconds * 1000)} judged of ${formatDuration(result.durationMs)}`
  const analysis = renderAnalysis(result, look)
  const thresholds = thresholdLines(result, look)
  return [
    renderHeader(headerParts(result), verdict, look),
    '',
    ...(analysis.length > 0 ? [...analysis, ''] : []),
    // The steps of a stress run say more than one line of all of them together.
    ...(result.plan.kind === 'stress' ? [] : [renderScenarios(result, look), '']),
    ...(thresholds.length > 0 ? [...thresholds.map(([name, text]) => label(name, text)), ''] : []),
    labelled(`  ${verdict}`, [judged, ...result.reasons].join(' · '), { column: verdictColumn(result), width }),
    ...result.failures.slice(0, 3).map((one) => label(paint.red('errors'), failureText(one))),
    ...culprits(result, look).map(([name, text]) => label(name, text)),
    ...(result.baseline ? renderBaseline(result.baseline, look) : []),
    ...result.warnings.map((text) => label(paint.yellow('note'), text)),
    ...(result.reportFile === undefined ? [] : [`  report  ${result.reportFile}`]),
    ...(result.interrupted ? [`  again   ${result.command}`] : []),
  ].join('\n')
}

/** The files that `--out` asked for, under the report. */
export function renderOutputs(outputs: readonly { readonly kind: string; readonly file: string }[]): string[] {
  return outputs.map(({ kind, file }) => labelled(`  ${kind}`, file, { column, width: Number.POSITIVE_INFINITY }))
}

/** Wider where the word is. */
function verdictColumn({ verdict, interrupted }: LoadTestResult): number {
  return Math.max(column, (interrupted ? 'interrupted' : verdict).length + 4)
}

function headerParts({ environment, profile, engine, users, plan }: LoadTestResult): string[] {
  const engineName = engine.name === 'builtin' ? 'built-in engine' : `${engine.name} ${engine.version}`
  const load = plan.model === 'open' ? `up to ${formatNumber(topRate(plan))} iter/s` : `${formatCount(users)} users`
  return ['Journeys load test', environment.name, profile, engineName, load]
}

function topRate({ start, stages }: LoadTestResult['plan']): number {
  return Math.max(start, ...stages.map(({ target }) => target))
}

// With the longest names and figures that a run of a minute makes, this is 80 columns wide.
const columns: readonly Column[] = [
  { heading: 'scenario', flexible: true },
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

/** Where to look on the server: the likeliest cause in full, of others how many there are. Quiet when all is well. */
function culprits(
  { server, verdict, plan }: LoadTestResult,
  { paint }: Look,
): (readonly [label: string, text: string])[] {
  // A recovery run kills the database itself.
  const found = server?.culprits.filter(({ kind }) => kind !== 'outage' || plan.kind !== 'recovery')
  const [first, ...more] = found ?? []
  if (first === undefined || verdict === 'pass') return []
  const others = more.map(({ title }) => title)
  return [
    [paint.red('look at'), first.title],
    ['', first.detail],
    [paint.cyan('do'), first.hint],
    ...(others.length > 0 ? [['also', others.slice(0, 3).join('; ')] as const] : []),
  ]
}

export function paintVerdict(
  { verdict, interrupted }: Pick<LoadTestResult, 'verdict' | 'interrupted'>,
  look: Look,
): string {
  const { green, red, yellow } = look.paint
  const paint = { pass: green, warn: yellow, fail: red, inconclusive: yellow, invalid: yellow }[verdict]
  return interrupted ? yellow('INTERRUPTED') : paint(verdict.toUpperCase())
}

function latency(ms: number | undefined): string {
  return ms === undefined ? '–' : formatDuration(ms)
}
