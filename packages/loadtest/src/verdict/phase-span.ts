import { type LoadPlan, type PhaseWindow, phaseWindows } from '../profiles/plan.ts'

/** A phase of the plan as far as the run came. */
export type PhaseSpan = PhaseWindow

/** @param lastedMs how long the run lasted: what it did not come to is cut off */
export function phaseSpans(plan: Pick<LoadPlan, 'stages'>, lastedMs: number): PhaseSpan[] {
  return phaseWindows(plan).map((window) => ({
    ...window,
    startMs: Math.min(window.startMs, lastedMs),
    endMs: Math.min(window.endMs, lastedMs),
  }))
}

export function judgedSpans(spans: readonly PhaseSpan[]): PhaseSpan[] {
  return spans.filter(({ judged }) => judged)
}

export function secondsOf(spans: readonly PhaseSpan[]): number {
  return spans.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0) / 1000
}
