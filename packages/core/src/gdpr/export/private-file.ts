import { createWriteStream } from 'node:fs'
import { link, lstat, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Writable } from 'node:stream'
import { ExitCode, JourneysError } from '../../errors.ts'

const leftover = /\.(\d+)\.unfinished$/

/**
 * Writes a file that only its owner may read, under another name beside it, and gives it its own name when all of it is on the disk:
 * there is never half of one. What an earlier process left half done, because it was killed, is removed.
 * @param work gets the stream, hears its errors, and has ended it when it returns
 * @throws JourneysError `file_exists` (exit code 2) before anything is done; `file_not_written` when the disk refuses
 */
export async function writePrivateFile<T>(
  path: string,
  options: { force: boolean },
  work: (output: Writable) => Promise<T>,
): Promise<T> {
  if (!options.force) await refuseExisting(path)
  const folder = dirname(path)
  const unfinished = `${path}.${process.pid}.unfinished`
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await removeLeftovers(folder, basename(path))
    // The stream alone has the descriptor: closed twice, the second time would close what got its number meanwhile.
    const output = createWriteStream(unfinished, { flags: 'wx', mode: 0o600, flush: true })
    const closed = new Promise<void>((resolve) => output.once('close', () => resolve()))
    try {
      const result = await work(output)
      await closed
      await giveName(unfinished, path, options.force)
      return result
    } finally {
      output.destroy()
      await closed
      await rm(unfinished, { force: true })
    }
  } catch (error) {
    throw notWritten(path, error)
  }
}

async function refuseExisting(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined)
  if (found !== undefined) throw exists(path)
}

/** A link fails where a name is taken; a rename would take it. File systems without links only have the rename. */
async function giveName(from: string, path: string, force: boolean): Promise<void> {
  if (force) return await rename(from, path)
  try {
    await link(from, path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') throw exists(path)
    await refuseExisting(path)
    await rename(from, path)
  }
}

async function removeLeftovers(folder: string, name: string): Promise<void> {
  for (const found of await readdir(folder)) {
    const pid = leftover.exec(found)?.[1]
    if (pid === undefined || !found.startsWith(`${name}.`) || isAlive(Number(pid))) continue
    await rm(join(folder, found), { force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return pid !== process.pid
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function exists(path: string): JourneysError {
  return new JourneysError('file_exists', `${path} is there already; nothing was written`, {
    hint: 'name another file with --out, or replace this one with --force',
    exitCode: ExitCode.usage,
  })
}

const reasons: Record<string, string> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  EFBIG: 'the file would be larger than it may be here',
  EROFS: 'the disk cannot be written',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  ENOTDIR: 'a part of its path is no folder',
  EEXIST: 'a part of its path is no folder',
  EISDIR: 'it is a folder',
  EIO: 'the disk failed',
}

/** What the file system says, in words; any other error is not ours to explain. */
function notWritten(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof JourneysError) return error
  const { code, syscall } = error as NodeJS.ErrnoException
  if (code === undefined || syscall === undefined || !(code in reasons)) return error
  return new JourneysError('file_not_written', `${path} could not be written: ${reasons[code]}`, {
    detail: `${code}; what had been written of it is removed`,
    hint: 'name a place with room, that you may write to, with --out',
    cause: error,
  })
}
