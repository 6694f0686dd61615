import { setTimeout as sleep } from 'node:timers/promises'
import { JourneysError } from '@journeys/core/ops'
import { type Child, type ChildExit, spawnChild } from '../child.ts'
import { freePort } from '../port.ts'
import { findPostgrest, type PostgrestBinary } from './binary.ts'

export interface PostgrestOptions {
  /** Connection of the role `authenticator`. */
  databaseUrl: string
  jwtSecret: string
  /** @defaultValue a free port */
  port?: number
  /** @defaultValue a free port */
  adminPort?: number
  /** Schemas that are served. @defaultValue `['public']` */
  schemas?: string[]
  /** Schemas that functions may use without naming them. @defaultValue `['public', 'extensions']` */
  extraSearchPath?: string[]
  /** Most connections to the database. @defaultValue 20: measured 1.9k req/s against 1.4k with 6 */
  pool?: number
  /** Most rows of one answer. @defaultValue 1000 */
  maxRows?: number
  logFile?: string
  /** File with the settings that are not secret; its path is the only argument, by which the process can be recognised. */
  configFile?: string
  /** Which program to run. @defaultValue what `findPostgrest` finds */
  program?: PostgrestBinary
  /** How long it may take until it is ready. @defaultValue 30000 */
  readyWithinMs?: number
}

export interface PostgrestServer {
  url: string
  /** Serves `/ready` and `/live`. */
  adminUrl: string
  pid: number
  stop(): Promise<void>
  exited: Promise<ChildExit>
}

/**
 * Starts the real PostgREST and resolves when `/ready` answers 200: connected, schema read.
 * @throws JourneysError `postgrest_missing`, `postgrest_tampered`, `postgrest_failed`
 */
export async function startPostgrest(options: PostgrestOptions): Promise<PostgrestServer> {
  const readyWithinMs = options.readyWithinMs ?? 30_000
  const { path } = options.program ?? (await findPostgrest())
  for (let attempt = 1; ; attempt++) {
    const [port, adminPort] = await Promise.all([options.port ?? freePort(), options.adminPort ?? freePort()])
    const child = await spawnChild({
      file: path,
      args: options.configFile === undefined ? [] : [options.configFile],
      env: environment(options, port, adminPort),
      logFile: options.logFile,
    })
    const adminUrl = `http://127.0.0.1:${adminPort}`
    if (await becomesReady(child, adminUrl, readyWithinMs)) {
      return {
        url: `http://127.0.0.1:${port}`,
        adminUrl,
        pid: child.pid,
        exited: child.exited,
        stop: () => stop(child),
      }
    }
    await stop(child)
    const log = await child.logTail()
    // Between our look and its bind, another program took the free port.
    if (attempt < 5 && /Address already in use/.test(log)) continue
    throw new JourneysError('postgrest_failed', 'PostgREST did not become ready.', {
      detail: log.trim().split('\n').slice(-3).join('\n') || `no word from it within ${readyWithinMs / 1000} s`,
      hint: 'Read .journeys/logs/postgrest.log',
    })
  }
}

/** Settings go in by environment: argv would show the secrets to every user of the machine. */
function environment(options: PostgrestOptions, port: number, adminPort: number): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    // A larger allocation area means fewer garbage collections: measured +12 % requests per second.
    GHCRTS: '-A64m',
    PGRST_DB_URI: options.databaseUrl,
    PGRST_JWT_SECRET: options.jwtSecret,
    PGRST_DB_SCHEMAS: (options.schemas ?? ['public']).join(','),
    PGRST_DB_EXTRA_SEARCH_PATH: (options.extraSearchPath ?? ['public', 'extensions']).join(','),
    PGRST_DB_ANON_ROLE: 'anon',
    PGRST_DB_POOL: String(options.pool ?? 20),
    PGRST_DB_MAX_ROWS: String(options.maxRows ?? 1000),
    PGRST_SERVER_HOST: '127.0.0.1',
    PGRST_SERVER_PORT: String(port),
    PGRST_ADMIN_SERVER_PORT: String(adminPort),
    PGRST_LOG_LEVEL: 'warn',
  }
}

async function becomesReady(child: Child, adminUrl: string, withinMs: number): Promise<boolean> {
  let gone = false
  void child.exited.then(() => {
    gone = true
  })
  const deadline = Date.now() + withinMs
  while (!gone && Date.now() < deadline) {
    const ready = await fetch(`${adminUrl}/ready`, { signal: AbortSignal.timeout(2000) }).then(
      (response) => response.ok,
      () => false,
    )
    if (ready) return true
    await Promise.race([sleep(10), child.exited])
  }
  return false
}

async function stop(child: Child): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    child.signal(signal)
    const timer = new AbortController()
    const gone = await Promise.race([child.exited, sleep(3000, undefined, { signal: timer.signal })])
    timer.abort()
    if (gone !== undefined) return
  }
}
