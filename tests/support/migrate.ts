import { join } from 'node:path'
import { connect, migrateUp } from '@journeys/core/ops'

export const migrationsFolder = join(import.meta.dirname, '..', '..', 'supabase', 'migrations')

/** Applies every migration as role `postgres`, the way `journeys migrate up` does. */
export async function applyMigrations(url: string): Promise<void> {
  const database = await connect(url)
  try {
    await migrateUp(database, migrationsFolder)
  } finally {
    await database.end()
  }
}
