import type { Database } from '../../database/connection.ts'
import { sqlState } from '../../database/database-error.ts'
import { ExitCode, JourneysError } from '../../errors.ts'
import {
  type BlockGroup,
  countBlocks,
  locateIn,
  type Place,
  readEscaped,
  type SearchFor,
  scanBlocks,
} from './block-search.ts'
import { FindingTally } from './finding-tally.ts'
import { largeObjects, listLargeObjects, locateInObject } from './large-objects.ts'
import { needlesOf } from './needle.ts'
import type { NotSearched, SearchOptions, SearchReport } from './search-report.ts'
import { readSearchScope, readSizes, type SearchedTable } from './search-tables.ts'
import { groupBytes, type Segment, SegmentQueue, type SizedTable } from './segment-queue.ts'
import { type Patience, SharedSnapshot } from './shared-snapshot.ts'
import { type SearchTerm, type TermKind, termKinds } from './term.ts'
import { termsInEscaped } from './unescape.ts'

/** A statement takes about so long: short locks, a progress that moves, and Ctrl-C that is heard. */
const statementMs = 250
const firstStatementBytes = 2 * 1024 * 1024
const mostStatementBytes = 128 * 1024 * 1024
/** A table that is rewritten while it is searched is searched again; one that always is, is reported. */
const mostPasses = 3

/**
 * Searches every row of every table and materialized view for every term: all that is text, json, xml, uuid, bytes, or an array,
 * composite or domain of these. It reads the catalog and nothing that the erasure is made of, in READ ONLY transactions that see
 * one snapshot; each is short, so that nobody waits behind their locks.
 *
 * @throws JourneysError `search_without_terms` when there is nothing to search for: an empty search would prove anything
 */
export async function searchDatabase(
  database: Database,
  terms: readonly SearchTerm[],
  options: SearchOptions = {},
): Promise<SearchReport> {
  if (terms.length === 0) {
    throw new JourneysError('search_without_terms', 'There is nothing to search for', { exitCode: ExitCode.failed })
  }
  const wanted: SearchFor = { terms, needles: needlesOf(terms) }
  const search = new DatabaseSearch(database, wanted, options)
  return await search.run()
}

class DatabaseSearch {
  private readonly started = performance.now()
  private readonly tally: FindingTally
  private readonly notSearched = new Map<string, NotSearched>()
  /** Tables that were searched, by the file that held them. */
  private readonly searched = new Map<number, SearchedTable>()
  private readonly rows = new Map<string, number>()
  private isStopped = false
  private doneBytes = 0
  private totalBytes = 0

  constructor(
    private readonly database: Database,
    private readonly wanted: SearchFor,
    private readonly options: SearchOptions,
  ) {
    this.tally = new FindingTally(wanted.terms)
  }

  async run(): Promise<SearchReport> {
    let at: Date | undefined
    for (let pass = 1; ; pass += 1) {
      const scope = await this.onePass(pass)
      at ??= scope.at
      if (scope.left === 0) return this.report(at, scope)
    }
  }

  /** Searches what has not been searched as it is now. @returns how much that was */
  private async onePass(pass: number) {
    return await this.database.readOnly(async (coordinator) => {
      const snapshot = await SharedSnapshot.take(this.database, coordinator)
      const { at } = snapshot
      const scope = await readSearchScope(coordinator)
      for (const one of scope.notSearched) this.notSearched.set(one.table, one)
      const open = scope.tables.filter(({ oid, filenode }) => this.searched.get(oid)?.filenode !== filenode)
      if (pass > mostPasses) {
        for (const table of open) this.giveUp(table, 'it was rewritten again and again while it was searched')
        return { ...scope, at, left: 0 }
      }
      for (const { label } of open) {
        this.tally.forget(label)
        this.rows.delete(label)
      }
      const segments = new SegmentQueue(await this.sized(snapshot, open))
      this.totalBytes += segments.bytes
      const connections = Array.from({ length: this.options.connections ?? 2 }, () => this.work(snapshot, segments))
      // All of them, before this transaction ends and takes the snapshot with it.
      for (const end of await Promise.allSettled(connections)) if (end.status === 'rejected') throw end.reason
      for (const table of open) this.searched.set(table.oid, table)
      if (pass === 1) await this.searchLargeObjects(snapshot, await listLargeObjects(coordinator))
      return { ...scope, at, left: open.length }
    })
  }

  /** Asking for the size of one that is locked waits: then one by one, so that only that one is left out. */
  private async sized(snapshot: SharedSnapshot, tables: readonly SearchedTable[]): Promise<SizedTable[]> {
    const wait = tables.length === 1 ? {} : { lock: '250ms' }
    const sizes = await snapshot
      .within((query) => readSizes(query, tables), wait)
      .catch((error: unknown) => {
        if (sqlState(error) !== '55P03') throw error
        return undefined
      })
    if (sizes !== undefined) {
      return tables.flatMap((table) => {
        const size = sizes.get(table.oid)
        return size === undefined ? [] : [{ ...table, ...size }]
      })
    }
    const [only] = tables
    if (only !== undefined && tables.length === 1) return this.giveUp(only, 'somebody held a lock on it')
    const middle = Math.ceil(tables.length / 2)
    const first = await this.sized(snapshot, tables.slice(0, middle))
    return [...first, ...(await this.sized(snapshot, tables.slice(middle)))]
  }

  private report(at: Date, { tables, setAside }: { tables: SearchedTable[]; setAside: SearchReport['setAside'] }) {
    const read = tables.filter(({ label }) => !this.notSearched.has(label))
    return {
      at,
      durationMs: performance.now() - this.started,
      tables: read.length,
      columns: read.reduce((sum, { columns }) => sum + columns.length, 0),
      rows: read.reduce((sum, { label }) => sum + (this.rows.get(label) ?? 0), 0),
      bytes: Math.round(this.doneBytes),
      terms: countByKind(this.wanted.terms),
      ...this.tally.findings(),
      notSearched: [...this.notSearched.values()].sort((a, b) => (a.table < b.table ? -1 : 1)),
      setAside,
    } satisfies SearchReport
  }

  /** One connection: takes the next piece as long as there is one. */
  private async work(snapshot: SharedSnapshot, segments: SegmentQueue): Promise<void> {
    let wantedBytes = firstStatementBytes
    try {
      while (!this.isStopped) {
        this.options.signal?.throwIfAborted()
        const segment = segments.next(wantedBytes)
        if (segment === undefined) return
        const began = performance.now()
        await this.searchSegment(snapshot, segment)
        const factor = statementMs / Math.max(1, performance.now() - began)
        wantedBytes *= Math.min(4, Math.max(0.25, factor))
        wantedBytes = Math.min(mostStatementBytes, Math.max(groupBytes, wantedBytes))
        this.advance(segment)
      }
    } catch (error) {
      this.isStopped = true
      throw error
    }
  }

  private async searchSegment(snapshot: SharedSnapshot, segment: Segment): Promise<void> {
    const { table } = segment
    if (this.notSearched.has(table.label)) return
    const size = table.groupBlocks
    const groups = await this.inPieces(
      segment,
      ({ from, to }) =>
        snapshot.within(
          (query) => scanBlocks(query, table, this.wanted, { from, to, groupBlocks: size }),
          patience(from, to),
        ),
      // Too much for one text even so: value by value.
      ({ from }) => [{ block: from, rows: null, terms: null, escaped: true }],
    )
    for (const { rows } of groups) this.addRows(table, rows ?? 0)
    for (const group of groups) {
      const range = { table, from: group.block, to: Math.min(segment.to, group.block + size) }
      if (group.rows === null) await this.countRows(snapshot, range)
      if (group.terms === null || group.terms.length > 0) await this.locate(snapshot, range, group.terms)
      if (group.escaped) await this.readEscapes(snapshot, range)
    }
  }

  private async countRows(snapshot: SharedSnapshot, { table, from, to }: Segment): Promise<void> {
    this.addRows(table, await snapshot.within((query) => countBlocks(query, table, { from, to })))
  }

  private addRows({ label }: SearchedTable, rows: number): void {
    this.rows.set(label, (this.rows.get(label) ?? 0) + rows)
  }

  private async locate(snapshot: SharedSnapshot, segment: Segment, terms: BlockGroup['terms']): Promise<void> {
    const { table } = segment
    const places = await this.inPieces(segment, ({ from, to }) =>
      snapshot.within((query) => locateIn(query, table, this.wanted, { from, to }, terms), patience(from, to)),
    )
    this.count(table, places)
  }

  private async readEscapes(snapshot: SharedSnapshot, segment: Segment): Promise<void> {
    const { table } = segment
    const values = await this.inPieces(segment, ({ from, to }) =>
      snapshot.within((query) => readEscaped(query, table, this.wanted, { from, to }), patience(from, to)),
    )
    for (const { column, text, shared } of values) {
      const terms = [...termsInEscaped(text, this.wanted.needles)]
      this.count(
        table,
        terms.map((term) => ({ column, term, rows: 1, shared: shared ? 1 : 0 })),
      )
    }
  }

  private async searchLargeObjects(snapshot: SharedSnapshot, oids: readonly number[]): Promise<void> {
    for (const oid of oids) {
      this.options.signal?.throwIfAborted()
      try {
        const places = await snapshot.within((query) => locateInObject(query, oid, this.wanted))
        for (const place of places) this.tally.add(largeObjects, place)
      } catch (error) {
        const state = sqlState(error) ?? ''
        // Removed since the snapshot.
        if (state === '42704') continue
        if (state !== '42501' && !tooLarge.has(state)) throw error
        const why = state === '42501' ? 'the database role may not read all of them' : 'one of them is too large'
        this.notSearched.set(largeObjects, { table: largeObjects, why })
      }
    }
  }

  private count({ label }: SearchedTable, places: readonly Place[]): void {
    for (const place of places) this.tally.add(label, place)
  }

  /**
   * What is too large at once is done in halves, down to a single block. What cannot be read even so is said, never left out.
   * @param otherwise what a single block that is too large gives
   */
  private async inPieces<T>(
    segment: Segment,
    work: (segment: Segment) => Promise<T[]>,
    otherwise?: (segment: Segment) => T[],
  ): Promise<T[]> {
    const { table, from, to } = segment
    try {
      return await work(segment)
    } catch (error) {
      const state = sqlState(error) ?? ''
      // Dropped since the snapshot: nothing of it is left.
      if (state === '42P01') return []
      if (state === '42501') return this.giveUp(table, 'the database role may not read it')
      if (state === '55P03') return this.giveUp(table, 'somebody held a lock on it')
      if (!tooLarge.has(state)) throw error
      if (to - from === 1) {
        return otherwise?.(segment) ?? this.giveUp(table, `a value in block ${from} is too large to be looked through`)
      }
      const middle = Math.floor((from + to) / 2)
      const first = await this.inPieces({ table, from, to: middle }, work, otherwise)
      return [...first, ...(await this.inPieces({ table, from: middle, to }, work, otherwise))]
    }
  }

  private giveUp({ label }: SearchedTable, why: string): [] {
    this.notSearched.set(label, { table: label, why })
    return []
  }

  private advance({ table, from, to }: Segment): void {
    this.doneBytes += (table.bytes * (to - from)) / table.blocks
    const elapsedMs = performance.now() - this.started
    const rate = (this.doneBytes / elapsedMs) * 1000
    this.options.onProgress?.({
      done: Math.round(this.doneBytes),
      total: this.totalBytes,
      rows: [...this.rows.values()].reduce((sum, rows) => sum + rows, 0),
      rate,
      remainingMs: rate > 0 ? ((this.totalBytes - this.doneBytes) / rate) * 1000 : 0,
      table: table.label,
    })
  }
}

/** A single block is not divided any further, and may hold a gigabyte in large values. */
function patience(from: number, to: number): Patience {
  return to - from === 1 ? { statement: '15min' } : {}
}

/** program_limit_exceeded, out_of_memory, internal_error ("invalid memory alloc request size"), query_canceled by its timeout. */
const tooLarge = new Set(['54000', '53200', 'XX000', '57014'])

function countByKind(terms: readonly SearchTerm[]): Record<TermKind, number> {
  const counts = termKinds.map((kind): [TermKind, number] => [kind, terms.filter((term) => term.kind === kind).length])
  return Object.fromEntries(counts) as Record<TermKind, number>
}
