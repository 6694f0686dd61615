import { createHash } from 'node:crypto'
import type { TermKind } from './term.ts'

/** Where something of a person was found; never what. */
export interface SearchFinding {
  /** F-1A2B3C4D: the same place, kind and term give the same id in every search. What one dismisses a finding by. */
  id: string
  kind: TermKind
  /** schema.table; a partition by its own name. */
  table: string
  column: string
  rows: number
  /** Which of the terms, counted from 0. */
  term: number
}

/** What could not be looked through, wholly or in part. */
export interface NotSearched {
  /** schema.table */
  table: string
  why: string
}

/** What was left out on purpose, and the reason. */
export interface SetAside {
  table: string
  column: string
  why: string
}

/** What a search of the whole database came to. No personal data in it. */
export interface SearchReport {
  /** When the snapshot was taken that was searched. */
  at: Date
  durationMs: number
  tables: number
  columns: number
  rows: number
  /** On disk, with what is stored out of line. */
  bytes: number
  terms: Record<TermKind, number>
  /** Must be empty, or dismissed by a person. By table, then column. */
  found: SearchFinding[]
  /** A name in a row that belongs to another living person: somebody else has or knows the same name. No failure. */
  shared: SearchFinding[]
  notSearched: NotSearched[]
  setAside: SetAside[]
}

export interface SearchProgress {
  /** Bytes looked through, of `total`. */
  done: number
  total: number
  rows: number
  /** Bytes a second since the search began. */
  rate: number
  remainingMs: number
  /** The table that is being looked through. */
  table: string
}

export interface SearchOptions {
  onProgress?: ((progress: SearchProgress) => void) | undefined
  signal?: AbortSignal | undefined
  /** Connections that search at once. @defaultValue 2 */
  connections?: number | undefined
}

export function findingId(finding: Pick<SearchFinding, 'kind' | 'table' | 'column' | 'term'>): string {
  const { kind, table, column, term } = finding
  const hash = createHash('sha256')
    .update(JSON.stringify([kind, table, column, term]))
    .digest('hex')
  return `F-${hash.slice(0, 8).toUpperCase()}`
}
