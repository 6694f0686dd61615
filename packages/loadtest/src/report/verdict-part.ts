import { type Html, html, trusted } from '@journeys/core/ops'
import type { LoadTestResult, Verdict } from '../result.ts'
import { count, dateText } from './number-text.ts'

/** What the whole page comes down to, and why. The first thing that anybody reads. */
export function verdictPart(result: LoadTestResult): Html {
  const { environment, profile, engine, startedAt, reasons, warnings } = result
  const [first, ...others] = reasons
  return html`<header class="verdict ${verdictLook(result)}">
<p class="where"><b>Journeys load test</b> <span>${environment.name}</span> <span>${profile}</span> <span>${loadText(result)}</span> <span>${engine.name} ${engine.version}</span> <time datetime="${startedAt}">${dateText(startedAt)}</time></p>
<h1>${icon(verdictLook(result))}<span><span class="word">${verdictWord(result)}</span><span class="unseen">: </span><span class="why">${sentence(first ?? '')}</span></span></h1>
${others.length > 0 && html`<ul class="reasons">${others.map((reason) => html`<li>${sentence(reason)}</li>`)}</ul>`}
${warnings.length > 0 && html`<div class="warnings"><h2>Worth knowing</h2><ul>${warnings.map((warning) => html`<li>${sentence(warning)}</li>`)}</ul></div>`}
</header>`
}

/** `Pass`, `Warn`, …; an interrupted run is called that. */
export function verdictWord({ verdict, interrupted }: Pick<LoadTestResult, 'verdict' | 'interrupted'>): string {
  return interrupted ? 'Interrupted' : `${verdict.slice(0, 1).toUpperCase()}${verdict.slice(1)}`
}

/** The load in a few words: `1 000 users`, `up to 400 iterations/s`. */
export function loadText({ plan, users }: LoadTestResult): string {
  if (plan.model === 'closed') return `${count(users)} users`
  const highest = Math.max(plan.start, ...plan.stages.map(({ target }) => target))
  return `up to ${count(highest)} iterations/s`
}

/** Reasons are written to go on after a colon; here they stand alone. */
function sentence(text: string): string {
  // Names such as `http_req_duration` or `journal_creation: …` keep their spelling.
  return /^[a-z]+[ ,]/.test(text) ? `${text.slice(0, 1).toUpperCase()}${text.slice(1)}` : text
}

type Look = Verdict | 'interrupted'

export function verdictLook({ verdict, interrupted }: Pick<LoadTestResult, 'verdict' | 'interrupted'>): Look {
  return interrupted ? 'interrupted' : verdict
}

const shapes: Readonly<Record<Look, string>> = {
  pass: '<path d="M12 20.5l5.5 5.5L28.5 14.5"/>',
  warn: '<path d="M20 11v11"/><path d="M20 28.5v.1"/>',
  fail: '<path d="M13.5 13.5l13 13M26.5 13.5l-13 13"/>',
  inconclusive: '<path d="M15 16a5 5 0 1 1 7.2 4.5c-1.6.8-2.2 1.6-2.2 3"/><path d="M20 28.8v.1"/>',
  invalid: '<path d="M11.5 20h17"/>',
  interrupted: '<path d="M15.5 13.5v13M24.5 13.5v13"/>',
}

/** The verdict as a shape: seen before it is read, and not by its colour alone. */
function icon(look: Look): Html {
  return trusted(
    `<svg class="icon" viewBox="0 0 40 40" aria-hidden="true"><circle cx="20" cy="20" r="20"/>${shapes[look]}</svg>`,
  )
}
