import type { Database } from '../database/connection.ts'
import { readHistory } from './history.ts'
import { type Migration, type MigrationFile, type MigrationFolder, readMigrationFolder } from './migration-file.ts'

/** Something about the folder and the history that does not fit. */
export interface MigrationProblem {
  kind: 'misnamed' | 'duplicate' | 'unknown' | 'out-of-order'
  message: string
  /** What to do about it. */
  hint: string
  /** True when `migrate up` refuses to go on. */
  blocking: boolean
}

export interface MigrationStatus {
  /** In the folder and in the history. */
  applied: Migration[]
  /** In the folder only, in the order in which `migrate up` takes them. */
  pending: Migration[]
  /** In the history only. */
  unknown: Migration[]
  problems: MigrationProblem[]
}

/**
 * Compares the folder with the database, in a READ ONLY transaction.
 * @param folder usually `<workdir>/supabase/migrations`
 */
export async function migrationStatus(database: Database, folder: string): Promise<MigrationStatus> {
  const local = await readMigrationFolder(folder)
  return compareMigrations(local, await database.readOnly(readHistory))
}

/** The pure half of {@link migrationStatus}. */
export function compareMigrations(local: MigrationFolder, history: Migration[]): MigrationStatus {
  const recorded = new Set(history.map(({ version }) => version))
  const known = new Set(local.files.map(({ version }) => version))
  const applied = local.files.filter(({ version }) => recorded.has(version))
  const pending = local.files.filter(({ version }) => !recorded.has(version))
  const unknown = history.filter(({ version }) => !known.has(version))
  return {
    applied: applied.map(identity),
    pending: pending.map(identity),
    unknown,
    problems: [
      ...local.misnamed.map(misnamed),
      ...local.duplicates.map(duplicate),
      ...unknown.map(unknownVersion),
      ...outOfOrder(pending, history),
    ],
  }
}

const identity = ({ version, name }: MigrationFile): Migration => ({ version, name })

function misnamed(file: string): MigrationProblem {
  return {
    kind: 'misnamed',
    message: `${file} is skipped: its name is not <timestamp>_<name>.sql`,
    hint: `rename it, for example to 20260101120000_${file.replace(/^[\d_-]+/, '')}`,
    blocking: false,
  }
}

function duplicate({ version, files }: { version: string; files: string[] }): MigrationProblem {
  return {
    kind: 'duplicate',
    message: `version ${version} is claimed by ${files.join(' and ')}`,
    hint: 'give the later one a newer timestamp in its name',
    blocking: true,
  }
}

function unknownVersion({ version, name }: Migration): MigrationProblem {
  return {
    kind: 'unknown',
    message: `the database has applied ${version}${name ? ` (${name})` : ''}, which is not in the folder`,
    hint: 'get the missing file (git pull), or take the record back: npx supabase migration repair --status reverted',
    blocking: true,
  }
}

/** Older than what the database already has: it was written against another state than the one it would meet. */
function outOfOrder(pending: MigrationFile[], history: Migration[]): MigrationProblem[] {
  const newest = history.at(-1)?.version
  if (newest === undefined) return []
  return pending
    .filter(({ version }) => version < newest)
    .map(({ file }) => ({
      kind: 'out-of-order' as const,
      message: `${file} is pending but older than ${newest}, which is applied`,
      hint: 'give the file a timestamp newer than that in its name, and look whether it still fits',
      blocking: true,
    }))
}
