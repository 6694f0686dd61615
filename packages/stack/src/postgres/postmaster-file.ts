import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findProcess, hasArguments } from '../process-table.ts'

/** Larger than any process number of Linux (2^22) or macOS, so nothing ever answers to it. */
const NOBODY = 2 ** 31 - 1

/**
 * Postgres refuses to start while a process with the number in postmaster.pid, or in the lock of its socket, exists: also a zombie
 * that no init collects, as in a container, and a stranger who got the number later. Then this puts a number that nobody has into
 * the first line. The file itself stays: its other lines tell Postgres whether backends of the killed server still use its memory.
 */
export async function releaseDeadPostmaster(dataDir: string): Promise<void> {
  const names = await readdir(dataDir)
  for (const name of names.filter((one) => one === 'postmaster.pid' || /^\.s\.PGSQL\.\d+\.lock$/.test(one))) {
    const file = join(dataDir, name)
    const lines = (await readFile(file, 'utf8')).split('\n')
    const pid = Math.abs(Number(lines[0]))
    if (!Number.isInteger(pid) || pid === 0 || pid === NOBODY) continue
    const alive = await findProcess(pid)
    if (alive !== undefined && hasArguments(alive, ['-D', dataDir])) continue
    await writeFile(file, [NOBODY, ...lines.slice(1)].join('\n'))
  }
}
