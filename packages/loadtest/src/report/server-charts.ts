import { type Html, html } from '@journeys/core/ops'
import { clockTime } from '../profiles/duration.ts'
import type { LoadTestResult } from '../result.ts'
import type { ServerSide } from '../server/server-side.ts'
import type { ProcessUsage } from '../usage/process-usage.ts'
import { type Look, type Series, timeChart } from './chart.ts'
import { axisNumber, count } from './number-text.ts'
import { phaseStrip } from './phase-bands.ts'
import { asTable, table } from './table.ts'
import { momentsOf } from './time-part.ts'

const looks: readonly Look[] = ['a', 'b', 'c', 'd']

/** Connections and processors on the same axis as the load's charts. */
export function serverCharts(result: LoadTestResult): Html[] {
  const { server } = result
  if (!server) return []
  const charts = [connectionChart(result, server), processorChart(result, server)].filter(
    (chart) => chart !== undefined,
  )
  return charts.length === 0
    ? []
    : [html`<div class="stripe">${phaseStrip(result)}</div>`, ...charts, asTable(chartTable(server))]
}

function connectionChart(result: LoadTestResult, { database }: ServerSide): Html | undefined {
  const points = database?.timeline ?? []
  if (!database || points.length < 2) return undefined
  const locks = points.some(({ waitingForLocks }) => waitingForLocks > 0)
  const series = (name: string, look: Look, value: (point: (typeof points)[number]) => number): Series => ({
    name,
    look,
    dots: points.map((point) => ({ second: point.second, value: value(point) })),
  })
  const { peak, busyPeak, limit } = database.connections
  return timeChart(result, {
    id: 'connections',
    title: 'Database connections',
    description: `${count(peak)} open at most, ${count(busyPeak)} of them busy; ${count(limit)} are possible.`,
    series: [
      series('busy', 'a', ({ busy }) => busy),
      series('open', 'c', ({ connections }) => connections),
      ...(locks ? [series('waiting for a lock', 'bad', ({ waitingForLocks }) => waitingForLocks)] : []),
    ],
    format: axisNumber,
    filled: true,
    low: true,
    limit: { value: limit, label: `${count(limit)} possible` },
    marks: momentsOf(result),
  })
}

function processorChart(result: LoadTestResult, { processes }: ServerSide): Html | undefined {
  const shown = processes.filter(({ cpu }) => cpu.length > 1).slice(0, looks.length)
  if (shown.length === 0) return undefined
  return timeChart(result, {
    id: 'processors',
    title: 'Processor cores used',
    description: shown.map(({ name, cpuCores }) => `${name} ${(cpuCores?.mean ?? 0).toFixed(2)} on average`).join(', '),
    series: shown.map(({ name, cpu }, index) => ({
      name,
      look: looks[index] ?? 'a',
      dots: cpu.map(({ second, cores }) => ({ second, value: cores })),
    })),
    format: axisNumber,
    low: true,
  })
}

/** A table of more rows is no longer read. */
const mostRows = 60

function chartTable({ database, processes }: ServerSide): Html {
  const points = database?.timeline ?? []
  const seconds =
    points.length > 0 ? points.map(({ second }) => second) : (processes[0]?.cpu ?? []).map(({ second }) => second)
  const every = Math.max(1, Math.ceil(seconds.length / mostRows))
  return table(
    every === 1 ? 'The server over time' : `The server over time, one of every ${every} points`,
    [
      'time',
      ...(points.length > 0 ? ['open', 'busy', 'waiting for a lock', 'commits/s'] : []),
      ...processes.map(({ name }) => `${name}, cores`),
    ],
    seconds.flatMap((second, index) => {
      if (index % every > 0) return []
      const point = points[index]
      const database = point
        ? [point.connections, point.busy, point.waitingForLocks, point.commitsPerSecond].map(axisNumber)
        : []
      return [[clockTime(second * 1000), ...database, ...processes.map((process) => coresAt(process, second))]]
    }),
  )
}

function coresAt({ cpu }: ProcessUsage, second: number): string {
  return cpu.findLast((point) => point.second <= second)?.cores.toFixed(2) ?? '–'
}
