import { LatencyHistogram } from '../recorder/latency-histogram.ts'
import type { LoadTestResult, RunData, RunFile, TimelinePoint } from '../result.ts'
import { exitCodeOf } from '../verdict/judge.ts'
import { addHistograms, mergeChecks, mergeFigures } from './merge-figures.ts'
import { mergeSamples } from './merge-samples.ts'
import { mergeThresholds } from './merge-thresholds.ts'
import { missingShares, refusal } from './segment.ts'
import { judgeMerged } from './verdict-of-merged.ts'

/**
 * Joins what several generators measured, each with its own share of one load (`--segment`), into the result of that load.
 * Histograms and counts are added; percentiles that would need samples which no file keeps (of a second, of a phase that is not
 * judged, of the whole run) are left out, for they cannot be had from percentiles.
 *
 * @throws JourneysError `not_mergeable` (exit 2) when they are not shares of the same load
 */
export function mergeRuns(files: readonly RunFile[]): RunFile {
  if (files.length < 2) throw refusal('there is only one', 'name the run files of all generators')
  const results = files.map(({ result }) => result)
  sameLoad(results)
  const missing = missingShares(results)
  const ordered = [...files].sort((a, b) => a.result.startedAt.localeCompare(b.result.startedAt))
  const data = mergeData(ordered)
  const merged = mergeResults(ordered, data)
  const result = { ...merged, ...judgeMerged(merged, results, missing) }
  return { schema: 'journeys/loadtest-run/1', result: { ...result, exitCode: exitCodeOf(result) }, data }
}

/** The generators may be different machines; everything else has to be the same. */
function sameLoad(results: readonly LoadTestResult[]): void {
  const [first, ...others] = results as [LoadTestResult, ...LoadTestResult[]]
  for (const other of others) {
    for (const part of ['environment', 'profile', 'plan', 'scenarios', 'engine'] as const) {
      const [before, after] = [first.fingerprint[part], other.fingerprint[part]]
      if (before === after) continue
      throw refusal(
        `${first.id} and ${other.id} differ in the ${part}: ${before} and ${after}`,
        'run all generators with the same configuration, scenarios and version',
      )
    }
  }
}

function mergeData(files: readonly RunFile[]): RunData {
  const histograms = files.map(({ data }) => data.histograms)
  const phases = unionOf(histograms.map((one) => one.phases ?? {}))
  return {
    histograms: {
      total: encode(histograms.map(({ total }) => total)),
      scenarios: byName(histograms.map(({ scenarios }) => scenarios)),
      requests: byName(histograms.map(({ requests }) => requests)),
      ...(phases.length === 0
        ? {}
        : {
            phases: Object.fromEntries(
              phases.map((phase) => {
                const own = histograms.flatMap((one) => one.phases?.[phase] ?? [])
                const scenarios = byName(own.map((one) => one.scenarios))
                return [phase, { total: encode(own.map(({ total }) => total)), scenarios }]
              }),
            ),
          }),
    },
    samples: Object.fromEntries(
      unionOf(files.map(({ data }) => data.samples)).map((name) => [
        name,
        mergeSamples(files.flatMap(({ data }) => data.samples[name] ?? [])),
      ]),
    ),
  }
}

function mergeResults(files: readonly RunFile[], { histograms }: RunData): LoadTestResult {
  const results = files.map(({ result }) => result)
  const [first] = results as [LoadTestResult]
  const iterations = sum(results, ({ total }) => total.iterations)
  const of = <T>(pick: (result: LoadTestResult) => readonly T[], same: (one: T) => boolean) =>
    results.flatMap((result) => pick(result).find(same) ?? [])
  const {
    analysis: _analysis,
    baseline: _baseline,
    segment: _segment,
    reportFile: _reportFile,
    runFile: _runFile,
    ...kept
  } = first
  const server = results.find((result) => result.server)?.server
  return {
    ...kept,
    id: `${first.id}-merged`,
    durationMs: Math.max(...results.map(({ durationMs }) => durationMs)),
    interrupted: results.some(({ interrupted }) => interrupted),
    warnings: [
      ...new Set(results.flatMap(({ warnings }) => warnings)),
      ...(first.analysis
        ? ['what the profile was run for is in the results of the generators, not in the joined one']
        : []),
    ],
    judgedSeconds: Math.min(...results.map(({ judgedSeconds }) => judgedSeconds)),
    phases: first.phases.map((phase) => {
      const own = of(
        ({ phases }) => phases,
        ({ name }) => name === phase.name,
      )
      const kept = histograms.phases?.[phase.name]
      return {
        ...phase,
        startMs: Math.min(...own.map(({ startMs }) => startMs)),
        endMs: Math.max(...own.map(({ endMs }) => endMs)),
        iterations: sum(own, (one) => one.iterations),
        dropped: sum(own, (one) => one.dropped),
        total: mergeFigures(
          own.map(({ total }) => total),
          decode(kept?.total),
        ),
        scenarios: phase.scenarios.map(({ name }) => ({
          name,
          ...mergeFigures(
            own.flatMap(({ scenarios }) => scenarios.find((one) => one.name === name) ?? []),
            decode(kept?.scenarios[name]),
          ),
        })),
      }
    }),
    scenarios: first.scenarios.map(({ name, weight, planned }) => {
      const own = of(
        ({ scenarios }) => scenarios,
        (one) => one.name === name,
      )
      const played = sum(own, (one) => one.iterations)
      return {
        name,
        weight,
        planned,
        achieved: iterations === 0 ? 0 : played / iterations,
        iterations: played,
        checks: mergeChecks(own.map(({ checks }) => checks)),
        whole: mergeFigures(own.map(({ whole }) => whole)),
        ...mergeFigures(own, decode(histograms.scenarios[name])),
      }
    }),
    requests: names(results.flatMap(({ requests }) => requests)).map((name) => {
      const own = of(
        ({ requests }) => requests,
        (one) => one.name === name,
      )
      return {
        name,
        whole: mergeFigures(own.map(({ whole }) => whole)),
        ...mergeFigures(own, decode(histograms.requests[name])),
      }
    }),
    total: {
      iterations,
      dropped: sum(results, ({ total }) => total.dropped),
      checks: mergeChecks(results.map(({ total }) => total.checks)),
      whole: mergeFigures(results.map(({ total }) => total.whole)),
      ...mergeFigures(
        results.map(({ total }) => total),
        decode(histograms.total),
      ),
    },
    thresholds: mergeThresholds(files),
    failures: mergeFailures(results),
    failedChecks: mergeFailedChecks(results),
    timeline: mergeTimeline(results),
    distribution: mergeDistribution(results),
    generator: hardestWorked(results),
    ...(server ? { server } : {}),
    testUsers: {
      made: sum(results, ({ testUsers }) => testUsers.made),
      ms: Math.max(...results.map(({ testUsers }) => testUsers.ms)),
      how: first.testUsers.how,
      removed: results.every(({ testUsers }) => testUsers.removed),
      leftovers: sum(results, ({ testUsers }) => testUsers.leftovers),
    },
    command: `journeys loadtest merge ${results.map(({ id, profile }) => `${id}-${profile}.json`).join(' ')}`,
  }
}

function mergeFailures(results: readonly LoadTestResult[]): LoadTestResult['failures'] {
  const merged = new Map<string, LoadTestResult['failures'][number]>()
  for (const failure of results.flatMap(({ failures }) => failures)) {
    const key = JSON.stringify([failure.kind, failure.name, failure.status, failure.error])
    const known = merged.get(key)
    const firstMs = Math.min(known?.firstMs ?? failure.firstMs, failure.firstMs)
    merged.set(key, { ...failure, ...known, count: (known?.count ?? 0) + failure.count, firstMs })
  }
  return [...merged.values()].sort((a, b) => b.count - a.count)
}

function mergeFailedChecks(results: readonly LoadTestResult[]): LoadTestResult['failedChecks'] {
  const merged = new Map<string, LoadTestResult['failedChecks'][number]>()
  for (const check of results.flatMap(({ failedChecks }) => failedChecks)) {
    const key = JSON.stringify([check.scenario, check.name])
    merged.set(key, { ...check, count: (merged.get(key)?.count ?? 0) + check.count })
  }
  return [...merged.values()]
}

/** Second by second of the first generator's clock. Percentiles of a second are in no file as a histogram. */
function mergeTimeline(results: readonly LoadTestResult[]): TimelinePoint[] {
  const began = Date.parse(results[0]?.startedAt ?? '')
  const seconds = new Map<number, TimelinePoint>()
  for (const { startedAt, timeline } of results) {
    const later = Math.round((Date.parse(startedAt) - began) / 1000)
    for (const { second, phase, users, requests, errors, dropped } of timeline) {
      const known = seconds.get(second + later)
      seconds.set(second + later, {
        second: second + later,
        phase: known?.phase ?? phase,
        users: users + (known?.users ?? 0),
        requests: requests + (known?.requests ?? 0),
        errors: errors + (known?.errors ?? 0),
        dropped: dropped + (known?.dropped ?? 0),
      })
    }
  }
  return [...seconds.values()].sort((a, b) => a.second - b.second)
}

function mergeDistribution(results: readonly LoadTestResult[]): LoadTestResult['distribution'] {
  const buckets = new Map<number, LoadTestResult['distribution'][number]>()
  for (const bucket of results.flatMap(({ distribution }) => distribution)) {
    // Powers of ten come out a little differently from one machine's mathematics to another's.
    const key = Math.round(Math.log10(bucket.fromMs) * 1000)
    buckets.set(key, { ...bucket, requests: bucket.requests + (buckets.get(key)?.requests ?? 0) })
  }
  return [...buckets.entries()].sort(([a], [b]) => a - b).map(([, bucket]) => bucket)
}

/** One that is saturated spoils the figures of all: it is the one to show. */
function hardestWorked(results: readonly LoadTestResult[]): LoadTestResult['generator'] {
  const work = ({ generator }: LoadTestResult) =>
    (generator.saturated ? 1_000 : 0) + (generator.cpuCores?.peak ?? 0) / generator.cores
  const [hardest] = [...results].sort((a, b) => work(b) - work(a)) as [LoadTestResult]
  const { saturated, ...generator } = hardest.generator
  return { ...generator, ...(saturated ? { saturated: `the generator of ${hardest.id}: ${saturated}` } : {}) }
}

function byName(all: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  return Object.fromEntries(unionOf(all).map((name) => [name, encode(all.flatMap((one) => one[name] ?? []))]))
}

function encode(histograms: readonly string[]): string {
  return (addHistograms(histograms) ?? new LatencyHistogram()).encode()
}

function decode(text: string | undefined): LatencyHistogram | undefined {
  return text === undefined ? undefined : LatencyHistogram.decode(text)
}

function unionOf(all: readonly object[]): string[] {
  return [...new Set(all.flatMap((one) => Object.keys(one)))].sort()
}

function names(all: readonly { readonly name: string }[]): string[] {
  return [...new Set(all.map(({ name }) => name))].sort()
}

function sum<T>(all: readonly T[], pick: (one: T) => number): number {
  return all.reduce((total, one) => total + pick(one), 0)
}
