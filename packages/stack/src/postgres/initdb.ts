import { execFile } from 'node:child_process'
import { chown, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { JourneysError } from '@journeys/core/ops'
import { explainFolder } from '../folder.ts'
import type { Account } from './account.ts'
import { POSTGRES_MAJOR, type PostgresBinaries } from './binaries.ts'
import { explainPostgresFailure, otherMajor } from './failure.ts'

const run = promisify(execFile)

/** The environment of initdb and the server: nothing of ours, so that no PG* variable changes what they do. */
export const serverEnv: NodeJS.ProcessEnv = { LC_ALL: 'C', TZ: 'UTC', PATH: process.env.PATH }

export interface NewCluster {
  dataDir: string
  /** Password of the superuser `supabase_admin`. */
  password: string
  binaries: PostgresBinaries
  account: Account | undefined
}

/**
 * What the data folder holds: nothing, or a cluster of our major version.
 * @throws JourneysError `data_other_major`, or `data_folder_unknown` when it holds something else.
 */
export async function inspectDataFolder(dataDir: string): Promise<'empty' | 'cluster'> {
  const version = await readFile(join(dataDir, 'PG_VERSION'), 'utf8').catch(() => undefined)
  if (version !== undefined) {
    if (version.trim() !== POSTGRES_MAJOR) throw otherMajor(version.trim(), dataDir)
    return 'cluster'
  }
  const names = await readdir(dataDir).catch(() => [])
  if (names.length === 0) return 'empty'
  throw new JourneysError('data_folder_unknown', 'The data folder holds files that are not a Postgres cluster.', {
    detail: `${dataDir} holds ${names.slice(0, 3).join(', ')}`,
    hint: 'Move them away, or start over: journeys reset',
  })
}

/**
 * Makes a cluster whose only role is the superuser `supabase_admin`. It is made beside its place and renamed into it, so an initdb
 * that was killed half-way leaves no folder that looks like a cluster.
 */
export async function initialiseCluster({ dataDir, password, binaries, account }: NewCluster): Promise<void> {
  const partial = `${dataDir}.new`
  try {
    await rm(partial, { recursive: true, force: true })
    await mkdir(dirname(dataDir), { recursive: true })
    await mkdir(partial, { mode: 0o700 })
    if (account) await chown(partial, account.uid, account.gid)
    await withPasswordFile(password, account, (file) => initdb(partial, file, binaries, account))
    await rename(partial, dataDir)
  } catch (error) {
    await rm(partial, { recursive: true, force: true }).catch(() => undefined)
    throw explainFolder(error, dataDir)
  }
}

async function initdb(folder: string, passwordFile: string, binaries: PostgresBinaries, account: Account | undefined) {
  // Byte order for sorting as it is fast and the same everywhere, but letters beyond ASCII still have upper and lower case.
  const ctype = process.platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8'
  const attempt = (...extra: string[]) =>
    run(
      binaries.initdb,
      [
        ...['-D', folder, '-U', 'supabase_admin', '-E', 'UTF8', '--locale=C', '--auth=scram-sha-256'],
        ...[`--pwfile=${passwordFile}`, '--no-sync', '--no-instructions', ...extra],
      ],
      { cwd: '/', env: serverEnv, ...(account && { uid: account.uid, gid: account.gid }) },
    )
  try {
    await attempt(`--lc-ctype=${ctype}`).catch((error: unknown) => {
      if (!/invalid locale name/.test(outputOf(error))) throw error
      return attempt()
    })
  } catch (error) {
    throw explainPostgresFailure(outputOf(error), { dataDir: folder })
  }
}

/** initdb takes the password from a file only; argv would show it to every user of the machine. */
async function withPasswordFile(
  password: string,
  account: Account | undefined,
  use: (file: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'journeys-initdb-'))
  try {
    const file = join(folder, 'password')
    await writeFile(file, `${password}\n`, { mode: 0o600 })
    if (account) for (const path of [file, folder]) await chown(path, account.uid, account.gid)
    await use(file)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function outputOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { stderr, stdout } = error as { stderr?: string; stdout?: string }
  return [stdout, stderr, error.message].filter(Boolean).join('\n')
}
