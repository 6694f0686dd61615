import type { SignedInUser } from '../engines/engine.ts'

export interface UserProgress {
  readonly made: number
  readonly of: number
}

export interface MakeUsersOptions {
  readonly run: string
  readonly count: number
  /** The tokens are valid at least this long. */
  readonly lifetimeMs: number
  /** They outlive the run, and no later run takes them for leftovers. */
  readonly keep: boolean
  readonly onProgress?: ((progress: UserProgress) => void) | undefined
  readonly signal: AbortSignal
}

/**
 * Where load-test users come from and go to. `close` it. They carry the run in their app metadata, and nobody can sign in as one
 * of them: see ban.ts.
 */
export interface TestUsers {
  readonly how: 'database' | 'api'
  /** Removes what killed runs have left. @returns how many users */
  removeLeftovers(): Promise<number>
  /** @throws JourneysError; what was made until then is removed by `remove` */
  make(options: MakeUsersOptions): Promise<SignedInUser[]>
  /** Removes the run's users and all they wrote. Also after a `make` that failed half-way. @returns users and rows still there */
  remove(run: string): Promise<{ removed: number; left: number }>
  close(): Promise<void>
}
