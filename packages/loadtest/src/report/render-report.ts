import { clockTime } from '../profiles/duration.ts'
import type { LoadTestResult } from '../result.ts'
import { figureText, milliseconds } from '../verdict/figure-text.ts'
import { timeChart } from './chart.ts'
import chartReader from './chart-reader.html'
import chartStyle from './chart-style.html'
import { distributionChart } from './distribution-chart.ts'
import { type Html, html, jsonForScript, trusted } from './html.ts'
import { count, percent, rate } from './number-text.ts'
import pageStyle from './page-style.html'
import { failureTable, requestTable, scenarioTable, table, thresholdTable, timelineTable } from './tables.ts'

/**
 * The report as one HTML page that needs nothing else: no network, no font, no library. It can be mailed.
 * @param result as `runLoadTest` returns it, or read back from its JSON
 */
export function renderReport(result: LoadTestResult): string {
  const { environment, profile, startedAt } = result
  const title = `Load test ${verdictWord(result).toLowerCase()} · ${environment.name} · ${profile} · ${dateText(startedAt)}`
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${title}</title>
${trusted(pageStyle)}
${trusted(chartStyle)}
</head>
<body>
<a class="skip" href="#thresholds">Skip to the figures</a>
<main>
${verdictPart(result)}
${tiles(result)}
${result.timeline.length === 0 ? html`<section><p>Nothing was measured: the run ended before its first request.</p></section>` : overTime(result)}
<section id="thresholds" aria-labelledby="thresholds-title"><h2 id="thresholds-title">Thresholds</h2>${thresholdTable(result)}</section>
<section aria-labelledby="scenarios"><h2 id="scenarios">Scenarios</h2>${mixBars(result)}${scenarioTable(result)}</section>
<section aria-labelledby="requests"><h2 id="requests">Requests</h2>${requestTable(result)}${failureTable(result)}</section>
<section aria-labelledby="setup"><h2 id="setup">What was run</h2>${setup(result)}</section>
</main>
<footer>Journeys load test ${result.id}</footer>
<script type="application/json" id="timeline">${jsonForScript(result.timeline)}</script>
${trusted(chartReader)}
</body>
</html>
`.text
}

function verdictPart(result: LoadTestResult): Html {
  const { environment, profile, engine, users, startedAt, reasons, warnings, interrupted } = result
  return html`<header class="verdict ${interrupted ? 'invalid' : result.verdict}">
<p class="where">Journeys load test · ${environment.name} · ${profile} · ${engine.name} ${engine.version} · ${count(users)} users · <time datetime="${startedAt}">${dateText(startedAt)}</time></p>
<h1><span class="word">${verdictWord(result)}</span> ${reasons[0]}</h1>
${reasons.length > 1 && html`<ul>${reasons.slice(1).map((reason) => html`<li>${reason}</li>`)}</ul>`}
${warnings.length > 0 && html`<ul class="warnings" aria-label="Warnings">${warnings.map((warning) => html`<li>${warning}</li>`)}</ul>`}
</header>`
}

function verdictWord({ verdict, interrupted }: LoadTestResult): string {
  if (interrupted) return 'Interrupted'
  return { pass: 'Pass', fail: 'Fail', inconclusive: 'Inconclusive', invalid: 'Invalid' }[verdict]
}

/** The few figures that one looks for first, each with the limit it was held against. */
function tiles(result: LoadTestResult): Html {
  const { total, steady, durationMs } = result
  const limit = (metric: string) => {
    const judged = result.thresholds.find((threshold) => threshold.metric === metric && !threshold.scenario)
    if (!judged) return ''
    if (judged.ok === null) return 'not judged'
    return html`<span class="${judged.ok ? 'good' : 'bad'}">${judged.ok ? '✓' : '✗'} ${judged.title}</span>`
  }
  const errorShare = total.requests === 0 ? undefined : total.errors / total.requests
  const tile = (name: string, value: string, note: Html | string) =>
    html`<div><dt>${name}</dt><dd>${value}</dd><dd class="note">${note}</dd></div>`
  return html`<dl class="tiles">
${tile('95 of 100 answered within', milliseconds(total.p95), limit('http_req_duration'))}
${tile('failed requests', figureText('http_req_failed', 'rate', errorShare), limit('http_req_failed'))}
${tile('requests per second', rate(total.rate), limit('http_reqs'))}
${tile('steady part', clockTime(steady.endMs - steady.startMs), `of ${clockTime(durationMs)}, ${count(total.requests)} requests`)}
</dl>`
}

function overTime(result: LoadTestResult): Html {
  return html`<section aria-labelledby="time"><h2 id="time">Over time</h2>
<p class="aside">Shaded: ramp up and ramp down, which are shown but not judged. <span class="with-script">Point at a chart, or focus it and use ← and →.</span></p>
${charts(result)}
<output class="readout" aria-live="polite"></output>
<details><summary>The same as a table</summary>${timelineTable(result)}</details>
</section>`
}

function charts(result: LoadTestResult): Html[] {
  const steady = result.timeline.filter(({ phase }) => phase === 'steady')
  const range = (values: number[], format: (value: number) => string) =>
    values.length === 0
      ? 'Nothing was measured in the steady part.'
      : `Between ${format(Math.min(...values))} and ${format(Math.max(...values))} in the steady part.`
  const p95 = result.thresholds.find(({ metric, scenario }) => metric === 'http_req_duration' && !scenario)
  const p95Limit = Number(/^p\(95\)\s*<=?\s*([\d.]+)$/.exec(p95?.expression ?? '')?.[1])
  return [
    timeChart(result, {
      id: 'latency',
      title: 'Response time',
      description: `95th percentile: ${range(
        steady.flatMap(({ p95: value }) => value ?? []),
        milliseconds,
      )}`,
      series: [
        { name: 'p50', look: 'a', value: (point) => point.p50 },
        { name: 'p95', look: 'b', value: (point) => point.p95 },
        { name: 'p99', look: 'c', value: (point) => point.p99 },
      ],
      format: axisTime,
      limit: p95Limit > 0 ? { value: p95Limit, label: `p95 limit ${p95Limit} ms` } : undefined,
    }),
    timeChart(result, {
      id: 'throughput',
      title: 'Requests per second',
      description: range(
        steady.map(({ requests }) => requests),
        count,
      ),
      series: [{ name: 'requests', look: 'a', value: (point) => point.requests }],
      format: axisNumber,
      filled: true,
    }),
    timeChart(result, {
      id: 'errors',
      title: 'Failed requests per second',
      description: range(
        steady.map(({ errors }) => errors),
        count,
      ),
      series: [{ name: 'failed', look: 'bad', value: (point) => point.errors }],
      format: axisNumber,
      filled: true,
    }),
    timeChart(result, {
      id: 'users',
      title: 'Users at once',
      description: range(
        steady.map(({ users }) => users),
        count,
      ),
      series: [{ name: 'users', look: 'a', value: (point) => point.users }],
      format: axisNumber,
      filled: true,
    }),
    distributionChart(result) || html``,
  ]
}

function axisTime(ms: number): string {
  return ms >= 1000 ? `${Number((ms / 1000).toPrecision(3))} s` : ms === 0 ? '0' : milliseconds(ms)
}

function axisNumber(value: number): string {
  return Number.isInteger(value) ? count(value) : value.toFixed(1)
}

/** Planned and achieved share of every scenario, one bar above the other. */
function mixBars({ scenarios }: LoadTestResult): Html {
  const bar = (name: string, share: (scenario: (typeof scenarios)[number]) => number) =>
    html`<div class="mix"><span>${name}</span><div role="img" aria-label="${name}: ${scenarios
      .map((scenario) => `${scenario.name} ${percent(share(scenario))}`)
      .join(', ')}">${scenarios.map(
      (scenario, index) =>
        html`<i class="s${index}" style="width:${share(scenario) * 100}%" title="${scenario.name} ${percent(share(scenario))}"></i>`,
    )}</div></div>`
  return html`<div class="mixes">${bar('planned', ({ planned }) => planned)}${bar('done', ({ achieved }) => achieved)}
<p class="legend">${scenarios.map(({ name, achieved }, index) => html`<span><i class="key s${index}"></i>${name} ${percent(achieved)}</span>`)}</p></div>`
}

function setup(result: LoadTestResult): Html {
  const { plan, testUsers, environment, engine } = result
  const stages = plan.stages.map(
    ({ phase, durationMs, users }) => `${phase} ${Number((durationMs / 1000).toFixed(1))} s to ${count(users)} users`,
  )
  const made = testUsers.how === 'database' ? 'in the database' : 'through the API'
  const rows: [string, string | Html][] = [
    ['run', result.id],
    ['target', `${environment.name}, ${environment.url}`],
    ['engine', `${engine.name} ${engine.version}`],
    ['load', stages.join(' · ')],
    ['think time', `${plan.thinkTime.minMs / 1000} to ${plan.thinkTime.maxMs / 1000} s between two requests of a user`],
    [
      'weights',
      Object.entries(plan.weights)
        .map(([name, weight]) => `${name} ${weight}`)
        .join(' · '),
    ],
    ['request timeout', `${plan.requestTimeoutMs / 1000} s`],
    [
      'test users',
      `${count(testUsers.made)} made ${made} in ${milliseconds(testUsers.ms)}, ${testUsers.removed ? 'removed after the run' : 'still there'}`,
    ],
    ['run it again', html`<code>${result.command}</code>`],
  ]
  return table('What was run', ['setting', 'value'], rows, 2, false)
}

/** `23 Nov 2026, 14:02 UTC` */
function dateText(iso: string): string {
  const date = new Date(iso)
  const day = date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' })
  return `${day}, ${iso.slice(11, 16)} UTC`
}
