import { type Html, html } from '@journeys/core/ops'
import type { RecoveryAnalysis } from '../analysis/analysis.ts'
import type { LoadTestResult } from '../result.ts'
import { timeTicks } from './chart.ts'
import { axisNumber, count, counted, roundUp, seconds } from './number-text.ts'

/** Seconds shown before the fault and after the service level is back. */
const before = 8
const behind = 12
const most = 180

/** The seconds around the fault, one column each: answered below, failed on top. */
export function outageChart(analysis: RecoveryAnalysis, { timeline }: LoadTestResult): Html | false {
  const fault = analysis.faultMs / 1000
  const from = Math.max(0, Math.floor(fault - before))
  const back = analysis.secondsToSlo ?? analysis.secondsToFirstSuccess
  const to = back === undefined ? from + most : Math.min(from + most, Math.ceil(fault + back + behind))
  const shown = timeline.filter(({ second }) => second >= from && second < to)
  if (shown.length < 3) return false
  const span = shown.length
  const top = roundUp(Math.max(...shown.map(({ requests }) => requests)))
  const place = (second: number) => `${Math.min(100, Math.max(0, ((second - from) / span) * 100)).toFixed(2)}%`
  const failed = shown.reduce((sum, { errors }) => sum + errors, 0)
  const mark = (value: number | undefined, label: string, look: string, row: number) =>
    value !== undefined &&
    html`<span class="moment ${look} row${row}${value + fault - from > span * 0.5 && ' late'}" style="left:${place(fault + value)}"><b>${label}</b></span>`
  return html`<figure class="chart" aria-labelledby="outage-title">
<figcaption id="outage-title"><b>Requests around the fault, second by second</b>
<span class="legend"><span><i class="key good"></i>answered</span><span><i class="key s-bad"></i>failed</span></span></figcaption>
<div class="plot outage"><div class="y" aria-hidden="true">${[0, 0.5, 1].map((tick) => html`<span style="bottom:${tick * 100}%">${axisNumber(top * tick)}</span>`)}</div>
<div class="field"><div class="stacks" role="img" aria-label="${counted(failed, 'request')} failed in the ${seconds(span)} shown, of ${count(shown.reduce((sum, { requests }) => sum + requests, 0))}.">${shown.map(
    ({ second, requests, errors }) =>
      html`<span title="${seconds(second)}: ${count(requests - errors)} answered, ${count(errors)} failed"><i class="failed" style="height:${((errors / top) * 100).toFixed(2)}%"></i><i class="answered" style="height:${(((requests - errors) / top) * 100).toFixed(2)}%"></i></span>`,
  )}</div>${mark(0, 'fault', 'bad', 1)}${mark(analysis.secondsToFirstSuccess, 'first success', 'good', 2)}${mark(analysis.secondsToSlo, 'service level met', 'good', 3)}</div>
<div class="x" aria-hidden="true">${ticksAround(fault, from, span).map((offset) => html`<span style="left:${place(fault + offset)}">${offset > 0 ? '+' : offset < 0 ? '−' : ''}${Math.abs(offset)} s</span>`)}</div>
</div></figure>`
}

/** Round times before and after the fault. */
function ticksAround(fault: number, from: number, span: number): number[] {
  const step = timeTicks(span)[1] ?? 1
  const first = Math.ceil((from - fault) / step)
  const last = Math.floor((from + span - fault) / step)
  return Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step)
}
