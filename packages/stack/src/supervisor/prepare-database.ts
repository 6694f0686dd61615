import { createHash } from 'node:crypto'
import { chown, readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { connect, type Database, JourneysError, migrateUp } from '@journeys/core/ops'
import { readJson, writePrivateJson } from '../lifecycle/private-file.ts'
import type { StackSecrets } from '../lifecycle/secrets.ts'
import { bootstrapDatabase, bootstrapVersion } from '../postgres/bootstrap.ts'
import type { PostgresServer } from '../postgres/server.ts'
import type { StackProgress } from './message.ts'

export interface PrepareOptions {
  server: PostgresServer
  dataDir: string
  secrets: StackSecrets
  /** Folder of the project's `supabase/`. */
  supabase: string
  seedFiles: readonly string[]
  onProgress(progress: StackProgress): void
  signal: AbortSignal
}

/** How far a cluster is. Kept inside its data folder, so that it goes when the data goes. */
interface Marker {
  bootstrap?: string
  seeded?: boolean
}

/** True when the cluster already has the baseline: PostgREST can start beside the look for new migrations. */
export async function isBootstrapped(dataDir: string): Promise<boolean> {
  return (await readMarker(dataDir)).bootstrap === bootstrapVersion
}

/**
 * Baseline, migrations, and the seed of a new database. Each step is remembered once done: killed in between, the next start goes on.
 * @returns the number of migrations that were applied
 */
export async function prepareDatabase(options: PrepareOptions): Promise<number> {
  const { server, dataDir, secrets, onProgress, signal } = options
  let marker = await readMarker(dataDir)
  if (marker.bootstrap !== bootstrapVersion) {
    onProgress({ phase: 'bootstrap', message: 'Preparing the database as a new Supabase project has it' })
    await bootstrapDatabase(server.url('supabase_admin', secrets.passwords.supabase_admin), secrets.passwords)
    marker = { ...marker, bootstrap: bootstrapVersion }
    await writeMarker(dataDir, marker)
  }
  const database = await connect(server.url('postgres', secrets.passwords.postgres), {
    applicationName: 'journeys start',
    statementTimeoutMs: 0,
    maxConnections: 2,
  })
  try {
    const { applied } = await migrateUp(database, join(options.supabase, 'migrations'), {
      signal,
      onProgress: ({ kind, version, name, number, total }) => {
        if (kind === 'start') {
          onProgress({ phase: 'migrations', message: `Migration ${number} of ${total}: ${version}_${name}` })
        }
      },
    })
    if (marker.seeded !== true) {
      await seed(database, options)
      await writeMarker(dataDir, { ...marker, seeded: true })
    }
    return applied.length
  } finally {
    await database.end()
  }
}

/**
 * Runs each seed file once, in one transaction with its record: the Supabase CLI's table, so that it does not seed again either.
 */
async function seed(database: Database, options: PrepareOptions): Promise<void> {
  for (const path of await seedFiles(options)) {
    const name = relative(dirname(options.supabase), path)
    const sql = await readFile(path, 'utf8')
    options.onProgress({ phase: 'seed', message: `Seed ${name}` })
    await database.transaction(async (transaction) => {
      await transaction.query('create schema if not exists supabase_migrations')
      await transaction.query(
        'create table if not exists supabase_migrations.seed_files (path text not null primary key, hash text not null)',
      )
      const { rows } = await transaction.query('select 1 from supabase_migrations.seed_files where path = $1', [name])
      if (rows.length > 0) return
      await transaction.query(sql).catch((cause: unknown) => {
        throw new JourneysError('seed_failed', `${name} could not be loaded.`, {
          detail:
            cause instanceof Error
              ? [cause.message, (cause as JourneysError).detail].filter(Boolean).join('\n')
              : undefined,
          hint: 'Correct the file, then: journeys reset',
          cause,
        })
      })
      const hash = createHash('sha256').update(sql).digest('hex')
      await transaction.query('insert into supabase_migrations.seed_files values ($1, $2)', [name, hash])
    })
  }
}

/** The files of `[db.seed] sql_paths`, which may hold `*` in the file's name, in their order; a missing one is left out. */
async function seedFiles({ supabase, seedFiles: patterns }: PrepareOptions): Promise<string[]> {
  const found: string[] = []
  for (const pattern of patterns) {
    const path = join(supabase, pattern)
    const folder = path.slice(0, path.lastIndexOf('/'))
    const name = new RegExp(
      `^${path
        .slice(folder.length + 1)
        .split('*')
        .map((text) => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
        .join('.*')}$`,
    )
    const names = await readdir(folder).catch(() => [])
    for (const file of names.filter((entry) => name.test(entry)).sort()) found.push(join(folder, file))
  }
  return found
}

function markerFile(dataDir: string): string {
  return join(dataDir, 'journeys.json')
}

async function readMarker(dataDir: string): Promise<Marker> {
  return ((await readJson(markerFile(dataDir))) ?? {}) as Marker
}

async function writeMarker(dataDir: string, marker: Marker): Promise<void> {
  await writePrivateJson(markerFile(dataDir), marker)
  // Backups and the server itself read every file of the folder.
  const { uid, gid } = await stat(dataDir)
  if (process.getuid?.() === 0) await chown(markerFile(dataDir), uid, gid)
}
