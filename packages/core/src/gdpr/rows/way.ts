import type { Column } from '../map-reach.ts'

/**
 * How a row leads to a person.
 *   id       a column holds their id
 *   email    a column holds one of their addresses
 *   mention  a json column has their id or address in it, as a whole string
 *   hash     a column holds the hash of their id, whose key is in the database
 *   folder   a path in Storage begins with the folder that is named after them
 *   parent   a foreign key leads to a row of theirs
 * `others` are columns that may say that the row is somebody else's: then this way leads nowhere.
 */
export type Way =
  | { by: 'id' | 'email' | 'mention'; column: Column; others: Column[] }
  | { by: 'folder' | 'hash'; column: Column }
  | { by: 'parent'; columns: Column[]; parent: ParentRows; others: Column[] }

/** Rows of another table that are the person's. */
export interface ParentRows {
  schema: string
  name: string
  /** What the foreign key refers to, in its order. */
  columns: string[]
  ways: Way[]
}
