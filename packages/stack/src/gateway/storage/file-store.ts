import { createHash, randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile, type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** What is known of a file once it is whole. */
export interface StoredFile {
  /** Bytes. */
  size: number
  /** MD5 in hex: what S3, and so Storage, gives as an entity tag. */
  md5: string
}

/** A file in its place, and when it got there. */
export interface ListedFile {
  version: string
  /** Milliseconds since 1970. */
  since: number
}

export interface FileStore {
  /**
   * Writes a new file. It is in its place only when it is whole and on disk; killed before, it never is.
   * @param version a UUID that no other file has
   * @throws whatever `source` throws; `TooLarge` past `maxBytes`; nothing is left then
   */
  write(version: string, source: AsyncIterable<Uint8Array>, maxBytes: number): Promise<StoredFile>
  /** A second file with the same content. */
  copy(version: string, copy: string): Promise<void>
  /** Undefined when there is no such file. What is open stays readable, also when the file is removed meanwhile. */
  open(version: string): Promise<FileHandle | undefined>
  /** Removing what is not there is no error. */
  remove(version: string): Promise<void>
  /** Every file in its place, some hundred at a time. */
  list(): AsyncIterable<ListedFile[]>
  /** Removes what writers of other processes had begun. They must have ended. */
  removePartial(): Promise<void>
}

export class TooLarge extends Error {
  override readonly name = 'TooLarge'
}

const PRIVATE_FOLDER = 0o700
const PRIVATE_FILE = 0o600

/**
 * Files named by a random version and by nothing that a person chose: no name can lead out of the folder, no two names collide on a
 * disk that ignores case, and a folder's listing says nothing of anybody. A file never changes once it is in its place.
 *
 *     <folder>/incoming/<process>/<version>    being written
 *     <folder>/<first two>/<version>           whole
 */
export function openFileStore(folder: string): FileStore {
  const incomings = join(folder, 'incoming')
  const own = randomUUID()
  const incoming = join(incomings, own)

  /** Fills a new file, and moves it to its place when that is done and on disk. */
  async function create<T>(version: string, fill: (partial: string) => Promise<T>): Promise<T> {
    const place = placeOf(version)
    const partial = join(incoming, version)
    await mkdir(incoming, { recursive: true, mode: PRIVATE_FOLDER })
    try {
      const filled = await fill(partial)
      const shard = join(folder, place.shard)
      const isNew = (await mkdir(shard, { recursive: true, mode: PRIVATE_FOLDER })) !== undefined
      await rename(partial, join(shard, version))
      // The name is on disk only when its folder is: without this a power cut would take the file and leave its row.
      await syncFolder(shard)
      if (isNew) await syncFolder(folder)
      return filled
    } catch (error) {
      await rm(partial, { force: true }).catch(() => undefined)
      throw error
    }
  }

  function pathOf(version: string) {
    const { shard } = placeOf(version)
    return join(folder, shard, version)
  }

  return {
    write: (version, source, maxBytes) =>
      create(version, async (partial) => {
        const file = await open(partial, 'wx', PRIVATE_FILE)
        try {
          const hash = createHash('md5')
          let size = 0
          for await (const chunk of source) {
            size += chunk.length
            if (size > maxBytes) throw new TooLarge()
            hash.update(chunk)
            await file.appendFile(chunk)
          }
          await file.sync()
          return { size, md5: hash.digest('hex') }
        } finally {
          await file.close()
        }
      }),
    copy: (version, copy) =>
      create(copy, async (partial) => {
        // On a disk that can, both share their blocks.
        await copyFile(pathOf(version), partial, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
        const file = await open(partial, 'r+')
        try {
          await file.chmod(PRIVATE_FILE)
          await file.sync()
        } finally {
          await file.close()
        }
      }),
    open: async (version) =>
      await open(pathOf(version), 'r').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined
        throw error
      }),
    remove: async (version) => await rm(pathOf(version), { force: true }),
    list: async function* () {
      for (const shard of await namesIn(folder)) {
        if (!/^[0-9a-f]{2}$/.test(shard)) continue
        const files: ListedFile[] = []
        for (const version of await namesIn(join(folder, shard))) {
          const found = await stat(join(folder, shard, version)).catch(() => undefined)
          if (found !== undefined && isVersion(version)) files.push({ version, since: found.ctimeMs })
        }
        if (files.length > 0) yield files
      }
    },
    removePartial: async () => {
      for (const name of await namesIn(incomings)) {
        if (name !== own) await rm(join(incomings, name), { recursive: true, force: true })
      }
    },
  }
}

/** The last wall: a version that came from a row somebody else wrote does not lead out of the folder either. */
function placeOf(version: string) {
  if (!isVersion(version)) throw new TypeError('not a version of a file')
  return { shard: version.slice(0, 2) }
}

/** False for what other software wrote into a row: a restored dump may name files that are not here. */
export function isVersion(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)
}

async function syncFolder(path: string) {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
}
