import { type Html, html } from '@journeys/core/ops'
import { clockTime } from '../profiles/duration.ts'
import type { FailureKind, FailureResult, LoadTestResult } from '../result.ts'
import { count, counted } from './number-text.ts'
import { section, table } from './table.ts'

const kinds: Readonly<Record<FailureKind, string>> = {
  server: 'server error',
  network: 'no answer',
  client: 'refused',
  limited: 'rate limit',
}

/** What failed and what the server said to it: the first different failures, the most frequent first. */
export function failurePart({ failures, failedChecks, total }: LoadTestResult): Html | false {
  if (failures.length === 0 && failedChecks.length === 0) return false
  const parts = (
    [
      ['server', total.whole.serverErrors],
      ['network', total.whole.networkErrors],
      ['client', total.whole.clientErrors],
      ['limited', total.whole.limited],
    ] as const
  ).filter(([, times]) => times > 0)
  return section(
    'failures',
    'What failed',
    parts.length > 0 &&
      html`<p>${parts.map(([kind, times], index) => html`${index > 0 && ' · '}${counted(times, `${kinds[kind]}`).replace(/^(.*answer)s$/, '$1')}`)} <span class="quiet">over the whole run</span></p>`,
    html`<div class="failures">${failures.map(failureCard)}</div>`,
    failedChecks.length > 0 &&
      table(
        'Answers that were not right',
        ['scenario', 'what was expected', 'times'],
        failedChecks.map(({ scenario, name, count: times }) => [scenario, name, count(times)]),
        2,
      ),
  )
}

function failureCard({
  kind,
  name,
  status,
  code,
  error,
  body,
  otherCodes,
  count: times,
  firstMs,
}: FailureResult): Html {
  const answer = status === 0 ? (error ?? 'no answer') : `HTTP ${status}${code === undefined ? '' : ` · ${code}`}`
  return html`<article class="failure"><h3><span class="chip ${kind}">${kinds[kind]}</span> ${name}</h3>
<p><b>${answer}</b> <span class="quiet">${counted(times, 'time')}, first at ${clockTime(firstMs)}${otherCodes?.length ? html`, also ${otherCodes.join(', ')}` : ''}</span></p>
${body !== undefined && body !== '' && html`<pre tabindex="0" aria-label="Body of the first such answer">${prettyBody(body)}</pre>`}</article>`
}

/** JSON over several lines when it is whole; a body that was cut stays as it came. */
function prettyBody(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body
  }
}
