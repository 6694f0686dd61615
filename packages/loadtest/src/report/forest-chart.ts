import { type Html, html } from '@journeys/core/ops'
import type { ChangeVerdict, RequestChange } from '../baseline/comparison.ts'
import { milliseconds } from '../verdict/figure-text.ts'
import { signedPercent } from './number-text.ts'

type Tested = RequestChange & {
  readonly changePercent: number
  readonly interval: NonNullable<RequestChange['interval']>
}

const looks: Readonly<Record<ChangeVerdict, string>> = {
  slower: 'bad',
  creeping: 'maybe',
  suspect: 'maybe',
  blind: 'muted',
  same: 'good',
  faster: 'good',
  untested: 'muted',
}

/** Beyond this many percent an interval is cut: it would squeeze all others. */
const widest = 150

/** Every request's change with its interval, around no change; the limit as a line. The table below has the figures. */
export function forestChart(changes: readonly RequestChange[], limitPercent: number): Html | false {
  const tested = changes.filter(
    (change): change is Tested => change.changePercent !== undefined && change.interval !== undefined,
  )
  if (tested.length === 0) return false
  const ends = tested.flatMap(({ interval }) => [interval.lowPercent, interval.highPercent])
  const low = Math.max(-100, Math.min(-limitPercent, ...ends) * 1.08)
  const high = Math.min(widest, Math.max(limitPercent * 1.5, ...ends) * 1.08)
  const at = (value: number) => Math.min(100, Math.max(0, ((value - low) / (high - low)) * 100))
  const place = (value: number) => `${at(value).toFixed(2)}%`
  return html`<figure class="chart forest" aria-labelledby="forest-title">
<figcaption id="forest-title"><b>Change against the baseline</b> <span class="legend"><span>left is faster, right is slower</span><span><i class="key limit"></i>limit ${signedPercent(limitPercent)}</span></span></figcaption>
<div class="forest-rows" role="img" aria-label="${tested.map(({ request, percentile, changePercent }) => `${request} p${percentile} ${signedPercent(changePercent)}`).join(', ')}">${tested.map(
    ({ request, percentile, changePercent, interval, beforeMs, afterMs, verdict }) =>
      html`<div class="forest-row"><span class="barname">${request} <small class="quiet">p${percentile}</small></span><span class="forest-track"><i class="zero" style="left:${place(0)}"></i><i class="barlimit" style="left:${place(limitPercent)}"></i><i class="interval ${looks[verdict]}" style="left:${place(interval.lowPercent)};width:${(at(interval.highPercent) - at(interval.lowPercent)).toFixed(2)}%"></i><i class="estimate ${looks[verdict]}" style="left:${place(changePercent)}"></i></span><span class="bartext">${signedPercent(changePercent)} <small class="quiet">${milliseconds(beforeMs)} → ${milliseconds(afterMs)}</small></span></div>`,
  )}</div></figure>`
}
