import { type Html, html } from '@journeys/core/ops'
import type { LoadTestResult } from '../result.ts'
import { milliseconds } from '../verdict/figure-text.ts'
import { barRows } from './bar-rows.ts'
import { count, dateText, rate, smallShare } from './number-text.ts'
import { section, table } from './table.ts'
import { verdictLook, verdictWord } from './verdict-part.ts'

/** The runs of a series beside each other: how much of a difference is chance. */
export function repeatPart(repeats: readonly LoadTestResult[], shown: LoadTestResult): Html | false {
  if (repeats.length < 2) return false
  return section(
    'repeats',
    `${count(repeats.length)} runs`,
    html`<p class="lead">${spread(repeats)} The rest of this page is run ${repeats.findIndex(({ id }) => id === shown.id) + 1}.</p>`,
    barRows(
      repeats.map((run, index) => ({
        label: `run ${index + 1}${run.id === shown.id ? ', this page' : ''}`,
        value: run.total.p95 ?? 0,
        text: `p95 ${milliseconds(run.total.p95)}`,
        look: run.verdict === 'pass' || run.verdict === 'warn' ? 'plain' : 'bad',
      })),
      { label: 'p95 of each run' },
    ),
    table(
      'Per run, on the judged part',
      ['run', 'verdict', 'began', 'requests', '/s', 'failed', 'p50', 'p95', 'p99'],
      repeats.map((run, index) => [
        `run ${index + 1}`,
        html`<span class="chip ${verdictLook(run)}">${verdictWord(run)}</span>`,
        dateText(run.startedAt),
        count(run.total.requests),
        rate(run.total.rate),
        smallShare(run.total.requests === 0 ? 0 : run.total.errors / run.total.requests),
        milliseconds(run.total.p50),
        milliseconds(run.total.p95),
        milliseconds(run.total.p99),
      ]),
      3,
    ),
  )
}

function spread(repeats: readonly LoadTestResult[]): string {
  const values = repeats.flatMap(({ total }) => total.p95 ?? [])
  if (values.length < 2) return ''
  return `Their p95 lies between ${milliseconds(Math.min(...values))} and ${milliseconds(Math.max(...values))}.`
}
