import { type Html, html } from '@journeys/core/ops'
import type { LoadTestResult } from '../result.ts'
import { milliseconds } from '../verdict/figure-text.ts'
import { count, percent } from './number-text.ts'
import { asTable, table } from './table.ts'

/** How long the judged part's answers took: bars on a logarithmic scale, the percentiles marked. */
export function distributionChart({ distribution, total }: LoadTestResult): Html | false {
  const first = distribution[0]
  const last = distribution.at(-1)
  if (!first || !last) return false
  const most = Math.max(...distribution.map(({ requests }) => requests))
  const all = distribution.reduce((sum, { requests }) => sum + requests, 0)
  const left = Math.log10(first.fromMs)
  const span = Math.log10(last.toMs) - left
  const at = (ms: number) =>
    `${(((Math.log10(Math.min(last.toMs, Math.max(ms, first.fromMs))) - left) / span) * 100).toFixed(2)}%`
  const marks = (['p50', 'p95', 'p99'] as const).flatMap((name) => {
    const value = total[name]
    return value === undefined ? [] : [{ name, value }]
  })
  const label = marks.map(({ name, value }) => `${name} ${milliseconds(value)}`).join(', ')
  return html`<figure class="chart" aria-labelledby="distribution-title">
<figcaption id="distribution-title"><b>How long answers took</b>
<span class="legend"><span>judged part, ${count(all)} answers, logarithmic scale</span></span></figcaption>
<div class="bars" role="img" aria-label="How long answers took: ${label}, longest ${milliseconds(total.max)}">
<div class="columns">${distribution.map(
    ({ requests, fromMs, toMs }) =>
      html`<i class="${requests === 0 ? 'none' : 'some'}" style="height:${((requests / most) * 100).toFixed(2)}%" title="${milliseconds(fromMs)} to ${milliseconds(toMs)}: ${count(requests)} answers, ${percent(requests / all)}"></i>`,
  )}</div>
${marks.map(({ name, value }) => html`<span class="mark ${name}" style="left:${at(value)}"><b>${name}</b></span>`)}
<div class="x" aria-hidden="true">${decades(first.fromMs, last.toMs).map((ms) => html`<span style="left:${at(ms)}">${scaleLabel(ms)}</span>`)}</div>
</div>
<p class="aside">${label}, longest ${milliseconds(total.max)}</p>
${asTable(distributionTable(distribution, all))}</figure>`
}

/** 1, 2 and 5 of every power of ten that the scale covers; only the powers when it covers many. */
function decades(fromMs: number, toMs: number): number[] {
  const factors = Math.log10(toMs / fromMs) > 2.5 ? [1] : [1, 2, 5]
  const marks: number[] = []
  for (let power = Math.floor(Math.log10(fromMs)); power <= Math.ceil(Math.log10(toMs)); power++) {
    for (const factor of factors) {
      const ms = factor * 10 ** power
      if (ms >= fromMs * 0.99 && ms <= toMs * 1.01) marks.push(ms)
    }
  }
  return marks
}

function scaleLabel(ms: number): string {
  return ms >= 1000 ? `${Number((ms / 1000).toPrecision(2))} s` : `${Number(ms.toPrecision(2))} ms`
}

function distributionTable(distribution: LoadTestResult['distribution'], all: number): Html {
  return table(
    'How long answers took',
    ['from', 'to', 'answers', 'share'],
    distribution
      .filter(({ requests }) => requests > 0)
      .map(({ fromMs, toMs, requests }) => [
        milliseconds(fromMs),
        milliseconds(toMs),
        count(requests),
        percent(requests / all),
      ]),
  )
}
