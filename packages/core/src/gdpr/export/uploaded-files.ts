import type { Queryable } from '../../database/connection.ts'
import { JourneysError } from '../../errors.ts'
import type { StorageAccess } from '../erasure/context.ts'
import type { Archive } from './archive.ts'
import type { PersonRows } from './person-rows.ts'
import { openUploadedFile, type UploadedFile } from './uploaded-file.ts'

/** Where a file of the archive came from. */
export interface ExportedFile {
  bucket: string
  /** Its name in Storage. */
  name: string
  mimeType: string | null
  /** In the archive; null when Storage has lost it. */
  path: string | null
}

export interface UploadedFilesOptions {
  /** A row without a file is written down instead of ending the export. */
  skipMissing: boolean
  signal?: AbortSignal | undefined
  onFile?: ((done: number, bytes: number) => void) | undefined
}

/**
 * The person's files, by the rows of storage.objects that lead to them. A list in memory: some hundred bytes for each, whatever its size.
 */
export async function findUploadedFiles(
  transaction: Queryable,
  tables: readonly PersonRows[],
): Promise<UploadedFile[]> {
  const objects = tables.find(({ table }) => table.table === 'storage.objects')
  if (objects === undefined) return []
  const { sql, values } = objects.select(
    `t.bucket_id as bucket, t.name, (t.metadata ->> 'size')::float8 as bytes, t.metadata ->> 'mimetype' as "mimeType",
     coalesce(t.updated_at, t.created_at, now()) as "updatedAt"`,
  )
  const { rows } = await transaction.query<UploadedFile>(`${sql} order by t.bucket_id, t.name`, values)
  return rows
}

/**
 * Streams every uploaded file into the archive.
 * @throws JourneysError `export_file_missing` for a row without a file, `export_file_changed` when one was replaced meanwhile; as
 *   {@link openUploadedFile}
 */
export async function addUploadedFiles(
  archive: Archive,
  storage: StorageAccess,
  files: readonly UploadedFile[],
  options: UploadedFilesOptions,
): Promise<ExportedFile[]> {
  const exported: ExportedFile[] = []
  let total = 0
  for (const file of files) {
    const { bucket, name, mimeType } = file
    const content = await openUploadedFile(storage, file, options.signal)
    if (content === undefined) {
      if (!options.skipMissing) throw missing(file)
      exported.push({ bucket, name, mimeType, path: null })
      continue
    }
    const path = pathInArchive(file, exported.length + 1)
    const { bytes } = await archive
      .add(path, content, { compress: isCompressible(mimeType), modified: file.updatedAt })
      .finally(() => content.destroy())
      .catch((error: unknown) => {
        throw broken(file, error)
      })
    if (file.bytes !== null && file.bytes !== bytes) throw changed(file, bytes)
    total += bytes
    exported.push({ bucket, name, mimeType, path })
    options.onFile?.(exported.length, total)
  }
  return exported
}

/**
 * A number and the last part of its name: names of Storage may be longer than a disk takes, differ only in their case, or be a file
 * here and a folder there. The manifest has the whole name.
 */
export function pathInArchive({ bucket, name }: Pick<UploadedFile, 'bucket' | 'name'>, number: number): string {
  const last = safe(name.split('/').at(-1) ?? '')
  return `files/${safe(bucket)}/${String(number).padStart(5, '0')}-${last}`
}

/** What every file system takes as a name; the end of a long one is kept, for it says what kind of file it is. */
function safe(part: string): string {
  const plain = part
    .normalize('NFC')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what has to go
    .replace(/[\u0000-\u001f\u007f-\u009f\\/:*?"<>|]/g, '_')
    .replace(/^\.+|[. ]+$/g, (dots) => '_'.repeat(dots.length))
  return [...plain].slice(-60).join('') || '_'
}

/** Pictures and recordings are compressed already; trying again costs time only. */
function isCompressible(mimeType: string | null): boolean {
  return !/^(image|audio|video)\/(?!svg|bmp|wav|x-wav)|zip|gzip/.test(mimeType ?? '')
}

function missing({ bucket, name }: UploadedFile): JourneysError {
  return new JourneysError('export_file_missing', `Storage has no file for ${bucket}/${name}; no export was made`, {
    detail: 'storage.objects has a row for it: the file was lost, or was removed a moment ago',
    hint: 'run it again; if the file is lost for good, --skip-missing makes the export without it and says so in it',
  })
}

function changed({ bucket, name, bytes }: UploadedFile, got: number): JourneysError {
  return new JourneysError(
    'export_file_changed',
    `${bucket}/${name} is not what the database says; no export was made`,
    {
      detail: `${bytes} bytes by storage.objects, ${got} came`,
      hint: 'it was replaced while the export ran: run it again',
    },
  )
}

function broken({ bucket, name }: UploadedFile, error: unknown): unknown {
  const isOfTheStream = error instanceof TypeError && error.message === 'terminated'
  if (!isOfTheStream) return error
  return new JourneysError(
    'storage_broke_off',
    `Storage broke off in the middle of ${bucket}/${name}; no export was made`,
    {
      detail: error.cause instanceof Error ? error.cause.message : error.message,
      hint: 'run it again; journeys health --only api says how it is',
      cause: error,
    },
  )
}
