import { randomBytes } from 'node:crypto'
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeys, generatePasswords, parseSettings } from '@journeys/stack'
import pg from 'pg'
import { startGateway } from '../../packages/stack/src/gateway/index.ts'
import { freePort } from '../../packages/stack/src/port.ts'
import { bootstrapDatabase } from '../../packages/stack/src/postgres/bootstrap.ts'
import { type PostgresServer, startPostgres } from '../../packages/stack/src/postgres/server.ts'
import { applyMigrations } from './migrate.ts'

/**
 * A folder of a project, with a database and Storage that are its own and nobody else restarts. The database keeps what it has said to
 * be committed when it is killed: it has written it before it says so (synchronous_commit), and what was written outlives the process.
 * Only a crash of the whole machine would lose it: `fsync` is off, as recovery else reads and syncs every file of the cluster first.
 */
export interface CrashProject {
  workdir: string
  /** What `--env` takes: the addresses and secrets are in `.env.<environment>` of the folder. */
  environment: string
  apiUrl: string
  anonKey: string
  serviceRoleKey: string
  jwtSecret: string
  /** Role `postgres`. */
  databaseUrl: string
  superuserUrl: string
  /** Where Postgres has its data. */
  dataDir: string
  /** Where Storage has its files. */
  storageFolder: string
  /** One statement as `postgres`, on a connection of its own. */
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>
  /** The same as the superuser. */
  asSuperuser<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>
  postmasterPid(): number
  /** Starts it again on the same data and port. Nothing happens when it lives. */
  restartPostgres(): Promise<void>
  /** Ends the server, if it lives, and starts a new cluster in its place: nothing in it but the superuser, who has the same password. */
  replacePostgres(): Promise<void>
  /** Keeps the database, the files of Storage and `.journeys` as they are now. Ends every session. */
  remember(): Promise<void>
  /** Puts all of them back to that state, in some 100 ms. Ends every session. */
  recall(): Promise<void>
  /** Stops everything and deletes the folder. */
  remove(): Promise<void>
}

const DATABASE = 'journeys'
const KEPT = 'journeys_kept'

/** Ready in some two seconds: initdb, the hosted baseline, every migration, and the gateway with auth and Storage (no PostgREST). */
export async function createCrashProject(): Promise<CrashProject> {
  // The prefix and the file "owner" let cluster.ts take away what a killed run leaves behind.
  const folder = await mkdtemp(join(tmpdir(), 'journeys-test-crash-'))
  await chmod(folder, 0o711)
  await writeFile(join(folder, 'owner'), String(process.pid))
  const [workdir, dataDir, storageFolder] = ['project', 'data', 'storage'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  const folders = [
    { live: storageFolder, kept: join(folder, 'kept-storage') },
    { live: join(workdir, '.journeys'), kept: join(folder, 'kept-journeys') },
  ]
  const keys = generateKeys()
  const passwords = generatePasswords()
  const start = (port?: number) =>
    startPostgres({
      dataDir,
      password: passwords.supabase_admin,
      logFile: join(folder, 'postgres.log'),
      settings: { fsync: 'off' },
      ...(port !== undefined && { port }),
    })
  let server: PostgresServer = await start()
  const stops: (() => Promise<void>)[] = [
    () => rm(folder, { recursive: true, force: true, maxRetries: 3 }),
    () => server.stop('immediate'),
  ]
  const remove = async () => {
    for (const stop of stops.splice(0).reverse()) await stop()
  }
  const databaseUrl = server.url('postgres', passwords.postgres, DATABASE)
  const superuserUrl = server.url('supabase_admin', passwords.supabase_admin, DATABASE)
  const maintenanceUrl = server.url('supabase_admin', passwords.supabase_admin)
  try {
    await execute(maintenanceUrl, `create database ${DATABASE}`)
    await bootstrapDatabase(superuserUrl, passwords)
    await execute(superuserUrl, `alter database ${DATABASE} owner to postgres`)
    await applyMigrations(databaseUrl)
    await mkdir(storageFolder)
    const settings = parseSettings('')
    const gateway = await startGateway({
      host: '127.0.0.1',
      port: 0,
      // Nobody there: what is tested writes through the database and Storage.
      postgrestUrl: `http://127.0.0.1:${await freePort()}`,
      authDatabaseUrl: server.url('supabase_auth_admin', passwords.supabase_auth_admin, DATABASE),
      keys,
      auth: settings.auth,
      storage: {
        folder: storageFolder,
        databaseUrl: server.url('supabase_storage_admin', passwords.supabase_storage_admin, DATABASE),
        fileSizeLimit: settings.storage.file_size_limit,
      },
    })
    stops.push(() => gateway.stop())
    await writeProject(workdir, {
      SUPABASE_URL: gateway.url,
      SUPABASE_ANON_KEY: keys.anonKey,
      SUPABASE_SERVICE_ROLE_KEY: keys.serviceRoleKey,
      SUPABASE_JWT_SECRET: keys.jwtSecret,
      DATABASE_URL: databaseUrl,
      JOURNEYS_GDPR_KEY: randomBytes(32).toString('base64url'),
    })
    return {
      workdir,
      environment: 'crash',
      apiUrl: gateway.url,
      ...keys,
      databaseUrl,
      superuserUrl,
      dataDir,
      storageFolder,
      query: (text, values) => execute(databaseUrl, text, values),
      asSuperuser: (text, values) => execute(superuserUrl, text, values),
      postmasterPid: () => server.pid,
      async restartPostgres() {
        const lives = await execute(maintenanceUrl, 'select 1').catch(() => undefined)
        if (lives !== undefined) return
        await server.exited
        server = await start(server.port)
      },
      async replacePostgres() {
        await server.stop('immediate')
        await rm(dataDir, { recursive: true })
        server = await start(server.port)
      },
      async remember() {
        await copyDatabase(maintenanceUrl, DATABASE, KEPT)
        for (const { live, kept } of folders) await copyFolder(live, kept)
      },
      async recall() {
        await copyDatabase(maintenanceUrl, KEPT, DATABASE)
        for (const { live, kept } of folders) await copyFolder(kept, live)
      },
      remove,
    }
  } catch (error) {
    await remove()
    throw error
  }
}

async function writeProject(workdir: string, variables: Record<string, string>): Promise<void> {
  await mkdir(workdir)
  await cp(join(import.meta.dirname, '..', '..', 'supabase'), join(workdir, 'supabase'), { recursive: true })
  await writeFile(join(workdir, 'journeys.config.json'), JSON.stringify({ environments: { crash: {} } }))
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}\n`)
  await writeFile(join(workdir, '.env.crash'), lines.join(''), { mode: 0o600 })
}

/** Sessions on either side are ended: the gateway's pools open new ones. */
async function copyDatabase(maintenanceUrl: string, from: string, to: string): Promise<void> {
  await execute(maintenanceUrl, `drop database if exists ${to} with (force)`)
  for (let attempt = 1; ; attempt++) {
    await execute(maintenanceUrl, 'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [from])
    try {
      await execute(maintenanceUrl, `create database ${to} template ${from} owner postgres`)
      // A copied sequence believes that its next 32 numbers are in the log already. After a checkpoint it writes them again; without one
      // a crash of the copy takes the sequence back behind the rows that have its numbers.
      await execute(maintenanceUrl, 'checkpoint')
      return
    } catch (error) {
      // object_in_use: somebody came back in between.
      if ((error as { code?: string }).code !== '55006' || attempt === 20) throw error
    }
  }
}

/** With the times of change: a receipt that is filed again is seen. */
async function copyFolder(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true })
  await cp(from, to, { recursive: true, preserveTimestamps: true }).catch((error: NodeJS.ErrnoException) => {
    // Nobody has made it yet.
    if (error.code !== 'ENOENT') throw error
  })
}

async function execute<Row extends pg.QueryResultRow>(
  url: string,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query<Row>(text, values)).rows
  } finally {
    await client.end()
  }
}
