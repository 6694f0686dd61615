import { randomBytes } from 'node:crypto'
import { link, open, readFile, rename, rm, unlink } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { explainFolder } from '../folder.ts'
import { processIdentity } from '../process-table.ts'

/** Who holds a lock. */
export interface LockHolder {
  pid: number
}

export interface Lock {
  /** True while the file is still ours: somebody may have deleted it by hand. */
  isOurs(): Promise<boolean>
  release(): Promise<void>
}

interface Entry extends LockHolder {
  identity: string
  token: string
}

/** The live process that holds the lock. A lock of a dead one counts as none at once, whatever became of its number. */
export async function lockHolder(path: string): Promise<LockHolder | undefined> {
  const entry = await readEntry(path)
  return entry !== undefined && (await isAlive(entry)) ? { pid: entry.pid } : undefined
}

/**
 * Takes the lock for this process, or says who has it.
 * @throws JourneysError `folder_not_writable`, `disk_full`
 */
export async function takeLock(path: string): Promise<Lock | LockHolder> {
  const identity = (await processIdentity(process.pid)) ?? ''
  const entry: Entry = { pid: process.pid, identity, token: randomBytes(8).toString('hex') }
  const isOurs = async () => (await readEntry(path))?.token === entry.token
  const lock: Lock = {
    isOurs,
    release: async () => {
      if (await isOurs()) await rm(path, { force: true })
    },
  }
  let tookOver = false
  for (;;) {
    if (await create(path, entry)) {
      // Two that find the same dead holder: the slower one's rename may have hit this file. It puts it back, or we see it now.
      if (!tookOver) return lock
      await sleep(30)
      if (await isOurs()) return lock
      continue
    }
    const present = await readEntry(path)
    if (present !== undefined && (await isAlive(present))) return { pid: present.pid }
    await removeStale(path, present?.token)
    tookOver = true
  }
}

/** Written beside and linked in, so that the file appears whole: `link` fails when there is one already. */
async function create(path: string, entry: Entry): Promise<boolean> {
  const draft = `${path}.${entry.token}`
  try {
    const file = await open(draft, 'wx', 0o600)
    try {
      await file.writeFile(JSON.stringify(entry))
    } finally {
      await file.close()
    }
    await link(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw explainFolder(error, path)
  } finally {
    await rm(draft, { force: true })
  }
}

/** Moves the lock away, and back again if it is not the one that was found dead. */
async function removeStale(path: string, token: string | undefined): Promise<void> {
  const aside = `${path}.stale-${randomBytes(8).toString('hex')}`
  try {
    await rename(path, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw explainFolder(error, path)
  }
  const moved = await readEntry(aside)
  if (moved !== undefined && moved.token !== token) await link(aside, path).catch(() => undefined)
  await unlink(aside)
}

async function readEntry(path: string): Promise<Entry | undefined> {
  try {
    const { pid, token, identity = '' } = JSON.parse(await readFile(path, 'utf8')) as Partial<Entry>
    return typeof pid === 'number' && typeof token === 'string' ? { pid, token, identity } : undefined
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw explainFolder(error, path)
  }
}

async function isAlive(entry: Entry): Promise<boolean> {
  return (await processIdentity(entry.pid)) === entry.identity
}
