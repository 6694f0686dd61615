import { type Html, html } from '@journeys/core/ops'
import type { StressAnalysis, StressStep } from '../analysis/analysis.ts'
import { milliseconds } from '../verdict/figure-text.ts'
import { axisNumber, axisTime, rate, roundUp } from './number-text.ts'
import { linearScale, logarithmicScale } from './value-scale.ts'

const width = 1000
const height = 260

/** Latency against load: flat while the server keeps up, then the bend. Steps that broke are hollow. */
export function stressChart({ steps, slo, capacity, knee }: StressAnalysis): Html | false {
  const measured = steps.filter((step): step is StressStep & { p95Ms: number } => step.p95Ms !== undefined)
  if (measured.length < 2) return false
  const right = roundUp(Math.max(...measured.map((step) => step.rate)))
  const values = measured.flatMap(({ p50Ms, p95Ms }) => [p95Ms, p50Ms ?? p95Ms])
  const highest = Math.max(...values, slo.p95Ms * 1.2)
  const scale =
    highest <= slo.p95Ms * 4 ? linearScale(highest, height) : logarithmicScale(Math.min(...values), highest, height)
  const x = (value: number) => (value / right) * width
  const percent = (value: number) => `${((value / right) * 100).toFixed(2)}%`
  const path = (value: (step: StressStep) => number | undefined) =>
    measured
      .flatMap((step) => {
        const ms = value(step)
        return ms === undefined ? [] : `${x(step.rate).toFixed(1)} ${scale.y(ms).toFixed(1)}`
      })
      .map((place, index) => (index === 0 ? `M${place}` : `L${place}`))
      .join('')
  const described = measured.map(
    ({ rate: planned, p95Ms, held }) => `${rate(planned)}/s ${milliseconds(p95Ms)}${held ? '' : ' broke'}`,
  )
  return html`<figure class="chart" aria-labelledby="capacity-title">
<figcaption id="capacity-title"><b>Response time at each rate</b>
<span class="legend"><span><i class="key b"></i>p95</span><span><i class="key a"></i>p50</span><span><i class="key limit"></i>service level ${axisTime(slo.p95Ms)}</span>${scale.logarithmic && html`<span>logarithmic scale</span>`}</span></figcaption>
<div class="plot xy"><div class="y" aria-hidden="true">${scale.ticks.map((tick) => html`<span style="bottom:${(100 - (scale.y(tick) / height) * 100).toFixed(2)}%">${axisTime(tick)}</span>`)}</div>
<div class="field tall"><svg viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" role="img" aria-label="p95 at each rate: ${described.join(', ')}">
${capacity && html`<rect class="held" x="0" y="0" width="${x(capacity.iterationsPerSecond).toFixed(1)}" height="${height}"/>`}
${scale.ticks.map((tick) => html`<line class="grid" x1="0" x2="${width}" y1="${scale.y(tick).toFixed(1)}" y2="${scale.y(tick).toFixed(1)}"/>`)}
<line class="limit" x1="0" x2="${width}" y1="${scale.y(slo.p95Ms).toFixed(1)}" y2="${scale.y(slo.p95Ms).toFixed(1)}"/>
<path class="line a" d="${path(({ p50Ms }) => p50Ms)}"/><path class="line b" d="${path(({ p95Ms }) => p95Ms)}"/>
</svg>${measured.map(
    ({ rate: planned, p95Ms, held, phase }) =>
      html`<i class="dot ${held ? 'held' : 'broke'}" style="left:${percent(planned)};bottom:${(100 - (scale.y(p95Ms) / height) * 100).toFixed(2)}%" title="${phase}: ${rate(planned)}/s, p95 ${milliseconds(p95Ms)}"></i>`,
  )}
${capacity && html`<span class="moment good${capacity.iterationsPerSecond > right * 0.7 && ' late'}" style="left:${percent(capacity.iterationsPerSecond)}"><b>capacity ${rate(capacity.iterationsPerSecond)}/s</b></span>`}
${knee && html`<span class="moment knee low-label" style="left:${percent(knee.iterationsPerSecond)}"><b>knee</b></span>`}</div>
<div class="x" aria-hidden="true">${[0, 0.25, 0.5, 0.75, 1].map((tick) => html`<span style="left:${tick * 100}%">${axisNumber(right * tick)}/s</span>`)}</div></div>
<p class="aside">Planned iterations per second from left to right${capacity && '; the green part held'}. Hollow dots are steps that broke.</p></figure>`
}
