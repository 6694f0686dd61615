import type { TableChange } from '../table-usage.ts'
import type { Suspect } from './culprit.ts'
import type { DatabaseEvidence, Evidence } from './evidence.ts'
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
      const first = columns[0]
      const scans = table.sequentialScans
      return {
        kind: 'sequential_scans',
        severity: (share ?? cores * 2) >= 0.2 || cores >= 0.2 ? 'critical' : 'warning',
        title:
          first === undefined
            ? `${table.name} is read as a whole, again and again`
            : `${table.name} is read as a whole: no index begins with ${first.column}`,
        detail: [
          `${figure(scans)} sequential scans read ${figure(table.sequentialRows)} rows, ${figure(table.rowsPerScan)} each`,
          table.partitions > 0 ? ` (of its ${table.partitions} partitions, the one read most)` : '',
          `; ${figure(table.indexScans)} scans used an index.`,
          columns.length > 0 ? ` ${columns.map(({ column, because }) => `${column} ${because}`).join('; ')}.` : '',
          statementsOn(database, table.name),
        ].join(''),
        hint:
          first === undefined
            ? `Ask for the plan of the statement (explain analyze) and give its condition an index; journeys migrate status says whether a migration is missing.`
            : `create index${table.partitions > 0 ? '' : ' concurrently'} on ${table.name} (${first.column}, …); if a migration made one, it was dropped: journeys migrate status.`,
        weight: Math.max(share ?? 0, Math.min(1, cores)),
      }
    })
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
