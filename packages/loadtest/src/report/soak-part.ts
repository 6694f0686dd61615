import { type Html, html } from '@journeys/core/ops'
import type { Drift, SoakAnalysis } from '../analysis/analysis.ts'
import type { LoadTestResult, PhaseResult, TimelinePoint } from '../result.ts'
import { milliseconds } from '../verdict/figure-text.ts'
import { type Dot, type Look, timeChart } from './chart.ts'
import { axisTime, bytes, signedBytes, signedPercent } from './number-text.ts'
import { phaseStrip } from './phase-bands.ts'
import { type Cell, quiet, section, table } from './table.ts'
import { p95Limit } from './time-part.ts'

/** Whether anything creeps: latency, memory, tables. */
export function soakPart(analysis: SoakAnalysis, result: LoadTestResult): Html {
  const { p95, memory, growth, rule } = analysis
  const drifts: Cell[][] = [
    ...(p95 ? [driftRow('p95', p95, milliseconds)] : []),
    ...memory.map((drift) => driftRow(`memory of ${drift.process}`, drift, bytes)),
  ]
  return section(
    'analysis',
    'Drift',
    html`<p class="lead">${leadText(analysis)}</p>`,
    html`<div class="stripe">${phaseStrip(result)}</div>`,
    p95 && latencyChart(p95, result),
    memoryChart(analysis, result),
    drifts.length > 0 &&
      table('Lines through the judged part', ['what', 'begin', 'end', 'per hour', 'change', 'certain within'], drifts),
    growth.length > 0 &&
      table(
        'Growth of tables',
        ['table', 'rows and TOAST', 'indexes'],
        growth.map(({ table: name, tableBytes, indexBytes }) => [
          name,
          signedBytes(tableBytes),
          signedBytes(indexBytes),
        ]),
      ),
    html`<p class="aside">${rule}</p>`,
  )
}

function leadText({ p95, memory }: SoakAnalysis): string {
  if (!p95) return 'The run was too short for a line through its p95.'
  const growing = memory.filter(({ certain, perHour }) => certain && perHour > 0).map(({ process }) => process)
  const grows = growing.length === 0 ? 'No process’ memory grew for certain.' : `Memory grew: ${growing.join(', ')}.`
  return `${p95.certain ? `p95 went from ${milliseconds(p95.from)} to ${milliseconds(p95.to)}.` : 'p95 did not drift beyond its noise.'} ${grows}`
}

function driftRow(name: string, drift: Drift, format: (value: number) => string): Cell[] {
  const { from, to, perHour, percent, percentLow, percentHigh, certain } = drift
  return [
    name,
    format(from),
    format(to),
    perHour < 0 ? `−${format(-perHour)}` : `+${format(perHour)}`,
    certain ? html`<b>${signedPercent(percent)}</b>` : quiet(signedPercent(percent)),
    `${signedPercent(percentLow)} to ${signedPercent(percentHigh)}`,
  ]
}

function latencyChart(drift: Drift, result: LoadTestResult): Html {
  return timeChart(result, {
    id: 'drift',
    title: `p95, the median of every ${drift.secondsPerPoint} seconds`,
    description: `The line goes from ${milliseconds(drift.from)} to ${milliseconds(drift.to)}.`,
    series: [
      { name: 'p95', look: 'a', dots: medians(result.timeline, drift.secondsPerPoint) },
      { name: 'line', look: 'trend', dots: trend(drift, result.phases) },
    ],
    format: axisTime,
    limit: p95Limit(result),
  })
}

/** What the line was laid through. */
function medians(timeline: readonly TimelinePoint[], width: number): Dot[] {
  const dots: Dot[] = []
  for (let from = 0; from < timeline.length; from += width) {
    const group = timeline.slice(from, from + width)
    const values = group.flatMap(({ p95 }) => p95 ?? []).sort((a, b) => a - b)
    dots.push({ second: from + group.length / 2, value: values[Math.floor(values.length / 2)] })
  }
  return dots
}

const looks: readonly Look[] = ['a', 'b', 'c', 'd']

function memoryChart({ memory }: SoakAnalysis, result: LoadTestResult): Html | false {
  const processes = (result.server?.processes ?? [])
    .filter(({ memory: points }) => points.length > 1)
    .slice(0, looks.length)
  if (processes.length === 0) return false
  const lines = memory.filter(({ process }) => processes.some(({ name }) => name === process))
  return timeChart(result, {
    id: 'memory',
    title: 'Memory',
    description: lines.map(({ process, from, to }) => `${process} from ${bytes(from)} to ${bytes(to)}`).join(', '),
    series: [
      ...processes.map(({ name, memory: points }, index) => ({
        name,
        look: looks[index] ?? 'a',
        dots: points.map(({ second, bytes: value }) => ({ second, value })),
      })),
      ...lines.map((drift, index) => ({
        name: index === 0 ? 'lines' : '',
        look: 'trend' as const,
        dots: trend(drift, result.phases),
      })),
    ],
    format: (value) => (value === 0 ? '0' : bytes(value)),
  })
}

function trend({ from, to }: Drift, phases: readonly PhaseResult[]): { second: number; value: number }[] {
  const judged = phases.filter(({ judged: isJudged }) => isJudged)
  const begin = judged[0]
  const end = judged.at(-1)
  if (!begin || !end) return []
  return [
    { second: begin.startMs / 1000, value: from },
    { second: end.endMs / 1000, value: to },
  ]
}
