import { type Change, changeBetween, combined } from './change.ts'
import type { ChangeVerdict, RequestChange } from './comparison.ts'
import { holm } from './holm.ts'
import type { MeasuredRun } from './measured-run.ts'
import { type RunQuantile, runQuantile } from './run-quantile.ts'
import type { BaselineSettings } from './settings.ts'
import { blockedSamples, timeBlocks } from './time-blocks.ts'

/** Tested: half of the answers, and the slow end that people notice. p99 of 2,000 drawn answers is 20 of them: noise. */
const percentiles = [50, 95] as const
type Percentile = (typeof percentiles)[number]

export const allRequests = 'all requests'

/** The mean change over all requests gets this share of the false alarms: it is what a slower server moves first. */
const shareOfAll = 0.6
const fewestBlocks = 5
/** Times the false alarms that may happen: so often may runs of the same thing be called suspect. */
const suspicion = 3

interface Row {
  readonly request: string
  readonly percentile: Percentile
  readonly before: readonly RunQuantile[]
  readonly after: readonly RunQuantile[]
}

/** The quantiles of one run by request name. */
type RunQuantiles = ReadonlyMap<string, { readonly of: number; readonly quantiles: Record<Percentile, RunQuantile> }>

/** Tests every percentile of every request that both sides have enough answers of. `all requests` comes first. */
export function requestChanges(
  before: readonly MeasuredRun[],
  after: readonly MeasuredRun[],
  settings: BaselineSettings,
): RequestChange[] {
  const phases = sharedPhases([...before, ...after])
  const beforeRuns = before.map((run) => quantilesOf(run, phases, settings.minSamples))
  const afterRuns = after.map((run) => quantilesOf(run, phases, settings.minSamples))
  const all = [...beforeRuns, ...afterRuns]
  const names = requestNames([...after, ...before])
  const tested = names.filter((name) => all.every((run) => run.has(name)))
  const rows: Row[] = tested.flatMap((request) =>
    percentiles.map((percentile) => ({
      request,
      percentile,
      before: beforeRuns.map((run) => quantile(run, request, percentile)),
      after: afterRuns.map((run) => quantile(run, request, percentile)),
    })),
  )
  const together = tested.length > 1 ? rowsOfAll(tested, beforeRuns, afterRuns) : []
  const judged = judge(together, rows, settings)
  const untested = names.filter((name) => !tested.includes(name))
  return [...judged, ...untested.flatMap((name) => untestedRows(name, before, after, settings))]
}

function judge(together: readonly Row[], rows: readonly Row[], settings: BaselineSettings): RequestChange[] {
  const all = [...together, ...rows]
  const options = { runNoise: settings.runNoisePercent / 100, confidence: settings.confidence }
  const changes = all.map((row) => changeBetween(row.before, row.after, options))
  const weightOf = (index: number) => {
    if (together.length === 0) return 1
    return index < together.length ? shareOfAll / together.length : (1 - shareOfAll) / rows.length
  }
  const correct = (pick: (change: Change) => number) =>
    holm(changes.map((change, index) => ({ p: pick(change), weight: weightOf(index) })))
  const slower = correct(({ slowerP }) => slowerP)
  const faster = correct(({ fasterP }) => fasterP)
  return all.map((row, index) => {
    const change = changes[index] as Change
    const beforeMs = Math.exp(change.before)
    const afterMs = Math.exp(change.after)
    const changePercent = 100 * Math.expm1(change.delta)
    const changeMs = afterMs - beforeMs
    const p = slower[index] ?? 1
    return {
      request: row.request,
      percentile: row.percentile,
      beforeMs: rounded(beforeMs),
      afterMs: rounded(afterMs),
      beforeSamples: count(row.before),
      afterSamples: count(row.after),
      changePercent: rounded(changePercent),
      changeMs: rounded(changeMs),
      interval: {
        lowPercent: rounded(100 * Math.expm1(change.low)),
        highPercent: rounded(100 * Math.expm1(change.high)),
      },
      p: Number(p.toPrecision(3)),
      verdict: verdictOf({ change, changePercent, changeMs, p, fasterP: faster[index] ?? 1 }, settings),
    }
  })
}

function verdictOf(
  found: { change: Change; changePercent: number; changeMs: number; p: number; fasterP: number },
  { maxSlowdownPercent, floorMs, confidence }: BaselineSettings,
): ChangeVerdict {
  const chance = 1 - confidence
  const overFloor = found.changeMs >= floorMs && found.changeMs > 0
  const overLimit = overFloor && found.changePercent > maxSlowdownPercent
  if (overLimit && found.p < chance) return 'slower'
  if (overLimit && found.p < suspicion * chance) return 'suspect'
  if (overFloor && found.p < chance) return 'creeping'
  if (found.fasterP < chance && -found.changeMs >= floorMs) return 'faster'
  const width = found.change.delta - found.change.low
  return width > Math.log1p((2 * maxSlowdownPercent) / 100) ? 'blind' : 'same'
}

function rowsOfAll(tested: readonly string[], before: readonly RunQuantiles[], after: readonly RunQuantiles[]): Row[] {
  const answers = tested.map((name) => [...before, ...after].reduce((sum, run) => sum + (run.get(name)?.of ?? 0), 0))
  const total = answers.reduce((sum, one) => sum + one, 0)
  const weights = answers.map((one) => one / total)
  return percentiles.map((percentile) => {
    const ofRun = (run: RunQuantiles) =>
      combined(
        tested.map((name) => quantile(run, name, percentile)),
        weights,
      )
    return { request: allRequests, percentile, before: before.map(ofRun), after: after.map(ofRun) }
  })
}

function quantilesOf(run: MeasuredRun, phases: ReadonlySet<string>, minSamples: number): RunQuantiles {
  const blocks = timeBlocks(run, phases)
  const found = new Map<string, { of: number; quantiles: Record<Percentile, RunQuantile> }>()
  if (blocks.length < fewestBlocks) return found
  for (const { name, samples } of run.requests) {
    if (!samples) continue
    const blocked = blockedSamples(blocks, samples)
    if (blocked.ms.length < minSamples) continue
    const at = (share: number) => runQuantile(share, blocked, blocks)
    found.set(name, { of: samples.of, quantiles: { 50: at(0.5), 95: at(0.95) } })
  }
  return found
}

/** Phases that every run came to: a stress run that broke earlier has fewer steps. */
function sharedPhases(runs: readonly MeasuredRun[]): Set<string> {
  const judged = runs.map(
    ({ phases }) =>
      new Set(phases.filter((phase) => phase.judged && phase.endMs > phase.startMs).map(({ name }) => name)),
  )
  return new Set([...(judged[0] ?? [])].filter((name) => judged.every((one) => one.has(name))))
}

function untestedRows(
  name: string,
  before: readonly MeasuredRun[],
  after: readonly MeasuredRun[],
  { minSamples }: BaselineSettings,
): RequestChange[] {
  const beforeSamples = answersOf(before, name)
  const afterSamples = answersOf(after, name)
  const note =
    beforeSamples === 0
      ? 'the baseline has no such request'
      : afterSamples === 0
        ? 'no longer made'
        : `not judged: fewer than ${minSamples} answers in a run, or too few seconds`
  return percentiles.map((percentile) => {
    const beforeMs = meanFigure(before, name, percentile)
    const afterMs = meanFigure(after, name, percentile)
    return {
      request: name,
      percentile,
      ...(beforeMs !== undefined && { beforeMs }),
      ...(afterMs !== undefined && { afterMs }),
      beforeSamples,
      afterSamples,
      ...(beforeMs && afterMs
        ? { changePercent: rounded(100 * (afterMs / beforeMs - 1)), changeMs: rounded(afterMs - beforeMs) }
        : {}),
      verdict: 'untested',
      note,
    }
  })
}

function answersOf(runs: readonly MeasuredRun[], name: string): number {
  return runs.reduce((sum, run) => sum + (run.requests.find((one) => one.name === name)?.requests ?? 0), 0)
}

/** Geometric mean over the runs that have it. */
function meanFigure(runs: readonly MeasuredRun[], name: string, percentile: Percentile): number | undefined {
  const logs = runs.flatMap(({ requests }) => {
    const value = requests.find((one) => one.name === name)?.[`p${percentile}`]
    return value ? [Math.log(value)] : []
  })
  return logs.length === 0 ? undefined : rounded(Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length))
}

function requestNames(runs: readonly MeasuredRun[]): string[] {
  return [...new Set(runs.flatMap(({ requests }) => requests.map(({ name }) => name)))]
}

function quantile(run: RunQuantiles, name: string, percentile: Percentile): RunQuantile {
  return (run.get(name) as { quantiles: Record<Percentile, RunQuantile> }).quantiles[percentile]
}

function count(runs: readonly RunQuantile[]): number {
  return runs.reduce((sum, { samples }) => sum + samples, 0)
}

function rounded(value: number): number {
  return Number(value.toFixed(2))
}
