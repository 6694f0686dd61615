import type { ByHandStep } from './map.ts'
import type { Person } from './person.ts'

/** What an erasure would do in one table. */
export interface TablePlan {
  /** schema.table */
  table: string
  /** Rows of the person. 0 stays in the plan: it was looked at. */
  rows: number
  columns: { overwritten: string[]; unlinked: string[]; kept: string[] }
  /** Why the rest of these rows stays; only with `keep`, and where something is kept besides. */
  ground?: string
  /** How long it stays, from the making of a row: `10 years`. */
  period?: string
  /** The day on which the last of these rows is no longer needed, YYYY-MM-DD; `null` without rows, or where no column says when they were made. */
  until?: string | null
  /** A legal hold covers it: its rows are left as they are. */
  held?: true
}

/** Files of one bucket. */
export interface BucketPlan {
  bucket: string
  objects: number
  bytes: number
}

/** What `--keep-statistics` would leave of the journal's scores. */
export interface StatisticsPlan {
  /** So many other people must have written the same kind of score in the same month. */
  k: number
  kept: { rows: number; scores: number }
  /** Kinds of score of a month that too few others wrote. */
  lost: { rows: number; scores: number }
}

export type ObstacleKind =
  /** A legal hold. On everything: nothing can be erased; on tables: what is left ends as `partial`. */
  | 'hold'
  /** Art. 18: the person opposes that their data is destroyed. */
  | 'restriction'
  /** Another erasure of the same person has begun and is not done. */
  | 'erasure'
  /** Rows in tables about which the map does not say enough. */
  | 'undecided'
  /** Rows of other people that refer to rows that are to go. */
  | 'others'
  /** The database role may not do it. */
  | 'permission'
  /** There are files, and no key for the Storage API. */
  | 'storage'

export interface Obstacle {
  kind: ObstacleKind
  /** `false`: the erasure can go on, and this has to be known. */
  blocks: boolean
  /** In one sentence, without anything about the person. */
  summary: string
  /** What to do or to type. */
  do: string
  /** schema.table; of a hold on everything: none. */
  tables?: string[]
}

/** What an erasure would do to one person's data. */
export interface ErasurePlan {
  /** 12 hexadecimal digits of a hash of everything below, with the person as their id: the same as long as nothing changes. */
  id: string
  user: Person
  options: { keepStatistics: boolean }
  erase: TablePlan[]
  overwrite: TablePlan[]
  /** Rows that stay, and no longer lead to the person. */
  unlink: TablePlan[]
  /** Rows of which most stays as it is, for a ground; without the person where `columns` says so. */
  keep: TablePlan[]
  storage: BucketPlan[]
  /** Only with `options.keepStatistics`. */
  statistics?: StatisticsPlan
  byHand: ByHandStep[]
  obstacles: Obstacle[]
}
