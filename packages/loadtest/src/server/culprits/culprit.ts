/** Something that explains a slow or failing server, or a part of it. */
export interface Culprit {
  readonly kind: CulpritKind
  /** `critical`: enough to explain a failed run. `warning`: it costs something. */
  readonly severity: 'critical' | 'warning'
  /** One line: `public.journal_entries is read as a whole`. */
  readonly title: string
  /** The evidence, with figures. */
  readonly detail: string
  /** What to do or to type next. */
  readonly hint: string
}

export type CulpritKind =
  | 'outage'
  | 'sleep'
  | 'locks'
  | 'deadlocks'
  | 'sequential_scans'
  | 'slow_statement'
  | 'pool'
  | 'connections'
  | 'idle_in_transaction'
  | 'cpu'
  | 'cache'
  | 'disk'
  | 'temporary_files'

/** A culprit with how much of the trouble it explains, about: 0 to 1. */
export interface Suspect extends Culprit {
  readonly weight: number
}
