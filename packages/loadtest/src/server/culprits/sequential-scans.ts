import type { TableChange } from '../table-usage.ts'
import type { Suspect } from './culprit.ts'
import type { DatabaseEvidence, Evidence, LostIndex, UnindexedColumn } from './evidence.ts'
import { figure } from './figure.ts'

/** Under it an index would hardly be quicker. */
const fewRowsPerScan = 1000
/** What reading and testing one row takes at least, with a policy: only to tell what matters from what does not. */
const msPerRow = 0.0003

/** Tables that are read as a whole so often that it costs something, the dearest first. */
export function readAsWhole(
  tables: readonly TableChange[],
  durationMs: number,
  statementsMs: number | undefined,
): { table: TableChange; share: number | undefined; cores: number }[] {
  return tables
    .map((table) => {
      const ms = table.sequentialRows * msPerRow
      return { table, share: statementsMs ? Math.min(1, ms / statementsMs) : undefined, cores: ms / durationMs }
    })
    .filter(({ table, share, cores }) => {
      if (table.rowsPerScan < fewRowsPerScan || table.sequentialScans < 5) return false
      return share === undefined ? cores >= 0.03 : share >= 0.1 && cores >= 0.01
    })
    .sort((a, b) => b.table.sequentialRows - a.table.sequentialRows)
}

/** An index is missing, or cannot be used. */
export function sequentialScans({ database, durationMs }: Evidence): Suspect[] {
  if (database === undefined) return []
  return readAsWhole(database.tables, durationMs, database.statementsMs)
    .slice(0, 3)
    .map(({ table, share, cores }) => {
      const columns = database.unindexed.get(table.id) ?? []
      const lost = database.lost.get(table.id) ?? []
      return {
        kind: 'sequential_scans',
        severity: (share ?? cores * 2) >= 0.2 || cores >= 0.2 ? 'critical' : 'warning',
        title: `${table.name} is read as a whole${because(columns, lost)}`,
        detail: [
          `${figure(table.sequentialScans)} sequential scans read ${figure(table.sequentialRows)} rows, ${figure(table.rowsPerScan)} each`,
          table.partitions > 0 ? ` (of its ${table.partitions} partitions, the one read most)` : '',
          `; ${figure(table.indexScans)} scans used an index.`,
          ...columns.map((column) => ` No index begins with ${column.column}, which ${column.because}.`),
          ...lost.map(({ name, version }) => ` Migration ${version} made the index ${name}, and it is gone.`),
          statementsOn(database, table.name),
        ].join(''),
        hint: remedy(table, columns, lost),
        weight: Math.max(share ?? 0, Math.min(1, cores)),
      }
    })
}

function because([column]: readonly UnindexedColumn[], [lost]: readonly LostIndex[]): string {
  if (lost !== undefined) return `: its index ${lost.name} is gone`
  return column === undefined ? ', again and again' : `: no index begins with ${column.column}`
}

function remedy(table: TableChange, [column]: readonly UnindexedColumn[], [lost]: readonly LostIndex[]): string {
  if (lost !== undefined) return `${lost.statement};`
  if (column === undefined)
    return 'Ask for the plan of the statement (explain analyze), and give its condition an index.'
  // An index of a partitioned table cannot be made concurrently.
  return `create index${table.partitions > 0 ? '' : ' concurrently'} on ${table.name} (${column.column}, …);`
}

function statementsOn({ statements }: DatabaseEvidence, table: string): string {
  const quoted = table
    .split('.')
    .map((part) => `"${part}"`)
    .join('.')
  const titles = statements
    .filter(({ text, meanMs }) => meanMs >= 1 && (text.includes(quoted) || text.includes(table)))
    .slice(0, 2)
    .map(({ title, meanMs }) => `${title} (${figure(meanMs)} ms)`)
  return titles.length > 0 ? ` Dearest statements on it: ${titles.join('; ')}.` : ''
}
