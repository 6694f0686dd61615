import { type Html, html, trusted } from '../../html.ts'
import { canonicalJson, receiptHash } from './canonical.ts'
import style from './page-style.html'
import type { Receipt, ReceiptVerification } from './receipt.ts'

/** A receipt for a person to read, print on A4 and file. It stands alone: no script, nothing loaded, no personal data. */
export function renderReceiptPage(receipt: Receipt): string {
  const { erasure, outcome, environment, seq, finishedAt } = receipt
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Erasure ${erasure} · receipt ${seq}</title>
${trusted(style)}
</head>
<body>
<header>
<span class="outcome ${outcome}">${outcome === 'done' ? 'DONE' : 'PARTLY DONE'}</span>
<h1>Receipt for erasure <span class="whole">${erasure}</span></h1>
<p class="quiet">Journeys · ${environment} · receipt number ${seq} · ${moment(finishedAt)}</p>
</header>
<main>
${summaryPart(receipt)}
${treatmentPart(receipt)}
${verificationPart(receipt)}
${byHandPart(receipt)}
${stepsPart(receipt)}
${proofPart(receipt)}
<div class="filed"><div>File number</div><div>Name</div><div>Date and signature</div></div>
</main>
</body>
</html>
`.text
}

function summaryPart(receipt: Receipt): Html {
  const { outcome, held, requestedAt, dueAt, openedAt, finishedAt, deadlineKept, subjectHash, replays } = receipt
  const what =
    outcome === 'done'
      ? 'Everything that this system holds about one person was erased, overwritten or untied from them, but for what is listed as kept.'
      : 'Part of what this system holds about one person was erased. The rest is under legal hold and has to be erased when that ends.'
  return html`<p>${what} This receipt names nobody: the person appears as a keyed hash.</p>
<dl>
<dt>Asked for</dt><dd>${day(requestedAt)}</dd>
<dt>Due</dt><dd>${day(dueAt)}</dd>
<dt>Carried out</dt><dd>${moment(openedAt)} to ${moment(finishedAt)}: ${deadlineKept ? 'in time' : 'after the deadline'}</dd>
${replays === null ? null : html`<dt>Repeats</dt><dd>${replays}: the person had come back with a restored backup</dd>`}
${held.map(holdRow)}
<dt>Person</dt><dd><code>${subjectHash}</code><br><span class="quiet">HMAC-SHA256 of the person's id. Whoever has the key and the id can make it again; from the hash alone nobody finds out.</span></dd>
</dl>`
}

function holdRow({ tables, reviewOn }: Receipt['held'][number]): Html {
  const what = tables === null ? 'everything' : tables.join(', ')
  const until = reviewOn === null ? '' : `; to be looked at again on ${day(reviewOn)}`
  return html`<dt>Legal hold</dt><dd>on ${what}${until}</dd>`
}

function treatmentPart({ plan }: Receipt): Html {
  const { erase, overwrite, unlink, keep, storage } = plan
  const rows = (what: string, tables: { table: string; rows: number }[]) =>
    tables.map(
      ({ table, rows: count }) =>
        html`<tr><td>${what}</td><td><code>${table}</code></td><td class="number">${number(count)}</td></tr>\n`,
    )
  const scores = plan.keepStatistics
    ? 'Scores were kept for statistics where so many others had given some of the same kind in the same month that they tell nothing about one.'
    : null
  return html`<h2>What was done</h2>
<table>
<thead><tr><th>What</th><th>Where</th><th class="number">Rows</th></tr></thead>
<tbody>
${rows('Erased', erase)}${rows('Overwritten', overwrite)}${rows('Untied from the person', unlink)}${storage.map(
  ({ bucket, objects, bytes }) =>
    html`<tr><td>Files removed</td><td><code>${bucket}</code>, ${size(bytes)}</td><td class="number">${number(objects)}</td></tr>\n`,
)}</tbody>
</table>
${scores === null ? null : html`<p>${scores}</p>`}
<p class="quiet">Counted when the erasure was planned (plan <code>${plan.id}</code>), right before it began.</p>
${keep.length === 0 ? null : keptTable(keep)}`
}

function keptTable(keep: Receipt['plan']['keep']): Html {
  return html`<h2>What is kept, and why</h2>
<table>
<thead><tr><th>Where</th><th>Ground</th><th>Until</th><th class="number">Rows</th></tr></thead>
<tbody>
${keep.map(
  ({ table, rows, ground, until }) =>
    html`<tr><td><code>${table}</code></td><td>${ground}</td><td class="whole">${until === null ? '–' : day(until)}</td><td class="number">${number(rows)}</td></tr>\n`,
)}</tbody>
</table>`
}

function verificationPart({ verification, held }: Receipt): Html {
  const { at, tables, columns, rows, bytes, terms, found, storage } = verification
  const searched = [
    counted(terms.id, 'id'),
    counted(terms.email, 'e-mail address', 'e-mail addresses'),
    counted(terms.phone, 'telephone number'),
    counted(terms.name, 'name'),
    counted(terms.phrase, 'phrase of their own writing', 'phrases of their own writing'),
  ].filter((one) => !one.startsWith('0 '))
  const files =
    storage === null ? null : `In ${counted(storage.buckets, 'bucket')}, ${counted(storage.objects, 'file')} left.`
  const dismissed = new Set(verification.dismissed.map(({ finding }) => finding))
  const open = found.filter(({ id }) => !dismissed.has(id))
  const verdict =
    found.length === 0
      ? 'Nothing was found.'
      : open.length === 0
        ? 'What was found was looked at and dismissed by a person, as listed below.'
        : held.length > 0
          ? 'What was found lies under the legal hold.'
          : 'What was found is listed below.'
  return html`<h2>How it was verified</h2>
<p>After the erasure, on ${moment(at)}, the whole database was searched, by a part of the program that knows nothing of what erases:
${number(columns)} columns of ${number(tables)} tables, ${number(rows)} rows, ${size(bytes)}, for ${list(searched)}. <strong>${verdict}</strong> ${files}</p>
${placesTable('Found', found, dismissed)}
${placesTable('The same name or sentence in rows of other people only, which is no finding', verification.shared, new Set())}
${dismissals(verification)}
${omissions('Could not be searched', verification.notSearched)}
${omissions(
  'Left out on purpose',
  verification.setAside.map(({ table, column, why }) => ({ table: `${table}.${column}`, why })),
)}`
}

function placesTable(title: string, places: ReceiptVerification['found'], dismissed: ReadonlySet<string>): Html | null {
  if (places.length === 0) return null
  return html`<p class="title">${title}</p>
<table>
<thead><tr><th>Finding</th><th>Where</th><th>What</th><th class="number">Rows</th></tr></thead>
<tbody>
${places.map(
  ({ id, kind, table, column, rows }) =>
    html`<tr><td class="whole">${id}${dismissed.has(id) ? ', dismissed' : ''}</td><td><code>${table}.${column}</code></td><td>${kind}</td><td class="number">${number(rows)}</td></tr>\n`,
)}</tbody>
</table>`
}

function dismissals({ dismissed }: ReceiptVerification): Html | null {
  if (dismissed.length === 0) return null
  return html`<p class="title">Dismissed</p>
<ul>${dismissed.map(({ finding, reason, by, at }) => html`<li>${finding}: ${reason} (${by}, ${day(at)})</li>\n`)}</ul>`
}

function omissions(title: string, places: readonly { table: string; why: string }[]): Html | null {
  if (places.length === 0) return null
  return html`<p class="title">${title}</p>
<ul>${places.map(({ table, why }) => html`<li><code>${table}</code>: ${why}</li>\n`)}</ul>`
}

function byHandPart({ byHand, erasure }: Receipt): Html | null {
  if (byHand.length === 0) return null
  return html`<h2>What no program reaches</h2>
<p>As it stood when this was signed; <code>journeys gdpr status ${erasure}</code> shows it as it stands now.</p>
<table>
<tbody>
${byHand.map(
  ({ title, doneAt }) =>
    html`<tr><td><span class="box">${doneAt === null ? '☐' : '☑'}</span> ${title}</td><td class="number">${doneAt === null ? 'open' : day(doneAt)}</td></tr>\n`,
)}</tbody>
</table>`
}

function stepsPart({ steps }: Receipt): Html | null {
  if (steps.length === 0) return null
  return html`<h2>Steps</h2>
<table>
<thead><tr><th>Step</th><th>Ended</th><th class="number">Tries</th><th class="number">Rows</th></tr></thead>
<tbody>
${steps.map(
  ({ step, attempts, finishedAt, rows, state }) =>
    html`<tr><td>${step}</td><td class="whole">${finishedAt === null ? state : moment(finishedAt)}</td><td class="number">${number(attempts)}</td><td class="number">${rows === null ? '' : number(rows)}</td></tr>\n`,
)}</tbody>
</table>`
}

function proofPart(receipt: Receipt): Html {
  const { previous, seq, erasure, keyId, publicKey, signature, tool } = receipt
  const name = `${String(seq).padStart(4, '0')}-${erasure}.json`
  return html`<h2>Proof</h2>
<p>This page shows what is in the file <code>${name}</code>, which is what was signed. Whether that file is whole, stands in its place in the chain of
receipts, and still tells the truth about the database is shown by</p>
<pre><code>journeys gdpr verify ${name}</code></pre>
<dl>
<dt>SHA-256 of the file's text</dt><dd><code>${receiptHash(canonicalJson(receipt))}</code></dd>
<dt>Receipt before it</dt><dd>${previous === null ? 'none: this is the first' : html`number ${previous.seq}, <code>${previous.hash}</code>`}</dd>
<dt>Signature</dt><dd><code>${signature}</code></dd>
<dt>Public key</dt><dd><code>${publicKey}</code>, id <code>${keyId}</code>; Ed25519. Compare it with the published one.</dd>
<dt>Made with</dt><dd>${tool.name} ${tool.version}</dd>
</dl>`
}

/** `2026-11-23` */
function day(time: string): string {
  return time.slice(0, 10)
}

/** `2026-11-23 14:02 UTC` */
function moment(time: string): string {
  return `${time.slice(0, 16).replace('T', ' ')} UTC`
}

function number(value: number): string {
  return value.toLocaleString('en').replaceAll(',', '\u202f')
}

function size(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB']
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  const value = bytes / 1000 ** power
  return `${value < 10 && power > 0 ? value.toFixed(1) : number(Math.round(value))} ${units[power]}`
}

function counted(count: number, one: string, several = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : several}`
}

function list(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}
