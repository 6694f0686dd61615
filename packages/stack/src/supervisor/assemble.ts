import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ExitCode, JourneysError } from '@journeys/core/ops'
import { startGateway } from '../gateway/index.ts'
import type { Gateway } from '../gateway/options.ts'
import { chooseDataPlace, dataPlaces, deleteOrphanedData } from '../lifecycle/data-place.ts'
import { endServers, findStackProcesses } from '../lifecycle/leftovers.ts'
import type { Project } from '../lifecycle/project.ts'
import { createSecrets, readSecrets, type StackSecrets } from '../lifecycle/secrets.ts'
import type { StackState } from '../lifecycle/state.ts'
import { choosePort } from '../port.ts'
import { inspectDataFolder } from '../postgres/initdb.ts'
import { type PostgresServer, startPostgres } from '../postgres/server.ts'
import { findPostgrest } from '../rest/binary.ts'
import { type PostgrestServer, startPostgrest } from '../rest/server.ts'
import { readSettings, type StackSettings } from '../settings.ts'
import type { StackProgress } from './message.ts'
import { isBootstrapped, prepareDatabase } from './prepare-database.ts'

export interface AssembleOptions {
  project: Project
  env: NodeJS.ProcessEnv
  onProgress(progress: StackProgress): void
  signal: AbortSignal
}

/** A stack that is ready, and how to bring back those of its parts that are processes. */
export interface AssembledStack {
  state: StackState
  postgres: PostgresServer
  postgrest: PostgrestServer
  gateway: Gateway
  restartPostgres(): Promise<PostgresServer>
  restartPostgrest(): Promise<PostgrestServer>
}

/**
 * Ends what an earlier supervisor left behind, then brings up Postgres, the schema, PostgREST and the gateway. When a step fails
 * or `signal` is aborted, what was started is stopped before the error is thrown.
 */
export async function assembleStack(options: AssembleOptions): Promise<AssembledStack> {
  const started: (() => Promise<void>)[] = []
  try {
    return await assemble(options, (stop) => started.push(stop))
  } catch (error) {
    for (const stop of started.reverse()) await stop().catch(() => undefined)
    throw error
  }
}

async function assemble(
  options: AssembleOptions,
  onStarted: (stop: () => Promise<void>) => void,
): Promise<AssembledStack> {
  const { project, env, onProgress, signal } = options
  // 17 MB to hash: it goes on while Postgres starts.
  const program = findPostgrest(env)
  program.catch(() => undefined)
  const [settings] = await Promise.all([readSettings(project.workdir), clearTheWay(project)])
  const dataDir = await chooseDataPlace(project)
  const secrets = await secretsFor(project, dataDir)

  onProgress({ phase: 'postgres', message: 'Starting Postgres' })
  const runPostgres = (port: number) =>
    startPostgres({
      dataDir,
      port,
      password: secrets.passwords.supabase_admin,
      logFile: join(project.logs, 'postgres.log'),
    })
  const databaseWish = wish(env, 'JOURNEYS_DATABASE_PORT', settings.db.port, 'database')
  const postgres = await onPort(databaseWish, runPostgres)
  onStarted(() => postgres.stop())
  signal.throwIfAborted()

  const runPostgrest = await postgrestRunner(project, settings, secrets, postgres, program)
  const early = (await isBootstrapped(dataDir)) ? runPostgrest() : undefined
  early?.catch(() => undefined)
  if (early !== undefined) onStarted(async () => (await early).stop())
  const applied = await prepareDatabase({
    server: postgres,
    dataDir,
    secrets,
    supabase: join(project.workdir, 'supabase'),
    seedFiles: settings.db.seed.enabled ? settings.db.seed.sql_paths : [],
    onProgress,
    signal,
  })
  signal.throwIfAborted()

  onProgress({ phase: 'postgrest', message: 'Starting PostgREST' })
  let postgrest = await (early ?? runPostgrest())
  if (early !== undefined && applied > 0) {
    // It may have read the schema and the authenticator's settings as they were before.
    await postgrest.stop()
    postgrest = await runPostgrest()
  }
  const { stop: stopPostgrest, url: postgrestUrl, adminUrl } = postgrest
  onStarted(stopPostgrest)
  signal.throwIfAborted()

  onProgress({ phase: 'gateway', message: 'Starting the gateway' })
  const gateway = await onPort(wish(env, 'JOURNEYS_API_PORT', settings.api.port, 'API'), (port) =>
    startGateway({
      host: '127.0.0.1',
      port,
      postgrestUrl,
      postgrestAdminUrl: adminUrl,
      authDatabaseUrl: postgres.url('supabase_auth_admin', secrets.passwords.supabase_auth_admin),
      keys: secrets.keys,
      auth: settings.auth,
      ...(settings.storage.enabled && {
        storage: {
          folder: project.storage,
          databaseUrl: postgres.url('supabase_storage_admin', secrets.passwords.supabase_storage_admin),
          fileSizeLimit: settings.storage.file_size_limit,
        },
      }),
      accessLog: join(project.logs, 'access.log'),
    }),
  )
  onStarted(() => gateway.stop())
  signal.throwIfAborted()

  const state: StackState = {
    version: 1,
    workdir: project.workdir,
    supervisorPid: process.pid,
    postgresPid: postgres.pid,
    postgrestPid: postgrest.pid,
    apiUrl: gateway.url,
    apiPort: gateway.port,
    databasePort: postgres.port,
    databaseUrl: postgres.url('postgres', secrets.passwords.postgres),
    postgrestUrl,
    postgrestAdminUrl: adminUrl,
    ...secrets.keys,
    startedAt: new Date().toISOString(),
    logs: project.logs,
    dataDir,
  }
  const ports = { port: portOf(postgrestUrl), adminPort: portOf(adminUrl) }
  return {
    state,
    postgres,
    postgrest,
    gateway,
    restartPostgres: () => runPostgres(postgres.port),
    restartPostgrest: () => runPostgrest(ports),
  }
}

/** Servers of a supervisor that was killed, and data of projects that are gone. */
async function clearTheWay(project: Project): Promise<void> {
  await endServers(await findStackProcesses(project, Object.values(dataPlaces(project))))
  await deleteOrphanedData()
}

async function secretsFor(project: Project, dataDir: string): Promise<StackSecrets> {
  const [secrets, content] = await Promise.all([readSecrets(project), inspectDataFolder(dataDir)])
  if (secrets !== undefined) return secrets
  if (content === 'empty') return createSecrets(project)
  throw new JourneysError('secrets_missing', 'The passwords of the local database are gone.', {
    detail: `${dataDir} holds data, but ${project.secretsFile} is missing or cannot be read`,
    hint: 'Put the file back, or start over with an empty database: journeys reset',
  })
}

async function postgrestRunner(
  project: Project,
  settings: StackSettings,
  secrets: StackSecrets,
  postgres: PostgresServer,
  program: ReturnType<typeof findPostgrest>,
) {
  await writeFile(project.postgrestConfig, '# Everything is passed by environment.\nserver-host = "127.0.0.1"\n', {
    mode: 0o600,
  })
  return async (ports: { port?: number; adminPort?: number } = {}) =>
    startPostgrest({
      ...ports,
      program: await program,
      databaseUrl: postgres.socketUrl('authenticator', secrets.passwords.authenticator),
      jwtSecret: secrets.keys.jwtSecret,
      // The GraphQL extension does not come with the npm Postgres.
      schemas: settings.api.schemas.filter((schema) => schema !== 'graphql_public'),
      extraSearchPath: settings.api.extra_search_path,
      maxRows: settings.api.max_rows,
      logFile: join(project.logs, 'postgrest.log'),
      configFile: project.postgrestConfig,
    })
}

interface PortWish {
  port: number
  /** Asked for by the environment, so no other one will do. */
  explicit: boolean
  what: string
  variable: string
}

function wish(env: NodeJS.ProcessEnv, variable: string, configured: number, what: string): PortWish {
  const asked = env[variable]
  if (asked === undefined || asked === '') return { port: configured, explicit: false, what, variable }
  const port = Number(asked)
  if (Number.isInteger(port) && port > 0 && port < 65_536) return { port, explicit: true, what, variable }
  throw new JourneysError('port_invalid', `${variable} is not a port number.`, {
    detail: asked,
    hint: `${variable}=${configured} journeys start`,
    exitCode: ExitCode.usage,
  })
}

/** Starts a server on the wanted port or the next free one, also when another program takes that between the look and the start. */
async function onPort<T>(wanted: PortWish, start: (port: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const port = await choosePort(wanted)
    try {
      return await start(port)
    } catch (error) {
      if (attempt === 3 || !isTaken(error)) throw error
    }
  }
}

function isTaken(error: unknown): boolean {
  const { code, cause } = error as { code?: string; cause?: { code?: string } }
  return code === 'port_taken' || code === 'EADDRINUSE' || cause?.code === 'EADDRINUSE'
}

function portOf(url: string): number {
  return Number(new URL(url).port)
}
