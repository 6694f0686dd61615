import type { SearchedTable, TableSize } from './search-tables.ts'

/** What is searched as one text: enough to make the calls few, little enough to stay in a processor's cache. */
export const groupBytes = 256 * 1024

export type SizedTable = SearchedTable & TableSize

/** Blocks of one table. */
export interface Segment {
  table: SizedTable & { groupBlocks: number }
  from: number
  /** After the last. */
  to: number
}

/** Hands out all blocks of all tables; the largest tables first, so that several who take from it end at the same time. */
export class SegmentQueue {
  /** Of all that is handed out. */
  readonly bytes: number
  private readonly tables: Segment['table'][]
  private position = 0

  constructor(tables: readonly SizedTable[]) {
    this.tables = tables
      .filter(({ columns, blocks }) => columns.length > 0 && blocks > 0)
      .map((table) => ({ ...table, groupBlocks: Math.max(1, Math.floor(groupBytes / bytesPerBlock(table))) }))
      .sort((a, b) => b.bytes - a.bytes)
    this.bytes = this.tables.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /** The next blocks, about so many bytes of them. */
  next(bytes: number): Segment | undefined {
    const [table] = this.tables
    if (table === undefined) return undefined
    const from = this.position
    const groups = Math.max(1, Math.floor(bytes / bytesPerBlock(table) / table.groupBlocks))
    const to = Math.min(table.blocks, from + groups * table.groupBlocks)
    this.position = to
    if (to === table.blocks) {
      this.tables.shift()
      this.position = 0
    }
    return { table, from, to }
  }
}

function bytesPerBlock({ blocks, bytes }: TableSize): number {
  return bytes / blocks
}
