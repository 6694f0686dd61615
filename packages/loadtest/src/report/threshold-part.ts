import { type Html, html } from '@journeys/core/ops'
import type { LoadTestResult, ThresholdResult } from '../result.ts'
import { figureText } from '../verdict/figure-text.ts'
import { type Cell, outcome, quiet, section, table } from './table.ts'

/** One row per threshold and phase, one column per scenario; below it why some were not judged. */
export function thresholdPart(result: LoadTestResult): Html {
  const { thresholds, plan } = result
  if (thresholds.length === 0) {
    return section(
      'thresholds',
      'Thresholds',
      html`<p>${plan.kind === 'stress' ? 'A stress run is made to break them: its steps are held against the service level.' : 'None were set: the verdict rests on the wrong answers alone.'}</p>`,
    )
  }
  const scenarios = [...new Set(thresholds.flatMap(({ scenario }) => scenario ?? []))]
  const rows = [...groups(thresholds).values()].map((group): Cell[] => {
    const [first] = group
    const cell = (scenario: string | undefined) => {
      const judged = group.find((threshold) => threshold.scenario === scenario)
      return judged ? judgedCell(judged) : quiet('–')
    }
    return [first ? rowHead(first) : '', cell(undefined), ...scenarios.map(cell)]
  })
  const notes = new Set(
    thresholds.flatMap(({ scenario, phase, title, ok, note }) =>
      ok === null && note
        ? `${[scenario ?? 'all scenarios', phase, title].filter(Boolean).join(', ')}: not judged, ${note}`
        : [],
    ),
  )
  return section(
    'thresholds',
    'Thresholds',
    table(
      'Measured on the judged part; smaller below it, over the whole run',
      ['threshold', 'all scenarios', ...scenarios],
      rows,
      99,
    ),
    notes.size > 0 && html`<ul class="aside">${[...notes].map((note) => html`<li>${note}</li>`)}</ul>`,
  )
}

/** Those that are the same but for their scenario share a row. */
function groups(thresholds: readonly ThresholdResult[]): Map<string, ThresholdResult[]> {
  const byRow = new Map<string, ThresholdResult[]>()
  for (const threshold of thresholds) {
    const { level, key, metric, expression, phase } = threshold
    // A threshold on one scenario alone says so in its key; the key of all scenarios' is the metric.
    const row = JSON.stringify([level, threshold.scenario === undefined ? key : metric, expression, phase])
    byRow.set(row, [...(byRow.get(row) ?? []), threshold])
  }
  return byRow
}

function rowHead({ title, key, expression, phase, level }: ThresholdResult): Html {
  return html`${title}${phase !== undefined && html` <span class="chip">${phase}</span>`}${level === 'warning' && html` <span class="chip">only warns</span>`}<br><code>${key}: ${expression}</code>`
}

function judgedCell({ ok, level, metric, expression, value, whole, aborted }: ThresholdResult): Html {
  const measured = figureText(metric, expression, value)
  const judged =
    ok === null
      ? quiet(`not judged${value === undefined ? '' : `, ${measured}`}`)
      : level === 'warning' && !ok
        ? html`<b class="maybe">! ${measured}</b>`
        : outcome(ok, measured)
  return html`${judged}${aborted && html`<br><small class="bad">ended the run</small>`}<br><small class="quiet">${whole ? figureText(metric, expression, whole.value) : '–'}</small>`
}
