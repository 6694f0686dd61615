import type { StorageDatabase } from './database.ts'
import type { FileStore } from './file-store.ts'

export interface SweepOptions {
  database: StorageDatabase
  files: FileStore
  /** Files that got to their place later than this are left alone: their row may be on its way. Milliseconds since 1970. */
  before: number
}

/**
 * Removes the files that no row names: of uploads that were killed before their row was committed, and of removals that were killed
 * after. Those are the two ways in which files and rows can differ.
 * @returns how many it removed
 */
export async function sweep({ database, files, before }: SweepOptions): Promise<number> {
  let removed = 0
  // A process that died may have left a transaction that is just committing: this waits for it, and holds nobody up.
  await database.query('do $$ begin lock table storage.objects in share mode; end $$')
  for await (const listed of files.list()) {
    const old = listed.filter(({ since }) => since < before).map(({ version }) => version)
    if (old.length === 0) continue
    for (const version of await withoutRow(database, old)) {
      await files.remove(version)
      removed += 1
    }
  }
  return removed
}

async function withoutRow(database: StorageDatabase, versions: readonly string[]): Promise<string[]> {
  const { rows } = await database.query<{ version: string }>(
    `select v.version from unnest($1::text[]) as v (version)
     where not exists (select from storage.objects o where o.version = v.version)`,
    [versions],
  )
  return rows.map(({ version }) => version)
}
