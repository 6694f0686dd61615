import { type Html, html } from '@journeys/core/ops'
import type { LoadTestResult, PhaseResult } from '../result.ts'
import { count } from './number-text.ts'

/** How long the charts' axis is, in seconds: whatever lasted longest of the plan, the load and the measurements. */
export function axisSeconds({ timeline, phases, durationMs }: LoadTestResult): number {
  const measured = (timeline.at(-1)?.second ?? 0) + 1
  return Math.max(1, measured, Math.ceil(Math.max(durationMs, phases.at(-1)?.endMs ?? 0) / 1000))
}

/** The phases as a strip above the charts: judged ones stand out, the others are only shown. */
export function phaseStrip(result: LoadTestResult): Html | false {
  const seconds = axisSeconds(result)
  const shown = happened(result)
  if (shown.length < 2) return false
  return html`<ol class="phases" aria-label="Phases">${shown.map((phase) => {
    const left = (phase.startMs / 10 / seconds).toFixed(2)
    const width = ((phase.endMs - phase.startMs) / 10 / seconds).toFixed(2)
    return html`<li class="${phase.judged ? 'judged' : 'shown'}" style="left:${left}%;width:${width}%" title="${phaseTitle(phase, result)}"><span>${shortName(phase.name)}</span><span class="unseen">${phase.judged ? ', judged' : ', not judged'}</span></li>`
  })}</ol>`
}

/** What is shown but not judged, as grey rectangles behind a chart's lines. */
export function phaseShades(result: LoadTestResult, width: number, height: number): Html[] {
  const seconds = axisSeconds(result)
  return happened(result)
    .filter(({ judged }) => !judged)
    .map(({ startMs, endMs }) => {
      const from = (startMs / 1000 / seconds) * width
      const to = (endMs / 1000 / seconds) * width
      return html`<rect class="shade" x="${from.toFixed(1)}" y="0" width="${(to - from).toFixed(1)}" height="${height}"/>`
    })
}

/** An interrupted run did not come to all of its phases; what follows the last one (users who finish) belongs to it. */
function happened(result: LoadTestResult): PhaseResult[] {
  const shown = result.phases.filter(({ startMs, endMs }) => endMs > startMs)
  const last = shown.at(-1)
  const end = axisSeconds(result) * 1000
  if (!last || last.judged || last.endMs >= end) return shown
  return [...shown.slice(0, -1), { ...last, endMs: end }]
}

/** Every step of a stress run would say "step": its number is enough. */
function shortName(name: string): string {
  return name.replace(/^step (?=\d)/, '').replace(/^settle \d+$/, '')
}

function phaseTitle({ name, judged, target }: PhaseResult, { plan }: LoadTestResult): string {
  const load = plan.model === 'closed' ? `${count(target)} users` : `${count(target)} iterations/s`
  return `${name}, to ${load}${judged ? ', judged' : ', not judged'}`
}
