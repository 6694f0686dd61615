import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'

export const migrationsFolder = join(import.meta.dirname, '..', '..', 'supabase', 'migrations')

/** Applies every migration in order, as role `postgres`, each file one simple query: all of it or nothing of it. */
export async function applyMigrations(url: string): Promise<void> {
  const files = (await readdir(migrationsFolder).catch(() => [])).filter((name) => name.endsWith('.sql')).sort()
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    for (const file of files) {
      const sql = await readFile(join(migrationsFolder, file), 'utf8')
      await client.query(sql).catch((cause: Error) => {
        throw new Error(`migration ${file}: ${cause.message}`, { cause })
      })
    }
  } finally {
    await client.end()
  }
}
