import { type Html, html } from '@journeys/core/ops'
import { clockTime } from '../profiles/duration.ts'
import type { LoadTestResult } from '../result.ts'
import type { Culprit } from '../server/culprits/culprit.ts'
import type { DatabaseSide, ServerSide } from '../server/server-side.ts'
import { milliseconds } from '../verdict/figure-text.ts'
import { barRows } from './bar-rows.ts'
import { bytes, cores, count, counted, percent, rate, signedBytes } from './number-text.ts'
import { serverCharts } from './server-charts.ts'
import { type Cell, quiet, section, table } from './table.ts'

/** Where to look: the first thing that a fail needs, so it has its own place above the charts. */
export function culpritPart({ server, verdict }: LoadTestResult): Html | false {
  if (!server || server.culprits.length === 0 || verdict === 'pass') return false
  return section(
    'culprits',
    'Where to look',
    html`<p class="aside">What the server did meanwhile, most likely cause first.</p>`,
    cards(server.culprits),
  )
}

/** The same minutes, seen from the server. */
export function serverPart(result: LoadTestResult): Html | false {
  const { server, verdict } = result
  if (!server) return false
  const { database, culprits, notes, processes } = server
  const elsewhere = culprits.length > 0 && verdict !== 'pass'
  return section(
    'server',
    'Server',
    culprits.length === 0 && html`<p>Nothing stands out on the server’s side.</p>`,
    culprits.length > 0 && !elsewhere && cards(culprits),
    notes.length > 0 && html`<ul class="aside">${notes.map((note) => html`<li>${note}</li>`)}</ul>`,
    database && facts(database, server),
    database && outageText(database),
    ...serverCharts(result),
    processes.length > 0 && processTable(server),
    database && applicationTable(database),
    database && statementPart(database),
    database && waitPart(database),
    database && tablePart(database),
  )
}

function cards(culprits: readonly Culprit[]): Html {
  return html`<ol class="culprits">${culprits.map(
    ({ severity, title, detail, hint }) =>
      html`<li class="${severity}"><h3>${title}</h3><p>${detail}</p><p class="hint"><b>Next</b> ${hint}</p></li>`,
  )}</ol>`
}

function facts(database: DatabaseSide, { durationMs }: ServerSide): Html {
  const { connections, cacheHit, rows, walBytes, tempBytes, deadlocks, transactions } = database
  const fact = (name: string, value: string, note: string) =>
    html`<div><dt>${name}</dt><dd><b>${value}</b> <small class="quiet">${note}</small></dd></div>`
  return html`<h3>Database <small class="quiet">Postgres ${database.version}</small></h3><dl class="facts">
${fact('connections', `${count(connections.peak)} of ${count(connections.limit)}`, `${count(connections.busyPeak)} busy at most, ${connections.busyMean.toFixed(1)} on average`)}
${cacheHit && fact('read from memory', percent(cacheHit.ratio), `${count(cacheHit.reads)} page reads`)}
${fact('transactions', `${rate(transactions.committed / Math.max(1, durationMs / 1000))}/s`, `${count(transactions.rolledBack)} rolled back`)}
${rows && fact('rows written', count(rows.inserted + rows.updated + rows.deleted), `${count(rows.inserted)} new, ${count(rows.updated)} changed, ${count(rows.deleted)} deleted`)}
${walBytes !== undefined && fact('written to the log', bytes(walBytes), 'write-ahead log')}
${fact('temporary files', bytes(tempBytes), tempBytes > 0 ? 'sorts and joins beyond work_mem' : '')}
${fact('deadlocks', count(deadlocks), '')}
</dl>`
}

/** When the database was not there: the first thing to know about its figures. */
function outageText({ outages, restartsAtMs }: DatabaseSide): Html | false {
  if (outages.length === 0 && restartsAtMs.length === 0) return false
  const gone = outages.map(({ fromMs, toMs }) => `from ${clockTime(fromMs)} to ${clockTime(toMs)}`).join(', ')
  const anew = restartsAtMs.map((at) => clockTime(at)).join(', ')
  return html`<p><b class="maybe">${outages.length > 0 && `It did not answer ${gone}.`} ${restartsAtMs.length > 0 && `It was started anew, seen at ${anew}.`}</b></p>`
}

/** Who holds the connections: a pool whose connections are all busy makes everybody else wait. */
function applicationTable({ connections }: DatabaseSide): Html | false {
  const { applications } = connections
  if (applications.length === 0) return false
  return table(
    'Connections by application',
    ['application', 'role', 'most', 'busy, mean', 'all busy'],
    applications.map(({ application, role, peak, busyMean, allBusy }) => [
      application === '' ? 'unnamed' : application,
      role,
      count(peak),
      busyMean.toFixed(1),
      allBusy >= mostlyBusy
        ? html`<b class="bad">${percent(allBusy, 0)} of the time</b>`
        : `${percent(allBusy, 0)} of the time`,
    ]),
    2,
  )
}

/** From this share of the time on, a pool without a free connection is what others wait for. */
const mostlyBusy = 0.5

function processTable({ processes, machine }: ServerSide): Html {
  const cpu = (usage: { mean: number; peak: number } | undefined): Cell[] =>
    usage ? [usage.mean.toFixed(2), usage.peak.toFixed(2)] : [quiet('–'), quiet('–')]
  return table(
    machine ? `Processes, on a machine with ${counted(machine.cores, 'core')}` : 'Processes',
    ['process', 'cores, mean', 'cores, busiest 5 s', 'can use', 'memory, most'],
    [
      ...processes.map(({ name, cpuCores, limitCores, memoryPeakBytes }) => [
        name,
        ...cpu(cpuCores),
        cores(limitCores),
        memoryPeakBytes > 0 ? bytes(memoryPeakBytes) : '–',
      ]),
      ...(machine ? [[quiet('whole machine'), ...cpu(machine.cpuCores), cores(machine.cores), '']] : []),
    ],
  )
}

/** Bars of more statements are no longer looked at; the table has them all. */
const mostBars = 6

function statementPart({ statements }: DatabaseSide): Html | false {
  if (!statements || statements.length === 0) return false
  return html`<h3>Statements, by the time they took</h3>
${barRows(
  statements.slice(0, mostBars).map(({ title, share, meanMs, calls, nested }) => ({
    label: title,
    note: `${counted(calls, 'call')}, ${milliseconds(meanMs)} each${nested ? ', inside a function' : ''}`,
    look: nested ? ('muted' as const) : ('plain' as const),
    value: share,
    text: percent(share),
  })),
  { label: 'Share of the database’s time', top: Math.max(0.01, statements[0]?.share ?? 0) },
)}
<details><summary>All of them, with their text</summary>${table(
    'Statements of the run',
    ['statement', 'text', 'calls', 'mean', 'total', 'rows', 'pages per call', 'share'],
    statements.map(({ title, text, role, calls, meanMs, totalMs, rows, pagesPerCall, share }) => [
      html`${title}<br><small class="quiet">${role}</small>`,
      html`<code class="sql">${text}</code>`,
      count(calls),
      milliseconds(meanMs),
      milliseconds(totalMs),
      count(rows),
      count(pagesPerCall),
      percent(share),
    ]),
    2,
    false,
  )}</details>`
}

/** What was less often seen is chance. */
const leastShare = 0.01

function waitPart({ waits }: DatabaseSide): Html | false {
  const shown = waits.filter(({ share }) => share >= leastShare).slice(0, 8)
  if (shown.length === 0) return false
  return html`<h3>What busy sessions were doing</h3>
${barRows(
  shown.map(({ type, event, share, sessions }) => ({
    label: type === 'CPU' ? 'running' : event,
    note: type === 'CPU' ? 'not waiting' : `waiting: ${type}`,
    value: share,
    text: `${percent(share, 0)}, ${sessions.toFixed(1)} at once`,
    look: type === 'CPU' ? 'plain' : type === 'Lock' || event === 'PgSleep' ? 'bad' : 'muted',
  })),
  { label: 'Share of the busy sessions that were seen' },
)}`
}

function tablePart({ tables }: DatabaseSide): Html | false {
  if (!tables || tables.length === 0) return false
  const size = (value: number | undefined, format: (value: number) => string) =>
    value === undefined ? '–' : format(value)
  return html`<details><summary>Tables: ${counted(tables.length, 'table')} written or read as a whole</summary>${table(
    'Tables',
    [
      'table',
      'inserted',
      'updated',
      'deleted',
      'index scans',
      'read as a whole',
      'rows each time',
      'size',
      'grown',
      'indexes',
      'grown',
    ],
    tables.map((used) => [
      html`${used.name}${used.partitions > 0 && html`<br><small class="quiet">${counted(used.partitions, 'partition')}</small>`}`,
      count(used.inserted),
      count(used.updated),
      count(used.deleted),
      count(used.indexScans),
      count(used.sequentialScans),
      count(used.rowsPerScan),
      size(used.bytes, bytes),
      size(used.grownBytes, signedBytes),
      size(used.indexBytes, bytes),
      size(used.indexGrownBytes, signedBytes),
    ]),
    1,
    false,
  )}</details>`
}
