import { formatThreshold, type ThresholdRule } from '@journeys/core/ops'
import { type LoadPlan, phaseWindows } from '../profiles/plan.ts'

/** As k6's configuration has them: expressions by metric and tags. */
export type K6Thresholds = Readonly<
  Record<string, readonly { threshold: string; abortOnFail?: boolean; delayAbortEval?: string }[]>
>

/**
 * The run's thresholds for a k6 that judges by itself: on the judged phases, as we do.
 * k6 takes a counter's `rate` over the whole run, whatever phase it is of, so that such a one becomes a count over the phase.
 * @param generators k6 judges in each of them, on its own share: counts are divided, latencies hold for every share
 * @returns none for a stress plan, which is made to cross them
 */
export function k6Thresholds(plan: LoadPlan, rules: readonly ThresholdRule[], generators = 1): K6Thresholds {
  const thresholds: Record<string, { threshold: string; abortOnFail?: boolean; delayAbortEval?: string }[]> = {}
  if (plan.kind === 'stress') return thresholds
  for (const { metric, tags, threshold, abortOnFail, delayAbortEvalMs } of rules) {
    // k6 does not say in which phase an iteration was dropped.
    const phases = metric === 'dropped_iterations' ? [undefined] : phasesOf(plan, tags.phase)
    for (const phase of phases) {
      const { phase: _, ...others } = tags
      const all = Object.entries({ ...(phase ? { phase: phase.name } : {}), ...others })
      const key = all.length === 0 ? metric : `${metric}{${all.map(([name, value]) => `${name}:${value}`).join(',')}}`
      const counter = metric === 'http_reqs' || metric === 'iterations' || metric === 'dropped_iterations'
      const seconds = phase?.seconds ?? plan.stages.reduce((sum, { durationMs }) => sum + durationMs / 1000, 0)
      const perSecond = threshold.aggregation === 'rate'
      const limit = counter
        ? Number(((threshold.limit * (perSecond ? seconds : 1)) / generators).toPrecision(12))
        : threshold.limit
      const judged = counter ? ({ ...threshold, aggregation: 'count', limit } as const) : threshold
      thresholds[key] ??= []
      thresholds[key].push({
        threshold: formatThreshold(judged),
        ...(abortOnFail ? { abortOnFail, delayAbortEval: `${delayAbortEvalMs}ms` } : {}),
      })
    }
  }
  return thresholds
}

function phasesOf(plan: LoadPlan, asked: string | undefined): { name: string; seconds: number }[] {
  return phaseWindows(plan)
    .filter(({ phase, judged }) => (asked === undefined ? judged : phase === asked))
    .map(({ phase, startMs, endMs }) => ({ name: phase, seconds: (endMs - startMs) / 1000 }))
}
