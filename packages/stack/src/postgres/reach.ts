import { chmod, cp, lstat, mkdir, mkdtemp, readdir, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Account } from './account.ts'
import { type PostgresBinaries, programs } from './binaries.ts'

/**
 * Where root keeps what the server's user must reach when the project lies in a folder that is closed to it (a home folder or a
 * `mktemp -d` one, mode 0700). Only root can write here.
 */
export const SYSTEM_FOLDER = '/var/lib/journeys'

/** True when the account may enter every folder on the way to the path, and read what is there. */
export async function isReachable(path: string, account: Account): Promise<boolean> {
  const real = await realpath(await nearestExisting(path))
  for (let folder = dirname(real); ; folder = dirname(folder)) {
    if (!(await mayEnter(folder, account))) return false
    if (folder === dirname(folder)) break
  }
  return mayEnter(real, account)
}

/** The path itself, or the closest folder above it that is there. */
export async function nearestExisting(path: string): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    if (at === dirname(at) || (await lstat(at).catch(() => undefined)) !== undefined) return at
  }
}

async function mayEnter(path: string, account: Account): Promise<boolean> {
  const { mode, uid, gid } = await stat(path)
  const shift = uid === account.uid ? 6 : gid === account.gid ? 3 : 0
  return ((mode >> shift) & 0o1) === 1
}

/** The programs at a place where the account can run them: where npm put them, or a copy made once per version. */
export async function reachableBinaries(
  found: PostgresBinaries,
  account: Account | undefined,
): Promise<PostgresBinaries> {
  if (account === undefined || (await isReachable(found.postgres, account))) return found
  const copy = join(SYSTEM_FOLDER, `postgres-${found.version}-${process.arch}`)
  if ((await stat(copy).catch(() => undefined)) === undefined) await copyBinaries(found.root, copy)
  return { ...programs(copy), version: found.version }
}

/** Copies beside the target and renames, so that a copy that was cut short is never taken for a whole one. */
async function copyBinaries(from: string, to: string): Promise<void> {
  await mkdir(SYSTEM_FOLDER, { recursive: true, mode: 0o755 })
  const partial = await mkdtemp(`${to}.partial-`)
  try {
    for (const name of ['bin', 'lib', 'share']) {
      // verbatimSymlinks: the libraries' links stay relative, and do not point back into the closed folder.
      await cp(join(from, name), join(partial, name), {
        recursive: true,
        verbatimSymlinks: true,
        filter: (source) => !source.endsWith('.a'),
      })
    }
    await openToAll(partial)
    await rename(partial, to).catch(async (error: NodeJS.ErrnoException) => {
      // Another start made the same copy in the meantime.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
    })
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
}

/** npm may have unpacked under a umask that hides the files from other users. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isDirectory()) await chmod(path, 0o755)
    else if (entry.isFile()) await chmod(path, ((await stat(path)).mode & 0o100) !== 0 ? 0o755 : 0o644)
  }
}
