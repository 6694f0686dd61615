import type { BaselineDocument } from '../documents/baseline.ts'
import { formatDuration } from '../output/duration.ts'
import { renderFields } from '../output/header.ts'
import type { Look } from '../output/look.ts'
import { formatBytes, formatCount, formatPlural } from '../output/number.ts'
import { type Column, renderTable } from '../output/table.ts'

/** What it was measured with. */
export function renderBaselineFields({ file, bytes, runs, fingerprint }: BaselineDocument, look: Look): string {
  const times = runs.map(({ startedAt }) => startedAt.slice(0, 16).replace('T', ' '))
  const [first = '', last = first] = [times[0], times.at(-1)]
  return renderFields(
    [
      ['file', `${file} (${formatBytes(bytes)})`],
      ['runs', `${formatPlural(runs.length, 'run')}, ${first === last ? first : `${first} to ${last}`} UTC`],
      ['of', `${fingerprint.environment}, profile ${fingerprint.profile}, ${fingerprint.engine}`],
      ['on', fingerprint.machine],
    ],
    look,
  )
}

const columns: readonly Column[] = [
  { heading: 'request', flexible: true },
  { heading: 'requests', align: 'right' },
  { heading: 'p50', align: 'right' },
  { heading: 'p95', align: 'right' },
]

/** The latencies of every request: of several runs the range that they lie in. */
export function renderBaselineRequests({ requests }: BaselineDocument, look: Look): string {
  const rows = requests.map((one) => [one.name, formatCount(one.requests), range(one.p50), range(one.p95)])
  return renderTable(columns, rows, look)
}

function range(values: readonly number[]): string {
  if (values.length === 0) return '–'
  const [least, most] = [formatDuration(Math.min(...values)), formatDuration(Math.max(...values))]
  return least === most ? least : `${least} to ${most}`
}
