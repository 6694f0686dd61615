import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connect, migrateUp } from '@journeys/core/ops'
import {
  bootstrapDatabase,
  type DatabasePasswords,
  generatePasswords,
  type PostgresServer,
  startPostgres,
} from '@journeys/stack'
import pg from 'pg'
import { fillMonths } from './aged-months.ts'
import { seedPeople } from './aged-people.ts'
import type { BenchContext } from './run.ts'

/** A journal that has been written for four years, half of it past its time, on a server of its own with the product's settings. */
export interface AgedJournal {
  server: PostgresServer
  /** Role `postgres`. */
  url: string
  superuserUrl: string
  passwords: DatabasePasswords
  /** How many entries were made. */
  entries: number
}

/** Entries in all: 10 million need two minutes and, with what the DELETE writes, 6 GB of disk. `BENCH_ENTRIES` asks for fewer. */
const asked = Number(process.env.BENCH_ENTRIES ?? 10_000_000)

/** For making the data only: it is thrown away when that fails. */
const whileSeeding = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  // A table made and filled in one transaction is not logged.
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '8GB',
  maintenance_work_mem: '256MB',
  autovacuum: 'off',
}

interface Made {
  passwords: DatabasePasswords
  entries: number
}

/**
 * Runs `use` on the aged journal. It is made once for all benches of a run, and each one finds it as the one before left it.
 * The server is stopped afterwards; the folder goes with the run's.
 */
export async function withAgedJournal<Value>(
  { folder }: BenchContext,
  use: (journal: AgedJournal) => Promise<Value>,
): Promise<Value> {
  const place = join(folder, 'aged')
  const made = (await read(place)) ?? (await make(folder, place))
  const server = await startPostgres({
    dataDir: join(place, 'data'),
    password: made.passwords.supabase_admin,
    logFile: join(place, 'postgres.log'),
  })
  try {
    return await use({
      server,
      url: server.url('postgres', made.passwords.postgres),
      superuserUrl: server.url('supabase_admin', made.passwords.supabase_admin),
      ...made,
    })
  } finally {
    await server.stop('immediate')
  }
}

async function read(place: string): Promise<Made | undefined> {
  const text = await readFile(join(place, 'made.json'), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as Made)
}

async function make(folder: string, place: string): Promise<Made> {
  // The server runs as another user when we are root, and has to pass through.
  await chmod(folder, 0o711)
  await rm(place, { recursive: true, force: true })
  await mkdir(place, { mode: 0o711 })
  const passwords = generatePasswords()
  const server = await startPostgres({
    dataDir: join(place, 'data'),
    password: passwords.supabase_admin,
    logFile: join(place, 'postgres.log'),
    settings: whileSeeding,
  })
  try {
    const superuserUrl = server.url('supabase_admin', passwords.supabase_admin)
    await bootstrapDatabase(superuserUrl, passwords)
    const owner = await connect(server.url('postgres', passwords.postgres))
    await migrateUp(owner, join('supabase', 'migrations'))
    await owner.end()
    await withClient(superuserUrl, seedPeople)
    const entries = await fillMonths(superuserUrl, asked)
    await withClient(superuserUrl, async (client) => {
      await client.query('vacuum (analyze) auth.users')
      await client.query('checkpoint')
    })
    await server.stop()
    const made = { passwords, entries }
    await writeFile(join(place, 'made.json'), JSON.stringify(made), { mode: 0o600 })
    return made
  } catch (error) {
    await server.stop('immediate')
    throw error
  }
}

/** One connection, closed after `work`. */
export async function withClient<Value>(url: string, work: (client: pg.Client) => Promise<Value>): Promise<Value> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
