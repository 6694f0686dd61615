import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Unpacks a zip file with the machine's own program, and returns the one folder that is in it. */
export async function unzip(file: string, into: string): Promise<string> {
  await run('unzip', ['-q', file, '-d', into]).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    await run('python3', ['-m', 'zipfile', '-e', file, into])
  })
  const [folder, ...others] = await readdir(into)
  if (folder === undefined || others.length > 0) throw new Error(`not one folder in ${file}: ${[folder, ...others]}`)
  return join(into, folder)
}

/** What `sha256sum -c` says, a line for every file that it was told of; fails when one does not fit. */
export async function checkSums(folder: string): Promise<string[]> {
  const { stdout } = await run('sha256sum', ['-c', 'SHA256SUMS', '--strict'], { cwd: folder, maxBuffer: 2 ** 26 })
  return stdout.trim().split('\n')
}
