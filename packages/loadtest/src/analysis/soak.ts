import { phaseWindows } from '../profiles/plan.ts'
import { milliseconds } from '../verdict/figure-text.ts'
import type { AnalyseOptions, Drift, Findings, SoakAnalysis } from './analysis.ts'
import { driftOf, leastPoints, p95Values } from './drift.ts'

/** A climb that is smaller than this is nothing that a person would do something about, whatever its percent is. */
const leastP95Share = 0.05
const leastMemoryBytes = 16 * 1024 * 1024
/** Caches and heaps fill up in the first minutes of any process: a shorter look cannot tell that from a leak. */
const leastMemorySeconds = 600

/** Whether answers get slower and memory grows while the load stays the same, and by how much the tables grew. */
export function analyseSoak(options: AnalyseOptions, findings: Findings): SoakAnalysis {
  const { plan, recorder, config, server } = options
  const judged = phaseWindows(plan).filter((window) => window.judged)
  const from = (judged[0]?.startMs ?? 0) / 1000
  const to = Math.min(recorder.lastedMs, judged.at(-1)?.endMs ?? 0) / 1000
  const p95 = driftOf('ms', p95Values(recorder.timeline.points()), { from, to })
  const memory = (server?.processes ?? []).flatMap((process) => {
    // Without what is shared: Postgres' buffers fill up to their limit by design, which no line tells from a leak.
    const values = (process.ownMemory ?? process.memory).map(({ second, bytes }) => ({ second, value: bytes }))
    const drift = driftOf('bytes', values, { from, to })
    return drift ? { process: process.name, ...drift } : []
  })
  const limits = soakLimits(options)
  if (!p95) {
    findings.inconclusive.push(
      `${Math.max(0, Math.round(to - from))} s are too short to see a drift: a minute at least`,
    )
  } else {
    judgeDrift(p95, limits.p95Percent, leastP95Share * config.slo.responseTimeP95Ms, 'the p95', findings)
  }
  for (const drift of to - from >= leastMemorySeconds ? memory : []) {
    judgeDrift(drift, limits.memoryPercent, leastMemoryBytes, `the memory of ${drift.process}`, findings)
  }
  return {
    kind: 'soak',
    ...(p95 ? { p95 } : {}),
    memory,
    growth: (server?.database?.tables ?? [])
      .map(({ name, grownBytes = 0, indexGrownBytes = 0 }) => ({
        table: name,
        tableBytes: grownBytes,
        indexBytes: indexGrownBytes,
      }))
      .filter(({ tableBytes, indexBytes }) => tableBytes !== 0 || indexBytes !== 0)
      .sort((a, b) => b.tableBytes + b.indexBytes - (a.tableBytes + a.indexBytes)),
    rule:
      `A Theil-Sen line through the medians of ${p95?.secondsPerPoint ?? 5} s each (at least ${leastPoints} of them), with ` +
      "Sen's 95 % confidence interval, widened for the dependence between neighbours (Hamed and Rao). A drift fails the run " +
      'when the whole interval lies above the limit, and warns when only its middle does. Memory is judged from ' +
      `${leastMemorySeconds / 60} minutes on.`,
  }
}

/** As the profile has them, in percent from the begin to the end of the judged part. */
function soakLimits({ plan, config }: AnalyseOptions): { p95Percent: number; memoryPercent: number } {
  const profile = config.loadtest.profiles[plan.profile]
  if (profile?.kind !== 'soak') return { p95Percent: 20, memoryPercent: 20 }
  return { p95Percent: profile.maxDriftPercent, memoryPercent: profile.maxMemoryGrowthPercent }
}

function judgeDrift(drift: Drift, limitPercent: number, least: number, what: string, findings: Findings): void {
  if (drift.percent <= limitPercent || drift.to - drift.from < least) return
  const text =
    `${what} grew from ${value(drift, drift.from)} to ${value(drift, drift.to)}, by ${percent(drift.percent)} ` +
    `(${percent(drift.percentLow)} to ${percent(drift.percentHigh)} with 95 % confidence), the limit is ${limitPercent} %`
  if (drift.percentLow > limitPercent) findings.fail.push(text)
  else findings.warn.push(text)
}

function value({ unit }: Drift, figure: number): string {
  return unit === 'ms' ? milliseconds(Math.max(0, figure)) : `${Math.round(figure / 1024 / 1024)} MiB`
}

function percent(figure: number): string {
  return `${Number(figure.toPrecision(3))} %`
}
