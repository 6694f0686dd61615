import { createHash } from 'node:crypto'
import { type PassThrough, Readable, type Writable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import { ZipFile } from 'yazl'

export type Content = Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>

/** A file in the archive, as its manifest names it. */
export interface ArchivedFile {
  path: string
  bytes: number
  /** Hexadecimal, of the content as it was before it was compressed. */
  sha256: string
}

export interface Archive {
  /** What is in it so far. */
  readonly files: readonly ArchivedFile[]
  /**
   * Streams one file into the archive and comes back when all of it was taken.
   * @param options.compress false for what is compressed already. @defaultValue true
   */
  add(path: string, content: Content, options?: { compress?: boolean; modified?: Date }): Promise<ArchivedFile>
}

/**
 * Writes a zip file to `output`, one entry after the other, in as little memory as one block takes. Only when the last byte was taken
 * does it return. When the output or the work fails, both end.
 * @param folder the one folder that everything is in
 * @returns of the zip file itself: its size and SHA-256
 */
export async function writeArchive<T>(
  output: Writable,
  { folder, modified, signal }: { folder: string; modified: Date; signal?: AbortSignal | undefined },
  work: (archive: Archive) => Promise<T>,
): Promise<{ result: T; bytes: number; sha256: string }> {
  const zip = new ZipFile()
  const whole = createHash('sha256')
  let bytes = 0
  // Typed as less than it is. A stream around it could not be destroyed while it waits for the next entry.
  const content = zip.outputStream as PassThrough
  zip.on('error', (error: Error) => content.destroy(error))
  const measured = async function* (blocks: AsyncIterable<Buffer>) {
    for await (const block of blocks) {
      whole.update(block)
      bytes += block.length
      yield block
    }
  }
  const written = pipeline(content, measured, output, signal === undefined ? {} : { signal })
  // Heard by whoever waits for an entry, or at the end.
  written.catch(() => undefined)

  const files: ArchivedFile[] = []
  const archive: Archive = {
    files,
    async add(path, content, options = {}) {
      const hash = createHash('sha256')
      const file = { path, bytes: 0, sha256: '' }
      const counted = async function* () {
        for await (const block of content) {
          const buffer = typeof block === 'string' ? Buffer.from(block) : block
          hash.update(buffer)
          file.bytes += buffer.length
          yield buffer
        }
      }
      const source = Readable.from(counted(), { objectMode: false })
      const given = finished(source)
      given.catch(() => undefined)
      zip.addReadStream(source, `${folder}/${path}`, {
        mtime: options.modified ?? modified,
        mode: 0o100600,
        compress: options.compress ?? true,
      })
      try {
        await Promise.race([given, written.then(() => Promise.reject(new Error('the archive ended early')))])
      } catch (error) {
        source.destroy()
        throw error
      }
      file.sha256 = hash.digest('hex')
      files.push(file)
      return file
    },
  }
  try {
    const result = await work(archive)
    zip.end()
    await written
    return { result, bytes, sha256: whole.digest('hex') }
  } catch (error) {
    content.destroy()
    await written.catch(() => undefined)
    throw error
  }
}
