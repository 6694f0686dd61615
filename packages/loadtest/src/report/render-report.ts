import { createHash } from 'node:crypto'
import { type Html, html, jsonForScript, trusted } from '@journeys/core/ops'
import type { LoadTestResult } from '../result.ts'
import { analysisPart } from './analysis-part.ts'
import { baselinePart } from './baseline-part.ts'
import { chartPoints } from './chart-points.ts'
import chartReader from './chart-reader.html'
import { failurePart } from './failure-part.ts'
import { generatorPart } from './generator-part.ts'
import { dateText } from './number-text.ts'
import { axisSeconds } from './phase-bands.ts'
import { repeatPart } from './repeat-part.ts'
import { requestPart, scenarioPart } from './scenario-part.ts'
import { culpritPart, serverPart } from './server-part.ts'
import { setupPart } from './setup-part.ts'
import { styles } from './styles.ts'
import { thresholdPart } from './threshold-part.ts'
import { tiles } from './tiles.ts'
import { timePart } from './time-part.ts'
import { verdictPart, verdictWord } from './verdict-part.ts'

/**
 * The report as one HTML page that needs nothing else: no network, no font, no library. It can be mailed.
 * @param result as `runLoadTest` returns it, or read back from its JSON
 * @param repeats all runs of a series in their order, `result` among them; shown beside each other when there are several
 */
export function renderReport(result: LoadTestResult, repeats: readonly LoadTestResult[] = []): string {
  const { environment, profile, startedAt } = result
  const title = `Load test ${verdictWord(result).toLowerCase()} · ${environment.name} · ${profile} · ${dateText(startedAt)}`
  // Why, then where to look, then what was asked for, then everything else by how often it is needed.
  const parts: [string, Html | false][] = [
    ['Where to look', culpritPart(result)],
    [analysisName(result), analysisPart(result)],
    ['Baseline', baselinePart(result)],
    ['Runs', repeatPart(repeats, result)],
    ['Thresholds', thresholdPart(result)],
    ['Over time', timePart(result)],
    ['Failures', failurePart(result)],
    ['Scenarios', scenarioPart(result)],
    ['Requests', requestPart(result)],
    ['Server', serverPart(result)],
    ['Generator', generatorPart(result)],
    ['Set-up', setupPart(result)],
  ]
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src '${scriptHash}'; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
${styles}
</head>
<body>
<a class="skip" href="#content">Skip to the figures</a>
${verdictPart(result)}
<nav aria-label="Parts of this report">${contents(parts)}</nav>
<main id="content" tabindex="-1">
${tiles(result)}
${parts.map(([, part]) => part)}
</main>
<footer>Journeys load test ${result.id}. This page needs no network and holds no key or token.</footer>
<script type="application/json" id="timeline">${jsonForScript(readings(result))}</script>
${trusted(chartReader)}
</body>
</html>
`.text
}

/** Only this script may run, whatever else might have come into the page. */
const scriptHash = `sha256-${createHash('sha256')
  .update(chartReader.slice(chartReader.indexOf('>') + 1, chartReader.lastIndexOf('</script>')))
  .digest('base64')}`

function analysisName({ analysis }: LoadTestResult): string {
  return { spike: 'Rush', stress: 'Capacity', recovery: 'Recovery', soak: 'Drift', none: '' }[analysis?.kind ?? 'none']
}

/** Where the page is long, the way to its parts; every part's first id is its section's. */
function contents(parts: readonly [string, Html | false][]): Html {
  return html`<ul>${parts.map(([name, part]) => {
    const id = part && /^<section id="([\w-]+)"/.exec(part.text)?.[1]
    return id && html`<li><a href="#${id}">${name}</a></li>`
  })}</ul>`
}

/** What the charts' reader says, by column: a tenth of a ms is as exact as it gets. */
function readings(result: LoadTestResult) {
  const points = chartPoints(result)
  const round = (value: number | undefined) => (value === undefined ? null : Number(value.toPrecision(4)))
  return {
    seconds: axisSeconds(result),
    points: points.map(({ second, width, phase, users, requests, errors, dropped, p50, p95, p99 }) => [
      second,
      width,
      phase,
      users,
      round(requests),
      round(errors),
      round(dropped),
      round(p50),
      round(p95),
      round(p99),
    ]),
  }
}
