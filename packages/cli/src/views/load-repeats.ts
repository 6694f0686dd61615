import type { LoadTestResult } from '@journeys/loadtest'
import { formatDuration } from '../output/duration.ts'
import type { Look } from '../output/look.ts'
import { formatCount } from '../output/number.ts'
import { type Column, renderTable } from '../output/table.ts'
import { paintVerdict } from './load-test.ts'

const columns: readonly Column[] = [
  { heading: 'run' },
  { heading: 'began' },
  ...['requests', '/s', 'errors', 'p50', 'p95', 'p99'].map((heading) => ({ heading, align: 'right' as const })),
  { heading: '' },
]

/** The runs of `--repeat` beside each other: how much of a difference is chance. */
export function renderRepeats(runs: readonly LoadTestResult[], look: Look): string {
  const rows = runs.map((run, index) => [
    String(index + 1),
    run.startedAt.slice(11, 19),
    formatCount(run.total.requests),
    formatCount(run.total.rate),
    formatCount(run.total.errors),
    ...[run.total.p50, run.total.p95, run.total.p99].map((ms) => (ms === undefined ? '–' : formatDuration(ms))),
    paintVerdict(run, look),
  ])
  return renderTable(columns, rows, look)
}
