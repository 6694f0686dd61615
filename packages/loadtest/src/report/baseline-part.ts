import { type Html, html } from '@journeys/core/ops'
import type { BaselineComparison, BaselineVerdict, ChangeVerdict, RequestChange } from '../baseline/comparison.ts'
import type { LoadTestResult } from '../result.ts'
import { milliseconds } from '../verdict/figure-text.ts'
import { forestChart } from './forest-chart.ts'
import { count, counted, dateText, signedPercent } from './number-text.ts'
import { type Cell, outcome, quiet, section, table } from './table.ts'

const words: Readonly<Record<BaselineVerdict, string>> = {
  pass: 'not slower',
  warn: 'a little slower',
  fail: 'slower',
  inconclusive: 'cannot be told',
  'no-baseline': 'no baseline',
}

/** Against the baseline: what changed, and whether that is more than chance. */
export function baselinePart({ baseline }: LoadTestResult): Html | false {
  if (!baseline) return false
  const { name, verdict, reasons, notes, method, before, after, differences, forced, changes, settings } = baseline
  return section(
    'baseline',
    `Against the baseline ${name}`,
    html`<p class="lead"><span class="chip ${verdict}">${words[verdict]}</span> ${reasons[0] ?? ''}</p>`,
    reasons.length > 1 && html`<ul>${reasons.slice(1).map((reason) => html`<li>${reason}</li>`)}</ul>`,
    forced && differences.length > 0 && html`<p class="maybe"><b>Compared although it is not the same:</b></p>`,
    differences.length > 0 &&
      table(
        'What differs',
        ['what', 'baseline', 'this run'],
        differences.map((difference) => [difference.what, difference.before, difference.after]),
        3,
      ),
    forestChart(changes, settings.maxSlowdownPercent),
    changes.length > 0 && changeTable(baseline),
    before &&
      html`<p class="aside">Baseline: ${runsText(before.runs)}. Now: ${runsText(after.runs)}. A slowdown fails beyond ${settings.maxSlowdownPercent} % and ${settings.floorMs} ms, with at least ${count(settings.minSamples)} answers on both sides.</p>`,
    html`<p class="aside">${method}</p>`,
    notes.length > 0 && html`<ul class="aside">${notes.map((note) => html`<li>${note}</li>`)}</ul>`,
  )
}

const changeWords: Readonly<Record<ChangeVerdict, string>> = {
  slower: 'slower',
  creeping: 'slower, within the limit',
  suspect: 'slower, perhaps by chance',
  blind: 'too noisy to tell',
  same: 'same',
  faster: 'faster',
  untested: 'not tested',
}

function changeTable({ changes }: BaselineComparison): Html {
  return table(
    'Per request',
    ['request', 'outcome', 'before', 'now', 'change', 'true change within', 'p', 'answers'],
    changes.map((change): Cell[] => [
      html`${change.request} <small class="quiet">p${change.percentile}</small>`,
      changeCell(change),
      milliseconds(change.beforeMs),
      milliseconds(change.afterMs),
      change.changePercent === undefined ? '–' : signedPercent(change.changePercent),
      change.interval
        ? `${signedPercent(change.interval.lowPercent)} to ${signedPercent(change.interval.highPercent)}`
        : '–',
      change.p === undefined ? '–' : change.p < 0.001 ? '< 0.001' : change.p.toFixed(3),
      `${count(change.beforeSamples)} / ${count(change.afterSamples)}`,
    ]),
    2,
  )
}

function changeCell({ verdict, note }: RequestChange): Html {
  if (verdict === 'slower') return outcome(false, changeWords.slower)
  if (verdict === 'same' || verdict === 'faster') return outcome(true, changeWords[verdict])
  if (verdict === 'untested') return quiet(note ?? changeWords.untested)
  return html`<b class="maybe">! ${changeWords[verdict]}</b>`
}

function runsText(runs: readonly { readonly startedAt: string }[]): string {
  const newest = runs
    .map(({ startedAt }) => startedAt)
    .sort()
    .at(-1)
  return `${counted(runs.length, 'run')}${newest === undefined ? '' : `, ${dateText(newest)}`}`
}
