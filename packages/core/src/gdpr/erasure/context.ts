import type { Config } from '../../config/schema.ts'
import type { Database } from '../../database/connection.ts'
import type { GdprKeys } from '../key.ts'

/** How far the current step is. */
export interface GdprProgress {
  step: string
  done: number
  total?: number
  /** What is counted: `rows`, `objects`. */
  unit?: string
  note?: string
}

/** The Storage API of an environment, for removing files and for listing what is left. */
export interface StorageAccess {
  /** The project's URL: the API is under /storage/v1. */
  url: string
  serviceRoleKey: string
}

/** What the operations on personal data work with. */
export interface GdprContext {
  database: Database
  keys: GdprKeys
  config: Pick<Config, 'gdpr' | 'personalData'>
  environment: { name: string }
  /** Absent where no service key is at hand: then somebody who has files cannot be erased. */
  storage?: StorageAccess
  /** Who does it, for the ledger and the audit log: a person's name, 1 to 200 characters. */
  actor: string
  /** Where the receipts of this environment are filed, and its ledger.jsonl: an absolute path. */
  folder: string
  onProgress?(progress: GdprProgress): void
  /** Ends the work after the batch that is under way. */
  signal?: AbortSignal
}
