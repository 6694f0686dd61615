import type { Queryable } from '../database/connection.ts'
import edgesSql from './map-edges.sql'
import { looksLikePerson, type NamedColumn } from './map-person-column.ts'
import relationsSql from './map-relations.sql'

export interface Column extends NamedColumn {
  /** As SQL writes it: `character varying(255)`. */
  type: string
  isArray: boolean
  /** By itself or by its domain. */
  notNull: boolean
  /** The database computes it: nobody can write it. */
  generated: boolean
  /** `generated always as identity` */
  alwaysIdentity: boolean
  /** In characters; `null` without a limit. */
  maxLength: number | null
}

export interface Relation {
  kind: 'table' | 'materialized view' | 'foreign table'
  columns: Column[]
  /** How one gets from here to a person: `user_id → auth.users`. `undefined`: not at all, as far as the catalog shows. */
  reachedBy: string | undefined
}

export interface Edge {
  kind: 'foreign key' | 'view' | 'inherits'
  from: string
  to: string
  constraint: string | null
  columns: string[]
  /** Of a foreign key: the columns over there that `columns` hold. */
  toColumns: string[]
  /** What the database does with the row when the one it refers to goes. */
  onDelete: 'delete' | 'unlink' | 'refuse' | null
}

export interface Reach {
  /** schema.table → what is known of it; every table there is, reached or not. */
  relations: Map<string, Relation>
  foreignKeys: Edge[]
}

const account = 'auth.users'

/**
 * Reads the catalog and follows it from the account outwards: what refers to it by foreign key, what refers to that, and what copies
 * it; then the same from every table with a column that looks like a person.
 */
export async function readReach(queryable: Queryable): Promise<Reach> {
  const { rows } = await queryable.query<Column & { table: string; kind: Relation['kind'] }>(relationsSql)
  const { rows: edges } = await queryable.query<Edge>(edgesSql)
  const relations = new Map<string, Relation>()
  for (const { table, kind, ...column } of rows) {
    const relation = relations.get(table) ?? { kind, columns: [], reachedBy: undefined }
    relation.columns.push(column)
    relations.set(table, relation)
  }
  const named = [...relations].flatMap(([table, { columns }]): [string, string][] => {
    const [found] = columns.flatMap((column) => {
      const why = looksLikePerson(column)
      return why === undefined ? [] : [`${column.name} ${why}`]
    })
    return found === undefined ? [] : [[table, found]]
  })
  const ways = waysFrom(relations.has(account) ? [[account, 'the account itself']] : [], edges)
  // A foreign key is proof, a name only a sign: the proof is what is told.
  const proven = new Set(ways.keys())
  for (const [table, why] of waysFrom(named, edges)) if (!proven.has(table)) ways.set(table, why)
  for (const [table, relation] of relations) relation.reachedBy = ways.get(table)
  return { relations, foreignKeys: edges.filter(({ kind }) => kind === 'foreign key') }
}

/** Breadth first, so that the way that is told is the shortest. */
function waysFrom(seeds: [table: string, why: string][], edges: readonly Edge[]): Map<string, string> {
  const children = new Map<string, Edge[]>()
  for (const edge of edges) children.set(edge.to, [...(children.get(edge.to) ?? []), edge])
  const ways = new Map(seeds)
  // Tables are appended while it runs: a Map is walked in the order of insertion.
  for (const [parent, way] of ways) {
    for (const edge of children.get(parent) ?? []) {
      if (ways.has(edge.from)) continue
      ways.set(edge.from, parent === account ? stepOf(edge) : `${stepOf(edge)}, there ${way}`)
    }
  }
  return ways
}

function stepOf({ kind, columns, to }: Edge): string {
  if (kind === 'foreign key') return `${columns.join(', ')} → ${to}`
  return kind === 'view' ? `made of ${to}` : `inherits from ${to}`
}
