import { randomBytes } from 'node:crypto'
import { open, readFile, rename, rm } from 'node:fs/promises'
import { explainFolder } from '../folder.ts'

/**
 * Writes a JSON file with mode 0600 so that a reader sees the old text or the new one, also after a crash.
 * @throws JourneysError `folder_not_writable`, `disk_full`
 */
export async function writePrivateJson(path: string, value: unknown): Promise<void> {
  const partial = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  try {
    const file = await open(partial, 'wx', 0o600)
    try {
      await file.writeFile(`${JSON.stringify(value, null, 2)}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(partial, path)
  } catch (error) {
    await rm(partial, { force: true })
    throw explainFolder(error, path)
  }
}

/** The file's JSON; undefined when it is missing or is not JSON. */
export async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || error instanceof SyntaxError) return undefined
    throw explainFolder(error, path)
  }
}
