import { isUuid } from '../auth/uuid.ts'
import type { StorageTransaction } from './database.ts'

/** The `metadata` column, with Storage's names. */
export interface FileMetadata {
  /** With its quotes. */
  eTag: string
  /** Bytes. */
  size: number
  mimetype: string
  cacheControl: string
  /** ISO 8601. */
  lastModified: string
  contentLength: number
  httpStatusCode: number
}

/** A row of `storage.objects` as clients see it. */
export interface ObjectRow {
  id: string
  name: string
  bucket_id: string
  owner: string | null
  owner_id: string | null
  /** Which file holds the content; null, or not a UUID, in a row that other software wrote. */
  version: string | null
  created_at: Date
  updated_at: Date
  last_accessed_at: Date
  metadata: Partial<FileMetadata> | null
  user_metadata: Record<string, unknown> | null
}

/** What an upload makes a row of. */
export interface NewObject {
  id: string
  bucket: string
  name: string
  version: string
  owner: string | undefined
  metadata: Partial<FileMetadata>
  userMetadata: Record<string, unknown> | null
}

const columns =
  'id, name, bucket_id, owner, owner_id, version, created_at, updated_at, last_accessed_at, metadata, user_metadata'

export async function findObject(
  transaction: Pick<StorageTransaction, 'query'>,
  bucket: string,
  name: string,
): Promise<ObjectRow | undefined> {
  const { rows } = await transaction.query<ObjectRow>(
    `select ${columns} from storage.objects where bucket_id = $1 and name = $2`,
    [bucket, name],
  )
  return rows[0]
}

/** Those of `names` that the caller may see. */
export async function existingNames(
  transaction: StorageTransaction,
  bucket: string,
  names: readonly string[],
): Promise<Set<string>> {
  const { rows } = await transaction.query<{ name: string }>(
    'select name from storage.objects where bucket_id = $1 and name = any ($2)',
    [bucket, names],
  )
  return new Set(rows.map(({ name }) => name))
}

/** The file that an object has now. Until the transaction ends, nobody else gives this name a file, so none is forgotten. */
export async function lockVersion(
  transaction: StorageTransaction,
  bucket: string,
  name: string,
): Promise<string | undefined> {
  await transaction.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`storage/${bucket}/${name}`])
  const { rows } = await transaction.query<{ version: string | null }>(
    'select version from storage.objects where bucket_id = $1 and name = $2 for update',
    [bucket, name],
  )
  return rows[0]?.version ?? undefined
}

/** Adds the row. Without `returning`: who may add and not read, may upload. */
export async function insertObject(transaction: StorageTransaction, object: NewObject): Promise<string> {
  await transaction.query(`insert into storage.objects ${newColumns} values ${newValues}`, valuesOf(object))
  return object.id
}

/** Adds the row, or gives the one that has this name its new content. Returns the row's id. */
export async function upsertObject(transaction: StorageTransaction, object: NewObject): Promise<string> {
  const { rows } = await transaction.query<{ id: string }>(
    `insert into storage.objects ${newColumns} values ${newValues}
     on conflict (bucket_id, name) do update set
       version = excluded.version, metadata = excluded.metadata, user_metadata = excluded.user_metadata,
       owner = excluded.owner, owner_id = excluded.owner_id
     returning id`,
    valuesOf(object),
  )
  return rows[0]?.id ?? object.id
}

const newColumns = '(id, bucket_id, name, version, owner, owner_id, metadata, user_metadata)'
const newValues = '($1, $2, $3, $4, $5, $6, $7, $8)'

function valuesOf(object: NewObject) {
  const { id, bucket, name, version, owner, metadata, userMetadata } = object
  return [id, bucket, name, version, uuidOf(owner), owner ?? null, json(metadata), json(userMetadata)]
}

/** What fits the deprecated column `owner`. */
export function uuidOf(owner: string | undefined): string | null {
  return owner !== undefined && isUuid(owner) ? owner : null
}

// pg would write an array as one of Postgres's own.
function json(value: unknown) {
  return value === null ? null : JSON.stringify(value)
}

/** Gives an object another name; its file stays. Undefined when the caller may not see or change it. */
export async function renameObject(
  transaction: StorageTransaction,
  from: { bucket: string; name: string },
  to: { bucket: string; name: string; owner: string | undefined },
): Promise<ObjectRow | undefined> {
  const { rows } = await transaction.query<ObjectRow>(
    `update storage.objects
     set bucket_id = $3, name = $4, owner = coalesce($5, owner), owner_id = coalesce($6, owner_id)
     where bucket_id = $1 and name = $2
     returning ${columns}`,
    [from.bucket, from.name, to.bucket, to.name, uuidOf(to.owner), to.owner ?? null],
  )
  return rows[0]
}

/** Removes those that the caller may remove, and says which. */
export async function deleteObjects(
  transaction: StorageTransaction,
  bucket: string,
  names: readonly string[],
): Promise<ObjectRow[]> {
  const { rows } = await transaction.query<ObjectRow>(
    `delete from storage.objects where bucket_id = $1 and name = any ($2) returning ${columns}`,
    [bucket, names],
  )
  return rows
}
