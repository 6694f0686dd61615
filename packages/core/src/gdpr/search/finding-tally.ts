import type { Place } from './block-search.ts'
import { findingId, type SearchFinding } from './search-report.ts'
import type { SearchTerm } from './term.ts'

/** Adds up what is found in one place after another. */
export class FindingTally {
  private readonly places = new Map<string, Place & { table: string }>()

  constructor(private readonly terms: readonly SearchTerm[]) {}

  add(table: string, { column, term, rows, shared }: Place): void {
    const key = JSON.stringify([table, column, term])
    const place = this.places.get(key) ?? { table, column, term, rows: 0, shared: 0 }
    place.rows += rows
    place.shared += shared
    this.places.set(key, place)
  }

  /** Before a table is searched once more. */
  forget(table: string): void {
    for (const [key, place] of this.places) if (place.table === table) this.places.delete(key)
  }

  /** Only a name can be somebody else's, too: a number, an address or a sentence in a stranger's row is still this person's. */
  findings(): { found: SearchFinding[]; shared: SearchFinding[] } {
    const found: SearchFinding[] = []
    const shared: SearchFinding[] = []
    for (const { table, column, term, ...counted } of this.places.values()) {
      const kind = this.terms[term]?.kind
      if (kind === undefined) continue
      const elsewhere = kind === 'name' ? counted.shared : 0
      const place = { kind, table, column, term }
      const finding = (rows: number) => ({ id: findingId(place), ...place, rows })
      if (counted.rows > elsewhere) found.push(finding(counted.rows - elsewhere))
      if (elsewhere > 0) shared.push(finding(elsewhere))
    }
    return { found: found.sort(byPlace), shared: shared.sort(byPlace) }
  }
}

function byPlace(a: SearchFinding, b: SearchFinding): number {
  const places = [a, b].map(({ table, column }) => `${table}.${column}`) as [string, string]
  return places[0] === places[1] ? a.term - b.term : places[0] < places[1] ? -1 : 1
}
