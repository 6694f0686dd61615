import type { Counters, TableCounters } from './counters.ts'
import type { TableUsage } from './server-side.ts'

/** A table with what only the culprits need. */
export interface TableChange extends TableUsage {
  /** Its oid, that of the partitioned table. */
  readonly id: number
}

export interface TablesChange {
  /** Every table that something happened to, largest change first. */
  readonly tables: TableChange[]
  readonly rows: { readonly inserted: number; readonly updated: number; readonly deleted: number }
  /** Pages of the project's tables and indexes that were read; `missed`: not found in memory. */
  readonly pages: { readonly hit: number; readonly missed: number }
}

const counted = [
  'sequential_scans',
  'sequential_rows',
  'index_scans',
  'inserted',
  'updated',
  'deleted',
  'pages_hit',
  'pages_missed',
] as const
type Counts = Record<(typeof counted)[number], number>

/** What happened to the tables between two readings. @param fromZero the server's counters began at 0 in between */
export function tablesChange(before: Counters, after: Counters, fromZero: boolean): TablesChange | undefined {
  if (after.tables === undefined || (before.tables === undefined && !fromZero)) return undefined
  const earlier = new Map(fromZero ? [] : before.tables?.map((table) => [table.id, table]))
  const byRoot = new Map<number, { name: string; parts: { id: number; counts: Counts }[] }>()
  const sum = { inserted: 0, updated: 0, deleted: 0, hit: 0, missed: 0 }
  for (const table of after.tables) {
    const counts = countsBetween(earlier.get(table.id), table)
    const root = byRoot.get(table.root) ?? { name: table.name, parts: [] }
    root.parts.push({ id: table.id, counts })
    byRoot.set(table.root, root)
    sum.inserted += counts.inserted
    sum.updated += counts.updated
    sum.deleted += counts.deleted
    sum.hit += counts.pages_hit
    sum.missed += counts.pages_missed
  }
  const tables = [...byRoot]
    .map(([id, { name, parts }]): TableChange => {
      const total = (key: keyof Counts) => parts.reduce((all, { counts }) => all + counts[key], 0)
      const mostRead = parts.reduce((most, part) =>
        part.counts.sequential_rows > most.counts.sequential_rows ? part : most,
      )
      return {
        id,
        name,
        partitions: parts.filter((part) => part.id !== id).length,
        inserted: total('inserted'),
        updated: total('updated'),
        deleted: total('deleted'),
        sequentialScans: total('sequential_scans'),
        sequentialRows: total('sequential_rows'),
        rowsPerScan: mostRead.counts.sequential_rows / Math.max(1, mostRead.counts.sequential_scans),
        indexScans: total('index_scans'),
        ...sizeChange(parts, before, after),
      }
    })
    .filter((table) => weight(table) > 0)
    .sort((a, b) => weight(b) - weight(a))
  const { inserted, updated, deleted, hit, missed } = sum
  return { tables, rows: { inserted, updated, deleted }, pages: { hit, missed } }
}

function countsBetween(before: TableCounters | undefined, after: TableCounters): Counts {
  const difference = (key: keyof Counts) => Math.max(0, after[key] - (before?.[key] ?? 0))
  return Object.fromEntries(counted.map((key) => [key, difference(key)])) as Counts
}

/** Rows written, and every thousand read in vain count as one. */
function weight({ inserted, updated, deleted, sequentialRows, grownBytes, indexGrownBytes }: TableUsage): number {
  const grown = ((grownBytes ?? 0) + (indexGrownBytes ?? 0)) / 8192
  return inserted + updated + deleted + sequentialRows / 1000 + Math.max(0, grown)
}

function sizeChange(
  parts: readonly { id: number }[],
  before: Counters,
  after: Counters,
): Pick<TableUsage, 'bytes' | 'indexBytes' | 'grownBytes' | 'indexGrownBytes'> {
  const now = sizes(parts, after)
  if (now === undefined) return {}
  const then = sizes(parts, before)
  return {
    bytes: now.bytes,
    indexBytes: now.indexBytes,
    ...(then && { grownBytes: now.bytes - then.bytes, indexGrownBytes: now.indexBytes - then.indexBytes }),
  }
}

function sizes(
  parts: readonly { id: number }[],
  counters: Counters,
): { bytes: number; indexBytes: number } | undefined {
  if (counters.sizes === undefined) return undefined
  const ids = new Set(parts.map(({ id }) => id))
  let bytes = 0
  let indexBytes = 0
  for (const size of counters.sizes) {
    if (!ids.has(size.id)) continue
    bytes += size.bytes ?? 0
    indexBytes += size.index_bytes ?? 0
  }
  return { bytes, indexBytes }
}
