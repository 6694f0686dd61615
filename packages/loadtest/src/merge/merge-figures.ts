import { LatencyHistogram } from '../recorder/latency-histogram.ts'
import type { CheckFigures, RequestFigures } from '../result.ts'

/**
 * The figures of several generators that worked at the same time: counts and rates are added, percentiles come from the added
 * histograms or are left out. An average of percentiles is no percentile of anything.
 * @param histogram of all of them; absent where no generator kept one
 */
export function mergeFigures(all: readonly RequestFigures[], histogram?: LatencyHistogram): RequestFigures {
  const sum = (pick: (figures: RequestFigures) => number) => all.reduce((total, figures) => total + pick(figures), 0)
  const known = (pick: (figures: RequestFigures) => number | undefined) => all.flatMap((figures) => pick(figures) ?? [])
  const [shortest, longest] = [known(({ min }) => min), known(({ max }) => max)]
  const average = histogram?.figures?.avg
  return {
    requests: sum(({ requests }) => requests),
    rate: sum(({ rate }) => rate),
    errors: sum(({ errors }) => errors),
    limited: sum(({ limited }) => limited),
    serverErrors: sum(({ serverErrors }) => serverErrors),
    clientErrors: sum(({ clientErrors }) => clientErrors),
    networkErrors: sum(({ networkErrors }) => networkErrors),
    ...(average === undefined ? {} : { avg: average }),
    ...(shortest.length > 0 ? { min: Math.min(...shortest) } : {}),
    ...(longest.length > 0 ? { max: Math.max(...longest) } : {}),
    ...(histogram ? percentiles(histogram) : {}),
  }
}

function percentiles(histogram: LatencyHistogram): Pick<RequestFigures, 'p50' | 'p90' | 'p95' | 'p99'> {
  if (histogram.count === 0) return {}
  const at = (percentile: number) => histogram.percentile(percentile) as number
  return { p50: at(50), p90: at(90), p95: at(95), p99: at(99) }
}

/** @param encoded of the generators that have one; @returns undefined when none has */
export function addHistograms(encoded: readonly (string | undefined)[]): LatencyHistogram | undefined {
  const present = encoded.filter((text) => text !== undefined)
  if (present.length === 0) return undefined
  const total = new LatencyHistogram()
  for (const text of present) total.add(LatencyHistogram.decode(text))
  return total
}

export function mergeChecks(all: readonly CheckFigures[]): CheckFigures {
  return {
    passed: all.reduce((sum, { passed }) => sum + passed, 0),
    failed: all.reduce((sum, { failed }) => sum + failed, 0),
  }
}
