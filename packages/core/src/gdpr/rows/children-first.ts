import type { Edge } from '../map-reach.ts'

/**
 * Tables in an order in which no row is treated before those that refer to it: those are found through it. By name where the keys leave
 * it open; tables that refer to each other in a circle come in either order.
 */
export function childrenFirst<T extends { table: string }>(tables: readonly T[], keys: readonly Edge[]): T[] {
  const waiting = new Map([...tables].sort((a, b) => (a.table < b.table ? -1 : 1)).map((one) => [one.table, one]))
  const ordered: T[] = []
  const place = (table: string) => {
    const one = waiting.get(table)
    if (one === undefined) return
    waiting.delete(table)
    for (const { from, to } of keys) if (to === table) place(from)
    ordered.push(one)
  }
  for (const table of [...waiting.keys()]) place(table)
  return ordered
}
