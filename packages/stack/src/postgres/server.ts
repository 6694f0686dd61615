import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Child, type ChildExit, spawnChild } from '../child.ts'
import { freePort } from '../port.ts'
import { serverAccount } from './account.ts'
import { findPostgresBinaries } from './binaries.ts'
import { explainPostgresFailure, isLeftoverSharedMemory } from './failure.ts'
import { initialiseCluster, inspectDataFolder, serverEnv } from './initdb.ts'
import { releaseDeadPostmaster } from './postmaster-file.ts'
import { reachableBinaries } from './reach.ts'

export interface PostgresOptions {
  /** Its parents must let the server's user through (see `isReachable`). */
  dataDir: string
  /** @defaultValue a free port */
  port?: number
  /** Password of the superuser `supabase_admin`. */
  password: string
  logFile: string
  /** Server settings on top of ours, for example `{ fsync: 'off' }` in tests. */
  settings?: Record<string, string>
}

export interface PostgresServer {
  port: number
  pid: number
  /** Folder of the unix socket; undefined when its path would be longer than the system allows. */
  socketDir: string | undefined
  /** Connection URL over loopback. `database` defaults to `postgres`. */
  url(role: string, password: string, database?: string): string
  /** The same over the unix socket where there is one: for libpq and pg, and some 5 % quicker. */
  socketUrl(role: string, password: string, database?: string): string
  /** Ends sessions, writes everything down and stops. `immediate` skips the writing: recovery does it at the next start. */
  stop(mode?: 'fast' | 'immediate'): Promise<void>
  exited: Promise<ChildExit>
}

const ourSettings: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  max_connections: '100',
  shared_buffers: '128MB',
  shared_preload_libraries: 'pg_stat_statements',
  max_wal_size: '1GB',
  password_encryption: 'scram-sha-256',
  log_line_prefix: '%m [%p] %u@%d ',
  timezone: 'UTC',
}

/** sun_path holds 104 bytes on macOS, 108 on Linux, with a final zero. */
const LONGEST_SOCKET_PATH = 103

const READY_WITHIN_MS = 120_000
const LEFTOVER_GONE_WITHIN_MS = 15_000

/**
 * Starts Postgres 15 on a data folder, which is made when it is missing or empty, and resolves when it takes connections.
 * @throws JourneysError `port_taken`, `disk_full`, `folder_not_writable`, `data_other_major`, `data_in_use`, `postgres_failed`, ...
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const { dataDir } = options
  const content = await inspectDataFolder(dataDir)
  const account = await serverAccount(content === 'cluster' ? dataDir : undefined)
  const binaries = await reachableBinaries(await findPostgresBinaries(), account)
  if (content === 'empty') await initialiseCluster({ dataDir, password: options.password, binaries, account })

  const port = options.port ?? (await freePort())
  const socketDir = Buffer.byteLength(`${dataDir}/.s.PGSQL.${port}`) <= LONGEST_SOCKET_PATH ? dataDir : undefined
  const settings = { ...ourSettings, unix_socket_directories: socketDir ?? '', ...options.settings }
  const args = ['-D', dataDir, '-p', String(port)]
  for (const [name, value] of Object.entries(settings)) args.push('-c', `${name}=${value}`)

  const giveUpAt = Date.now() + LEFTOVER_GONE_WITHIN_MS
  for (;;) {
    await releaseDeadPostmaster(dataDir)
    const child = await spawnChild({ file: binaries.postgres, args, env: serverEnv, logFile: options.logFile, account })
    if (await becomesReady(child, dataDir)) return describe(child, port, socketDir)
    const log = await child.logTail()
    if (!isLeftoverSharedMemory(log) || Date.now() > giveUpAt) throw explainPostgresFailure(log, { dataDir, port })
    await sleep(50)
  }
}

/** False when it exits first. postmaster.pid is where pg_ctl looks too: its last line says "ready" when connections are taken. */
async function becomesReady(child: Child, dataDir: string): Promise<boolean> {
  let gone = false
  void child.exited.then(() => {
    gone = true
  })
  const deadline = Date.now() + READY_WITHIN_MS
  while (!gone) {
    const lines = await readFile(join(dataDir, 'postmaster.pid'), 'utf8').then(
      (text) => text.split('\n'),
      () => [],
    )
    if (Number(lines[0]) === child.pid && lines[7]?.trim() === 'ready') return true
    if (Date.now() > deadline) {
      child.signal('SIGKILL')
      await child.exited
      return false
    }
    await Promise.race([sleep(10), child.exited])
  }
  return false
}

function describe(child: Child, port: number, socketDir: string | undefined): PostgresServer {
  const url = (role: string, password: string, database = 'postgres') =>
    `postgresql://${encodeURIComponent(role)}:${encodeURIComponent(password)}@127.0.0.1:${port}/${encodeURIComponent(database)}`
  return {
    port,
    pid: child.pid,
    socketDir,
    url,
    socketUrl(role, password, database = 'postgres') {
      if (socketDir === undefined) return url(role, password, database)
      const authority = `${encodeURIComponent(role)}:${encodeURIComponent(password)}@:${port}`
      return `postgresql://${authority}/${encodeURIComponent(database)}?host=${encodeURIComponent(socketDir)}`
    },
    exited: child.exited,
    async stop(mode = 'fast') {
      // Smart shutdown (SIGTERM) would wait for every client to leave.
      const steps = [mode === 'fast' ? 'SIGINT' : 'SIGQUIT', 'SIGQUIT', 'SIGKILL'] as const
      for (const signal of steps) {
        child.signal(signal)
        const timer = new AbortController()
        const gone = await Promise.race([child.exited, sleep(10_000, undefined, { signal: timer.signal })])
        timer.abort()
        if (gone !== undefined) return
      }
    },
  }
}
