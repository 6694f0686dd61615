import { type Html, html, trusted } from '../../html.ts'
import type { ExportFacts, TableExport } from './manifest.ts'
import { anotherPerson } from './other-people.ts'
import style from './readme-style.html'

/** The page that explains an export to the person it is about: self-contained, without scripts, printable. */
export function renderReadme(facts: ExportFacts): string {
  const { person, snapshotAt, tables, uploads } = facts
  const who = person.email ?? person.id
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Your data: ${who}</title>
${trusted(style)}
</head>
<body>
<main>
<h1>Your data</h1>
<p class="soft">A copy of the personal data held about you (Articles 15 and 20 of the General Data Protection Regulation)</p>
<dl class="facts">
<dt>About</dt><dd>${who}</dd>
<dt>Account</dt><dd><code>${person.id}</code>${person.createdAt && `, since ${day(person.createdAt)}`}</dd>
<dt>As it was at</dt><dd>${moment(snapshotAt)}</dd>
<dt>Holds</dt><dd>${count(rows, 'record')} in ${count(tables.length, 'table')}, ${count(uploads.length, 'uploaded file')}</dd>
</dl>
<p>All tables show one and the same moment. Keep this folder as you would keep a diary: whoever opens it can read everything.</p>
${facts.isBeingErased && html`<p><b>An erasure of your data had begun at that moment</b>: part of it may have been gone already.</p>`}

<h2>What is in it</h2>
${tables.length === 0 ? html`<p>No table holds anything about you.</p>` : tableList(tables)}
<ul>
<li><b>CSV</b> opens in a spreadsheet. A text that a spreadsheet could take for a formula has a <code>'</code> before it; no other
program needs it, and the JSON file has the text as it is.</li>
<li><b>JSON</b> is for other programs: the same records, exactly as they are stored. <b>Schema</b> says what each field may hold (JSON
Schema). Times are in UTC.</li>
<li><a href="manifest.json">manifest.json</a> lists every file here, for programs.</li>
</ul>

<h2>Files that you uploaded</h2>
${uploadList(facts)}

<h2>What is left out, and why</h2>
<ul>
<li><b>Your password.</b> Nobody has it: only a code made from it is stored, and that is left out, too, because it protects your
account.</li>
${withheldList(tables)}
<li><b>Other people's data.</b> Where a record of yours names another account, it says <code>${anotherPerson}</code>. What others wrote is
theirs (Art. 15(4)).</li>
<li><b>Backups, and the logs of the machines.</b> They hold the same data for some time, or traces of it, and are not searched.</li>
</ul>

<h2>How long it is kept, and on what ground</h2>
${keepingList(tables)}

<h2>Where else your data may be</h2>
${elsewhereList(facts.elsewhere)}

<h2>Your rights</h2>
<p>You can ask for what is wrong to be corrected (Art. 16), for your data to be erased (Art. 17) or only stored and not used (Art. 18), and
object to its use (Art. 21). This copy is made to be taken elsewhere (Art. 20). You can complain to the data protection authority of the
place where you live, where you work, or where you think the law was broken (Art. 77).</p>
<p>The letter that came with this copy tells you what a database cannot know: who is responsible and how to reach them, what your data
is used for, and whether decisions about you are made by a machine. The data comes from you and from your use of the app, unless a table
above says otherwise.</p>

<h2>Check that nothing was changed</h2>
<p>In this folder, type:</p>
<pre><code>sha256sum -c SHA256SUMS</code></pre>
<p class="soft">On a Mac: <code>shasum -a 256 -c SHA256SUMS</code>. Every file is listed as OK when it is as it was made.</p>
</main>
</body>
</html>
`
  return page.text
}

function tableList(tables: readonly TableExport[]): Html {
  return html`<div class="wide" tabindex="0" role="region" aria-label="Tables">
<table>
<thead><tr><th>Table</th><th class="count">Records</th><th>Open as</th></tr></thead>
<tbody>
${tables.map(
  ({ table, words, rows, json, csv, schema }) => html`<tr>
<td>${words || table}${words !== '' && html`<small>${table}</small>`}</td>
<td class="count">${figure(rows)}</td>
<td class="links"><a href="${csv}">CSV</a> · <a href="${json}">JSON</a> · <a href="${schema}">Schema</a></td>
</tr>
`,
)}</tbody>
</table>
</div>`
}

/** Beyond this many, the manifest lists them all. */
const mostLinks = 200

function uploadList({ uploads }: ExportFacts): Html {
  if (uploads.length === 0) return html`<p>You have no uploaded files.</p>`
  const here = uploads.filter(({ path }) => path !== null)
  const lost = uploads.filter(({ path }) => path === null)
  const rest = here.length - mostLinks
  return html`<ul>
${here.slice(0, mostLinks).map(({ path, bucket, name }) => html`<li><a href="${link(path ?? '')}">${bucket}/${name}</a></li>\n`)}
${rest > 0 && html`<li>and ${count(rest, 'more file')} in the folder files; manifest.json has all their names</li>`}
${lost.map(({ bucket, name }) => html`<li>${bucket}/${name}: is on record, but its content is no longer there</li>\n`)}
</ul>`
}

function withheldList(tables: readonly TableExport[]): Html[] {
  const byReason = new Map<string, string[]>()
  for (const { table, withheld } of tables) {
    for (const { column, why } of withheld) {
      byReason.set(why, [...(byReason.get(why) ?? []), `${table}.${column}`])
    }
  }
  return [...byReason].map(([why, columns]) => html`<li><code>${columns.join(', ')}</code>: ${why}.</li>\n`)
}

function keepingList(tables: readonly TableExport[]): Html {
  const byKeeping = new Map<string, TableExport[]>()
  for (const table of tables) {
    for (const one of table.keeping) byKeeping.set(one, [...(byKeeping.get(one) ?? []), table])
  }
  return html`<ul>
${[...byKeeping].map(
  ([keeping, of]) =>
    html`<li>${keeping}<br><span class="soft">${of.map(({ table }) => table).join(', ')}</span></li>\n`,
)}</ul>`
}

function elsewhereList(elsewhere: readonly string[]): Html {
  if (elsewhere.length === 0) return html`<p>No other place is on record.</p>`
  return html`<p>These have data about you too, or had it passed on. None of it is in this copy; each is dealt with separately when you want your data
to be erased:</p>
<ul>
${elsewhere.map((place) => html`<li>${place}</li>\n`)}</ul>`
}

/** A path as a link: names of files may have `#`, `?` and `%` in them. */
function link(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/')
}

function count(amount: number, noun: string): string {
  return amount === 1 ? `1 ${noun}` : `${figure(amount)} ${noun}s`
}

function figure(amount: number): string {
  return new Intl.NumberFormat('en').format(amount).replaceAll(',', '\u202f')
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10)
}

function moment(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`
}
