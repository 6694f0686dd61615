import { readdir, rm } from 'node:fs/promises'
import path from 'node:path'

/**
 * Removes the folders in `parent` that a process has left which was killed: those named `<prefix><pid>-...` whose process is
 * gone. Somebody else's are passed over.
 */
export async function removeLeftoverFolders(parent: string, prefix: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.startsWith(prefix)) continue
    const pid = Number(/^(\d+)-/.exec(name.slice(prefix.length))?.[1])
    if (!(pid > 0) || alive(pid)) continue
    // Not ours to remove: another user's, in a shared folder for temporary files.
    await rm(path.join(parent, name), { recursive: true, force: true }).catch(() => undefined)
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
