import { milliseconds } from '../verdict/figure-text.ts'
import type { AnalyseOptions, Findings, SpikeAnalysis } from './analysis.ts'
import { phaseFigures, phaseWindow, serviceLevel } from './service-level.ts'
import { secondsUntilSettled, settlingRule, usualPerSecond, windowSeconds } from './settling.ts'

/** How each phase did, and how long after the surge the service level was back. */
export function analyseSpike(options: AnalyseOptions, findings: Findings): SpikeAnalysis {
  const { plan, recorder, config } = options
  const slo = serviceLevel(config)
  const points = recorder.timeline.points()
  const after = phaseWindow(plan, 'after')
  const to = after ? Math.min(after.endMs, recorder.lastedMs) / 1000 : 0
  const from = (after?.startMs ?? 0) / 1000
  const secondsToSlo =
    after && to > from
      ? secondsUntilSettled(points, { from, to, slo, usualPerSecond: usualPerSecond(points, 'before') })
      : undefined
  if (to - from < windowSeconds) {
    findings.inconclusive.push(
      `${seconds(to - from)} after the surge are too few to tell whether the service level is back`,
    )
  } else if (secondsToSlo === undefined) {
    findings.fail.push(
      `the p95 was not back under ${milliseconds(slo.p95Ms)} for good in the ${seconds(to - from)} after the surge`,
    )
  }
  return {
    kind: 'spike',
    slo,
    phases: ['before', 'during', 'after'].flatMap((phase) => phaseFigures(options, phase, slo) ?? []),
    ...(secondsToSlo === undefined ? {} : { secondsToSlo }),
    watchedSeconds: Math.max(0, to - from),
    rule: settlingRule(slo),
  }
}

function seconds(value: number): string {
  return `${Math.max(0, Math.round(value))} s`
}
