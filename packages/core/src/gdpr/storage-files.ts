import type { Queryable } from '../database/connection.ts'
import { JourneysError } from '../errors.ts'
import type { StorageAccess } from './erasure/context.ts'
import { folderHasFiles, listBuckets, removeFiles } from './storage-api.ts'

/** As many names as one request carries: a larger one would hold Storage's own transaction open for longer. */
const namesPerRequest = 100

export interface StoredFile {
  bucket: string
  name: string
}

/** A page of the files that are a person's: uploaded by them, or in a folder of their id, in whatever bucket. */
export async function personFiles(queryable: Queryable, userId: string, limit: number): Promise<StoredFile[]> {
  const { rows: columns } = await queryable.query<{ column: string }>(
    `select attname as column from pg_catalog.pg_attribute
     where attrelid = to_regclass('storage.objects') and attname in ('owner_id', 'owner') and not attisdropped`,
  )
  if (columns.length === 0) return []
  const owned = columns.map(({ column }) =>
    column === 'owner' ? 'owner = $1::text::uuid' : 'owner_id = lower($1::text)',
  )
  const { rows } = await queryable.query<StoredFile>(
    // The slash and the character after it: every name in the folder is between them, whatever the case of its id.
    `select bucket_id as bucket, name from storage.objects
     where ${owned.join(' or ')}
       or (lower(name) collate "C" >= lower($1::text) || '/' and lower(name) collate "C" < lower($1::text) || '0')
     order by bucket_id, name limit $2`,
    [userId, limit],
  )
  return rows
}

export interface RemovalOptions {
  onProgress?: ((removed: number) => void) | undefined
  signal?: AbortSignal | undefined
}

/**
 * Removes all files of a person through the Storage API, which alone removes a row together with its file, and lists again until
 * neither the database nor the API knows of any.
 * @returns how many the API removed
 * @throws JourneysError `storage_incomplete` when files stay although the API removes what it is told to; `storage_unreachable`,
 *   `storage_refused` as the API
 */
export async function removePersonFiles(
  queryable: Queryable,
  access: StorageAccess,
  userId: string,
  options: RemovalOptions = {},
): Promise<number> {
  let total = 0
  for (;;) {
    const files = await personFiles(queryable, userId, namesPerRequest)
    if (files.length === 0) break
    let removed = 0
    for (const [bucket, names] of byBucket(files)) removed += await removeFiles(access, bucket, names, options.signal)
    // Removed by somebody else meanwhile: then the next page no longer has them.
    if (removed === 0 && stays(files, await personFiles(queryable, userId, namesPerRequest))) {
      throw incomplete([...byBucket(files).keys()])
    }
    total += removed
    options.onProgress?.(total)
  }
  const { folders } = await foldersLeft(access, userId, options.signal)
  if (folders.length > 0) throw incomplete(folders)
  return total
}

/** In how many buckets the API was asked for the person's folder, and in which it still lists something. */
export async function foldersLeft(
  access: StorageAccess,
  userId: string,
  signal?: AbortSignal,
): Promise<{ buckets: number; folders: string[] }> {
  const buckets = await listBuckets(access, signal)
  const folders: string[] = []
  for (const bucket of buckets) {
    if (await folderHasFiles(access, bucket, userId.toLowerCase(), signal)) folders.push(bucket)
  }
  return { buckets: buckets.length, folders }
}

function byBucket(files: readonly StoredFile[]): Map<string, string[]> {
  const buckets = new Map<string, string[]>()
  for (const { bucket, name } of files) buckets.set(bucket, [...(buckets.get(bucket) ?? []), name])
  return buckets
}

function stays(before: readonly StoredFile[], after: readonly StoredFile[]): boolean {
  const left = new Set(after.map(({ bucket, name }) => `${bucket}/${name}`))
  return before.every(({ bucket, name }) => left.has(`${bucket}/${name}`))
}

function incomplete(buckets: readonly string[]): JourneysError {
  return new JourneysError('storage_incomplete', 'Files of this person are still in Storage', {
    detail: `in ${buckets.join(', ')}: the API was told to remove them, and still lists some`,
    hint: "look into the person's folder in these buckets, and into the log of Storage",
  })
}
