import type { LoadTestResult, Verdict } from '../result.ts'
import type { Share } from '../segment.ts'

/** Generators that were not at it together did not make the load that was planned. */
const leastTogether = 0.9

export interface MergedVerdict {
  readonly verdict: Verdict
  readonly reasons: readonly string[]
}

/**
 * What the joined figures say. A generator's own `fail` decides nothing: it judged its share. Its `invalid` does: what it
 * measured says nothing about the server, and it is in the joined figures.
 */
export function judgeMerged(
  merged: LoadTestResult,
  results: readonly LoadTestResult[],
  missing: readonly Share[],
): MergedVerdict {
  const invalid = [
    ...missing.map(
      ({ from, to }) => `nobody made the load from ${percent(from)} to ${percent(to)}: a result is missing`,
    ),
    ...notTogether(results),
    ...results
      .filter(({ verdict }) => verdict === 'invalid')
      .flatMap(({ id, reasons }) => `the result of ${id} is invalid: ${reasons[0] ?? 'it does not say why'}`),
  ]
  if (invalid.length > 0) return { verdict: 'invalid', reasons: invalid }
  const judged = (level: 'limit' | 'warning', ok: boolean | null) =>
    merged.thresholds.filter((threshold) => threshold.level === level && threshold.ok === ok)
  const broken = judged('limit', false)
  if (broken.length > 0) return { verdict: 'fail', reasons: broken.map(inWords) }
  if (merged.total.requests === 0) {
    return { verdict: 'inconclusive', reasons: ['no generator made a request in the judged part'] }
  }
  const untold = judged('limit', null).filter((threshold) => threshold.note?.startsWith("the generators'"))
  if (untold.length > 0) {
    return {
      verdict: 'inconclusive',
      reasons: untold.map(({ key, expression, note }) => `${key} ${expression}: ${note}`),
    }
  }
  const warned = judged('warning', false)
  if (warned.length > 0) return { verdict: 'warn', reasons: warned.map(inWords) }
  return {
    verdict: 'pass',
    reasons: [`every threshold holds on the judged part of all ${results.length} generators together`],
  }
}

function inWords({ scenario, phase, title, value }: LoadTestResult['thresholds'][number]): string {
  const scope = [scenario ?? 'all scenarios', ...(phase ? [`in phase ${phase}`] : [])].join(' ')
  return `${scope}: ${title} does not hold, it was ${value === undefined ? 'not measured' : Number(value.toPrecision(4))}`
}

/** By the clocks of the generators' machines, which are taken to be right. */
function notTogether(results: readonly LoadTestResult[]): string[] {
  const windows = results.flatMap(({ startedAt, phases }) => {
    const judged = phases.filter((phase) => phase.judged)
    if (judged.length === 0) return []
    const began = Date.parse(startedAt)
    return { from: began + (judged[0]?.startMs ?? 0), to: began + (judged.at(-1)?.endMs ?? 0) }
  })
  const longest = Math.max(...windows.map(({ from, to }) => to - from))
  const together = Math.min(...windows.map(({ to }) => to)) - Math.max(...windows.map(({ from }) => from))
  if (windows.length === 0 || together >= longest * leastTogether) return []
  return [
    `the generators were not at it together: of ${seconds(longest)} s that are judged, only ${seconds(Math.max(0, together))} s were of all of them`,
  ]
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`
}
