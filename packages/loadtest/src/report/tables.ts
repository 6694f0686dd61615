import { clockTime } from '../profiles/duration.ts'
import type { LoadTestResult, RequestFigures, ThresholdResult, TimelinePoint } from '../result.ts'
import { figureText, milliseconds } from '../verdict/figure-text.ts'
import { type Html, html } from './html.ts'
import { count, percent, rate } from './number-text.ts'

type Cell = string | Html

/**
 * A table that scrolls by itself on a narrow screen, also with the keyboard. The first column heads its row and stays.
 * @param words columns that are text, from the left; the others are figures
 * @param captionSeen `false` where the heading above says the same: then only a screen reader has it
 */
export function table(
  caption: string,
  heads: readonly string[],
  rows: readonly (readonly Cell[])[],
  words = 1,
  captionSeen = true,
): Html {
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table>
<caption${!captionSeen && html` class="same"`}>${caption}</caption>
<thead><tr>${heads.map((head, index) => html`<th scope="col"${index >= words && html` class="n"`}>${head}</th>`)}</tr></thead>
<tbody>${rows.map(
    (row) =>
      html`<tr>${row.map((cell, index) =>
        index === 0 ? html`<th scope="row">${cell}</th>` : html`<td${index >= words && html` class="n"`}>${cell}</td>`,
      )}</tr>`,
  )}</tbody></table></div>`
}

const figureHeads = ['requests', '/s', 'errors', '429', 'average', 'p50', 'p95', 'p99', 'longest']

function figureCells(figures: RequestFigures): Cell[] {
  const { requests, errors, limited, avg, p50, p95, p99, max } = figures
  const bad = (value: number) => (value > 0 ? html`<b class="bad">${count(value)}</b>` : '0')
  return [
    count(requests),
    rate(figures.rate),
    bad(errors),
    bad(limited),
    ...[avg, p50, p95, p99, max].map(milliseconds),
  ]
}

export function scenarioTable({ scenarios, total }: LoadTestResult): Html {
  return table(
    'Per scenario, on the steady part',
    ['scenario', 'planned', 'done', 'wrong answers', ...figureHeads],
    [
      ...scenarios.map((scenario) => [
        scenario.name,
        percent(scenario.planned, 0),
        percent(scenario.achieved),
        scenario.checks.failed > 0 ? html`<b class="bad">${count(scenario.checks.failed)}</b>` : '0',
        ...figureCells(scenario),
      ]),
      ['all', '', '', count(total.checks.failed), ...figureCells(total)],
      [html`<span class="quiet">whole run, ramps included</span>`, '', '', '', ...figureCells(total.whole)],
    ],
  )
}

export function requestTable({ requests }: LoadTestResult): Html {
  return table(
    'Per request, on the steady part',
    ['request', ...figureHeads],
    requests.map((request) => [request.name, ...figureCells(request)]),
  )
}

/** One row per threshold, one column per scenario; below it why some were not judged. */
export function thresholdTable({ thresholds, scenarios }: LoadTestResult): Html {
  const scopes = [undefined, ...scenarios.map(({ name }) => name)]
  const totals = thresholds.filter(({ scenario }) => scenario === undefined)
  const rows = totals.map(({ title, metric, expression }): Cell[] => [
    html`${title}<br><code>${metric}: ${expression}</code>`,
    ...scopes.map((scope) => {
      const judged = thresholds.find(
        (other) => other.scenario === scope && other.metric === metric && other.expression === expression,
      )
      return judged ? outcome(judged) : html`<span class="quiet">–</span>`
    }),
  ])
  const notes = [
    ...new Set(
      thresholds.flatMap(({ scenario, title, note }) =>
        note ? `${scenario ?? 'all scenarios'}, ${title}: not judged, ${note}` : [],
      ),
    ),
  ]
  return html`${table('Measured on the steady part; below it, smaller, over the whole run', ['threshold', 'all scenarios', ...scopes.slice(1).map(String)], rows)}
${notes.length > 0 && html`<ul class="aside">${notes.map((note) => html`<li>${note}</li>`)}</ul>`}`
}

function outcome({ ok, metric, expression, value, whole }: ThresholdResult): Html {
  const measured = figureText(metric, expression, value)
  const sign = { true: html`<span class="good">✓ ${measured}</span>`, false: html`<b class="bad">✗ ${measured}</b>` }
  const steady = ok === null ? html`<span class="quiet">not judged, ${measured}</span>` : sign[`${ok}`]
  return html`${steady}<br><small class="quiet">${whole ? figureText(metric, expression, whole.value) : '–'}</small>`
}

export function failureTable({ failures }: LoadTestResult): Html | false {
  if (failures.length === 0) return false
  return table(
    'Requests that failed',
    ['request', 'answer', 'times'],
    failures.map(({ name, status, error, count: times }) => [
      name,
      status === 0 ? `no answer: ${error ?? 'unknown'}` : `HTTP ${status}`,
      count(times),
    ]),
    2,
  )
}

/** At most this many rows: a long run is put together by intervals. */
const mostRows = 120

/** The charts as a table. Percentiles of an interval are the highest of its seconds: they cannot be averaged. */
export function timelineTable({ timeline }: LoadTestResult): Html {
  const size = Math.max(1, Math.ceil(timeline.length / mostRows))
  const groups: TimelinePoint[][] = []
  for (let from = 0; from < timeline.length; from += size) groups.push(timeline.slice(from, from + size))
  const highest = (points: TimelinePoint[], value: (point: TimelinePoint) => number | undefined) => {
    const values = points.flatMap((point) => value(point) ?? [])
    return values.length === 0 ? '–' : milliseconds(Math.max(...values))
  }
  const sum = (points: TimelinePoint[], value: (point: TimelinePoint) => number) =>
    count(points.reduce((total, point) => total + value(point), 0))
  return table(
    size === 1 ? 'Second by second' : `Every ${size} seconds, the highest percentile of each`,
    ['time', 'phase', 'users', 'requests', 'errors', 'p50', 'p95', 'p99'],
    groups.map((points) => [
      clockTime((points[0]?.second ?? 0) * 1000),
      points[0]?.phase ?? '',
      count(Math.max(...points.map(({ users }) => users))),
      sum(points, ({ requests }) => requests),
      sum(points, ({ errors }) => errors),
      highest(points, ({ p50 }) => p50),
      highest(points, ({ p95 }) => p95),
      highest(points, ({ p99 }) => p99),
    ]),
    2,
  )
}
