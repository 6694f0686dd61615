import type { Decision } from '../map.ts'
import type { Column, Edge } from '../map-reach.ts'
import type { Way } from './way.ts'

/** What an erasure does with a person's rows of a table, as a whole: the strongest of what its columns are to undergo. */
export type Treatment = 'erase' | 'overwrite' | 'unlink' | 'keep'

/** A column that an erasure writes in a row that stays. */
export interface Assignment {
  column: Column
  decision: Extract<Decision, { strategy: 'overwrite' | 'unlink' }>
  /** The column that `dayOf` names. */
  source?: Column
}

/** A table in which a person can have rows, what becomes of them, and how they are found. */
export interface PersonTable {
  /** schema.table, as the personal-data map and people write it. */
  table: string
  schema: string
  name: string
  kind: 'table' | 'partitioned table' | 'materialized view' | 'foreign table'
  what: Treatment
  columns: { overwritten: string[]; unlinked: string[]; kept: string[] }
  /** Of the columns that are kept: why, the grounds joined. */
  ground?: string
  /** Of the columns that are kept: how long from the making of the row, the longest of them. */
  period?: string
  /** The column that says when a row was made. */
  madeAt?: string
  /** That column is a timestamptz. */
  madeAtHasZone: boolean
  /**
   * Goes in the transaction that ends the account, and not before: `auth.users`, and the restriction that keeps writers out meanwhile.
   */
  viaAccount: boolean
  /** Goes with its files, through the Storage API. `treatRows` leaves it alone. */
  viaStorage: boolean
  /** How a row of it leads to the person; a row is theirs when any of them holds. */
  ways: Way[]
  assignments: Assignment[]
  /** Columns that name people, by a foreign key or as they are called: what they say of somebody else stays. */
  personColumns: string[]
  /** Columns that may name the person in rows of somebody else: only these are written there. */
  namings: Assignment[]
  /** Something that is written decides into which partition a row belongs. */
  movesPartitions: boolean
  /** Whether this database role may read it, and may do what is decided. */
  mayRead: boolean
  mayTreat: boolean
}

/** A table that an erasure cannot deal with as the map stands. */
export interface OpenTable {
  /**
   * `undecided`: columns of rows that stay, about which nobody has said anything. `no way`: rows are to be treated, and nothing in them
   * leads to a person. `no end`: nothing in a treated row would tell it from one that is not.
   */
  kind: 'undecided' | 'no way' | 'no end'
  /** To count the person's rows in it; `what` is 'keep' where nothing is decided. */
  table: PersonTable
  columns: string[]
  /** How the table leads to a person. */
  why: string
}

export interface PersonTables {
  /**
   * Children before the parents that they refer to, `auth.users` after all of them. Then materialized views, which copy the others: to be
   * treated after the rows, and again after the account.
   */
  tables: PersonTable[]
  open: OpenTable[]
  /** The foreign keys between all tables there are. */
  keys: Edge[]
}
