import type { Config } from '@journeys/core/ops'
import { type LoadPlan, type PhaseWindow, phaseWindows } from '../profiles/plan.ts'
import type { Recorder } from '../recorder/recorder.ts'
import type { PhaseFigures, ServiceLevel } from './analysis.ts'

/** The document's two promises that hold at any load; its requests per second are a matter of the whole run. */
export function serviceLevel({ slo }: Pick<Config, 'slo'>): ServiceLevel {
  return { p95Ms: slo.responseTimeP95Ms, errorRate: slo.errorRatePercent / 100 }
}

/** Fewer fail than the level says; a level of 0 is met by none. */
export function fewEnoughErrors(errorRate: number, slo: ServiceLevel): boolean {
  return errorRate === 0 || errorRate < slo.errorRate
}

/** When a phase begins and ends; `undefined` when the plan has none of that name. */
export function phaseWindow(plan: Pick<LoadPlan, 'stages'>, phase: string): PhaseWindow | undefined {
  return phaseWindows(plan).find((window) => window.phase === phase)
}

/** A phase against the service level; `undefined` when the run did not come that far. */
export function phaseFigures(
  { plan, recorder }: { plan: LoadPlan; recorder: Recorder },
  phase: string,
  slo: ServiceLevel,
): PhaseFigures | undefined {
  const span = phaseWindow(plan, phase)
  const total = recorder.phases.get(phase)?.total
  if (!span || !total) return undefined
  const seconds = Math.max(0, Math.min(span.endMs, recorder.lastedMs) - span.startMs) / 1000
  const errorRate = total.requests === 0 ? 0 : total.errors / total.requests
  const p95Ms = total.latency.percentile(95)
  return {
    phase,
    requests: total.requests,
    requestsPerSecond: seconds > 0 ? total.requests / seconds : 0,
    ...(p95Ms === undefined ? {} : { p95Ms }),
    errorRate,
    withinSlo: p95Ms !== undefined && p95Ms < slo.p95Ms && fewEnoughErrors(errorRate, slo),
  }
}
