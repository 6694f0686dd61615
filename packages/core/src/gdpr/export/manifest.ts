import type { Person } from '../person.ts'
import type { ArchivedFile } from './archive.ts'
import type { ExportedFile } from './uploaded-files.ts'
import type { Withheld } from './withheld.ts'

/** One table's part of an export. */
export interface TableExport {
  /** schema.table */
  table: string
  /** In words for the person; empty where nobody wrote any. */
  words: string
  rows: number
  /** Paths within the archive. */
  json: string
  csv: string
  schema: string
  withheld: Withheld[]
  /** What becomes of it in an erasure, and what is kept on which ground for how long; for the person. */
  keeping: string[]
}

export interface ExportFacts {
  person: Person
  environment: string
  /** All tables are as they were at this moment. */
  snapshotAt: Date
  /** An erasure had begun: part of the data may have been gone. */
  isBeingErased: boolean
  /** By table. */
  tables: TableExport[]
  /** Tables that were looked at and hold nothing about the person. */
  emptyTables: string[]
  uploads: ExportedFile[]
  /** Other places where data about the person may be. */
  elsewhere: string[]
}

declare const __JOURNEYS_VERSION__: string

export const manifestSchema = 'journeys/personal-data-export/1'

/** For machines: everything that is in the archive, and what is left out of it. Names every file but itself and SHA256SUMS. */
export function renderManifest(facts: ExportFacts, files: readonly ArchivedFile[]): string {
  const { person, snapshotAt, isBeingErased, environment, tables, emptyTables, uploads, elsewhere } = facts
  const document = {
    schema: manifestSchema,
    person: { id: person.id, email: person.email, createdAt: person.createdAt?.toISOString() ?? null },
    environment,
    snapshotAt: snapshotAt.toISOString(),
    isBeingErased,
    madeWith: `journeys ${__JOURNEYS_VERSION__}`,
    tables,
    emptyTables,
    uploads,
    elsewhere,
    files,
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

/** What `sha256sum -c` reads. A name with a backslash or a line break would need escaping; ours have none. */
export function renderChecksums(files: readonly ArchivedFile[]): string {
  return files.map(({ path, sha256 }) => `${sha256}  ${path}\n`).join('')
}
