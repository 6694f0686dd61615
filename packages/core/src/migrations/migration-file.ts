import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ExitCode, JourneysError } from '../errors.ts'

/** A migration's identity: the Supabase CLI compares `version` only; `name` is for people. */
export interface Migration {
  version: string
  name: string
}

/** A migration in the folder. */
export interface MigrationFile extends Migration {
  /** File name without its folder. */
  file: string
  path: string
}

export interface MigrationFolder {
  /** In the order of their versions. */
  files: MigrationFile[]
  /** `.sql` files whose name the Supabase CLI would skip. */
  misnamed: string[]
  /** Versions that more than one file claims. */
  duplicates: { version: string; files: string[] }[]
}

/** As the Supabase CLI (internal/migration/list): digits, an underscore, anything. */
const fileName = /^(\d+)_(.*)\.sql$/

/**
 * Lists `supabase/migrations`.
 * @throws JourneysError `migrations_missing` (exit code 2) when there is no such folder.
 */
export async function readMigrationFolder(folder: string): Promise<MigrationFolder> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new JourneysError('migrations_missing', `There is no folder of migrations at ${folder}`, {
      hint: 'run it in the folder that holds supabase/, or name that folder: journeys migrate status --workdir PATH',
      exitCode: ExitCode.usage,
      cause,
    })
  })
  const files: MigrationFile[] = []
  const misnamed: string[] = []
  for (const file of names.filter((name) => name.endsWith('.sql')).sort()) {
    const [, version, name] = fileName.exec(file) ?? []
    if (version === undefined || name === undefined) misnamed.push(file)
    else files.push({ version, name, file, path: join(folder, file) })
  }
  files.sort((a, b) => (a.version < b.version ? -1 : a.version > b.version ? 1 : 0))
  const byVersion = new Map<string, string[]>()
  for (const { version, file } of files) byVersion.set(version, [...(byVersion.get(version) ?? []), file])
  const duplicates = [...byVersion]
    .filter(([, same]) => same.length > 1)
    .map(([version, same]) => ({ version, files: same }))
  return { files, misnamed, duplicates }
}

/** The SQL of a migration, without a byte order mark: the server would take that for a syntax error. */
export async function readMigration(migration: MigrationFile): Promise<string> {
  const text = await readFile(migration.path, 'utf8').catch((cause: unknown) => {
    throw new JourneysError('migration_unreadable', `Migration ${migration.file} cannot be read`, {
      detail: migration.path,
      hint: 'check the file and its permissions, then: journeys migrate up',
      cause,
    })
  })
  return text.replace(/^\uFEFF/, '')
}
