import { type Html, html } from '@journeys/core/ops'
import type { RecoveryAnalysis } from '../analysis/analysis.ts'
import { clockTime } from '../profiles/duration.ts'
import type { LoadTestResult } from '../result.ts'
import { count, counted, seconds } from './number-text.ts'
import { outageChart } from './outage-chart.ts'
import { phaseComparison } from './spike-part.ts'
import { outcome, section, table } from './table.ts'

/** What was broken, how long it was felt, and whether anything that was confirmed is gone. */
export function recoveryPart(analysis: RecoveryAnalysis, result: LoadTestResult): Html {
  const { fault, faultMs, lostWrites, writes, rule } = analysis
  const examples = lostWrites?.examples ?? []
  return section(
    'analysis',
    'Recovery',
    html`<p class="lead">At ${clockTime(faultMs)}: ${fault}. ${lostSentence(analysis)}</p>`,
    outageChart(analysis, result),
    steps(analysis),
    lostWrites &&
      lostWrites.unverifiable > 0 &&
      html`<p class="aside">${counted(writes, 'write')} were confirmed; ${count(lostWrites.unverifiable)} of them could not be looked for.</p>`,
    examples.length > 0 &&
      table(
        examples.length < (lostWrites?.lost ?? 0) ? `The first ${examples.length} lost writes` : 'Lost writes',
        ['table', 'id', 'confirmed at'],
        examples.map(({ table: name, id, at }) => [
          name,
          html`<code>${id}</code>`,
          at.replace('T', ' ').replace('Z', ' UTC'),
        ]),
        3,
      ),
    ...phaseComparison(analysis.phases, analysis.slo),
    html`<p class="aside">${rule}</p>`,
  )
}

function lostSentence({ lostWrites, writes }: RecoveryAnalysis): Html {
  if (!lostWrites)
    return html`${counted(writes, 'write')} were confirmed; whether they are all there could not be checked.`
  return lostWrites.lost === 0
    ? html`<b class="good">No write was lost</b>: all ${counted(lostWrites.checked, 'row')} that were confirmed are there.`
    : html`<b class="bad">${counted(lostWrites.lost, 'write')} lost</b>: confirmed, but not there afterwards (of ${counted(lostWrites.checked, 'row')}).`
}

/** The way back, in the order of time. */
function steps({ secondsToFirstFailure, secondsToFirstSuccess, secondsToSlo, failedRequests }: RecoveryAnalysis): Html {
  const after = (value: number | undefined, missing: string) =>
    value === undefined ? html`<b class="bad">${missing}</b>` : html`<b>${seconds(value)}</b>`
  return html`<dl class="facts">
<div><dt>first failure</dt><dd>${secondsToFirstFailure === undefined ? 'none' : after(secondsToFirstFailure, '')}</dd></div>
<div><dt>first success</dt><dd>${after(secondsToFirstSuccess, 'not seen')}</dd></div>
<div><dt>within the service level for good</dt><dd>${after(secondsToSlo, 'not seen')}</dd></div>
<div><dt>failed requests</dt><dd>${failedRequests === 0 ? outcome(true, '0') : html`<b>${count(failedRequests)}</b>`}</dd></div>
</dl><p class="aside">Times count from the fault.</p>`
}
