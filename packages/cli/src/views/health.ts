import type { HealthCheck, HealthReport } from '@journeys/core/ops'
import type { About } from '../command.ts'
import { formatDuration, formatTimeOfDay } from '../output/duration.ts'
import { renderHeader } from '../output/header.ts'
import { labelled, spread, visibleLength } from '../output/lines.ts'
import type { Look } from '../output/look.ts'

/** How long it took is in every command's document. */
type Checked = Omit<HealthReport, 'durationMs'>
type State = HealthCheck['state']

/** One verdict, the vital figures, what is wrong and what to type, the count. Worst first. */
export function renderHealth(report: Checked, look: Look, about: About): string {
  const { paint } = look
  const header = renderHeader(
    ['Journeys', about.environment, formatTimeOfDay(new Date(report.checkedAt))],
    paintState(report.verdict, report.verdict.toUpperCase(), look),
    look,
  )
  const findings = report.checks
    .filter((check) => check.state !== 'ok')
    .sort((a, b) => severity[b.state] - severity[a.state])
  const counts = (['ok', 'warning', 'critical', 'unknown'] as const)
    .map((state) => {
      const text = `${report.counts[state]} ${state}`
      return report.counts[state] > 0 && state !== 'ok' ? paintState(state, text, look) : text
    })
    .join(paint.dim(' · '))
  return [
    header,
    '',
    ...renderVitals(report.checks, look),
    ...findings.flatMap((check) => [renderFinding(check, look), '']),
    spread(`  ${counts}`, paint.dim(formatDuration(about.durationMs)), look.width),
  ].join('\n')
}

/** `14:02:11  WARNING  connections, backups`: one line for a log. */
export function renderHealthLine(report: Checked, look: Look): string {
  const bad = report.checks.filter((check) => check.state !== 'ok').map((check) => `${check.id} ${check.state}`)
  const time = formatTimeOfDay(new Date(report.checkedAt))
  const verdict = paintState(report.verdict, report.verdict.toUpperCase(), look)
  return [time, verdict, bad.join(', ')].filter(Boolean).join('  ')
}

/** The probes' answers side by side: what is up, and how fast. */
function renderVitals(checks: readonly HealthCheck[], look: Look): string[] {
  const cells = checks.filter(isVital).map((check) => {
    const figure = check.value === undefined ? '–' : formatDuration(check.value)
    return `${check.title.padEnd(10)} ${paintState(check.state, check.state, look)}${' '.repeat(Math.max(1, 9 - check.state.length))}${figure}`
  })
  if (cells.length === 0) return []
  const column = Math.max(...cells.map(visibleLength)) + 6
  const across = Math.max(1, Math.floor((look.width - 2) / column))
  const lines: string[] = []
  for (let index = 0; index < cells.length; index += across) {
    const row = cells.slice(index, index + across)
    lines.push(`  ${row.map((cell) => cell + ' '.repeat(column - visibleLength(cell))).join('')}`.trimEnd())
  }
  return [...lines, '']
}

/** A probe with a latency: API, auth, database. */
function isVital(check: HealthCheck): boolean {
  return check.unit === 'ms'
}

function renderFinding(check: HealthCheck, look: Look): string {
  const { paint, width } = look
  const state = paintState(check.state, check.state.padEnd(stateColumn - 2), look)
  const name = check.id.length < nameColumn ? check.id.padEnd(nameColumn) : `${check.id}  `
  const lines = [labelled(`  ${state}${name}`, check.summary, { column: 2 + stateColumn - 2 + name.length, width })]
  const explain = (label: string, text: string, breakable: boolean) =>
    labelled(`${' '.repeat(stateColumn)}${paint.dim(label)}`, text, {
      column: stateColumn + 5,
      width: breakable ? width : Number.POSITIVE_INFINITY,
    })
  if (check.why !== undefined) lines.push(explain('why', check.why, true))
  // Not broken: it is there to be copied.
  if (check.remediation !== undefined) lines.push(explain('do', check.remediation, false))
  return lines.join('\n')
}

const stateColumn = 11
const nameColumn = 22

const severity: Record<State, number> = { critical: 3, warning: 2, unknown: 1, ok: 0 }

function paintState(state: State, text: string, look: Look): string {
  const { green, yellow, red, magenta } = look.paint
  return { ok: green, warning: yellow, critical: red, unknown: magenta }[state](text)
}
