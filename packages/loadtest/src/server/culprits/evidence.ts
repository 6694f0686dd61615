import type { MachineUsage } from '../../usage/machine-usage.ts'
import type { ProcessUsage } from '../../usage/process-usage.ts'
import type { DatabaseSide, LoadSeen, StatementUsage } from '../server-side.ts'
import type { SessionEvidence } from '../sessions.ts'
import type { TableChange } from '../table-usage.ts'

/** Everything that was seen, for the culprits to be found in. */
export interface Evidence {
  readonly durationMs: number
  readonly judgedAt: (elapsedMs: number) => boolean
  readonly database?: DatabaseEvidence | undefined
  readonly processes: readonly ProcessUsage[]
  readonly machine?: MachineUsage | undefined
  readonly load?: LoadSeen | undefined
}

export interface DatabaseEvidence {
  readonly side: DatabaseSide
  readonly sessions: SessionEvidence
  readonly tables: readonly TableChange[]
  /** As `side.statements`, with their ids. */
  readonly statements: readonly (StatementUsage & { readonly id: string })[]
  /** Of all statements; undefined when they cannot be read. */
  readonly statementsMs: number | undefined
  /** Columns that begin no index, by the id of their table; only of tables that are read as a whole. */
  readonly unindexed: ReadonlyMap<number, readonly UnindexedColumn[]>
  /** Indexes that a migration made and that are gone, by the id of their table; only of tables that are read as a whole. */
  readonly lost: ReadonlyMap<number, readonly LostIndex[]>
  /** Functions of the project that call pg_sleep; only when somebody slept. */
  readonly sleepingFunctions: readonly string[]
  /** Of a statement's id: its text, with `$n` for every value. */
  readonly texts: ReadonlyMap<string, string>
}

export interface LostIndex {
  /** Of the migration. */
  readonly version: string
  readonly name: string
  /** That makes it. */
  readonly statement: string
}

export interface UnindexedColumn {
  readonly column: string
  /** `is in the policy "…"`, `refers to auth.users` */
  readonly because: string
}
