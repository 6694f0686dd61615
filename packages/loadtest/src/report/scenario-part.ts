import { type Html, html } from '@journeys/core/ops'
import type { LoadTestResult, RequestFigures, ScenarioResult } from '../result.ts'
import { milliseconds } from '../verdict/figure-text.ts'
import { count, percent, rate } from './number-text.ts'
import { bad, type Cell, quiet, section, table } from './table.ts'

export function scenarioPart(result: LoadTestResult): Html {
  const { scenarios, total } = result
  return section(
    'scenarios',
    'Scenarios',
    scenarios.length > 0 && mixBars(scenarios),
    table(
      'Per scenario, on the judged part',
      ['scenario', 'wrong answers', ...figureHeads],
      [
        ...scenarios.map((scenario) => [scenario.name, wrong(scenario.checks.failed), ...figureCells(scenario)]),
        [html`<b>all</b>`, wrong(total.checks.failed), ...figureCells(total)],
        [quiet('whole run'), '', ...figureCells(total.whole)],
      ],
    ),
  )
}

export function requestPart({ requests }: LoadTestResult): Html {
  return section(
    'requests',
    'Requests',
    table(
      'Per request, on the judged part',
      ['request', ...figureHeads],
      requests.map((request) => [request.name, ...figureCells(request)]),
      1,
      false,
    ),
  )
}

const figureHeads = ['requests', '/s', 'failed', '429', 'average', 'p50', 'p95', 'p99', 'longest']

function figureCells(figures: RequestFigures): Cell[] {
  const { requests, errors, limited, avg, p50, p95, p99, max } = figures
  return [
    count(requests),
    rate(figures.rate),
    bad(errors, count(errors)),
    bad(limited, count(limited)),
    ...[avg, p50, p95, p99, max].map(milliseconds),
  ]
}

function wrong(failed: number): Cell {
  return bad(failed, count(failed))
}

/** Six colours that can be told apart; further scenarios begin anew, and the legend has their order. */
const colours = 6

/** Planned and achieved share of every scenario, one bar above the other. */
function mixBars(scenarios: readonly ScenarioResult[]): Html {
  const bar = (name: string, share: (scenario: ScenarioResult) => number) =>
    html`<div class="mix"><span>${name}</span><div role="img" aria-label="${name}: ${scenarios
      .map((scenario) => `${scenario.name} ${percent(share(scenario))}`)
      .join(', ')}">${scenarios.map(
      (scenario, index) =>
        html`<i class="s${index % colours}" style="width:${(share(scenario) * 100).toFixed(2)}%" title="${scenario.name} ${percent(share(scenario))}"></i>`,
    )}</div></div>`
  return html`<div class="mixes">${bar('planned', ({ planned }) => planned)}${bar('done', ({ achieved }) => achieved)}
<p class="legend">${scenarios.map(
    ({ name, planned, achieved }, index) =>
      html`<span><i class="key s${index % colours}"></i>${name} ${percent(achieved)}${Math.abs(planned - achieved) > 0.0005 && html` <small class="quiet">of ${percent(planned)}</small>`}</span>`,
  )}</p></div>`
}
