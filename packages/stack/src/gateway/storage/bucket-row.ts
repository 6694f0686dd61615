import { storageItself } from './caller.ts'
import type { StorageContext } from './context.ts'
import type { StorageTransaction } from './database.ts'
import { refusal } from './error.ts'
import { isFolderPlaceholder } from './object-name.ts'

/** A row of `storage.buckets` as clients see it. */
export interface BucketRow {
  id: string
  name: string
  owner: string | null
  public: boolean
  type: string
  /** Bytes. */
  file_size_limit: number | null
  allowed_mime_types: string[] | null
  created_at: Date
  updated_at: Date
}

export const bucketColumns = `id, name, coalesce(owner::text, '') as owner, public, type, file_size_limit::double precision,
  allowed_mime_types, created_at, updated_at`

/** The bucket, as far as the caller of the transaction may see it. */
export async function findBucket(transaction: StorageTransaction, id: string): Promise<BucketRow | undefined> {
  const { rows } = await transaction.query<BucketRow>(`select ${bucketColumns} from storage.buckets where id = $1`, [
    id,
  ])
  return rows[0]
}

/**
 * The bucket, whoever asks: what it takes, and whether it is public, no policy hides.
 * @throws StorageError 404 `NoSuchBucket`
 */
export async function bucketItself(context: StorageContext, operation: string, id: string): Promise<BucketRow> {
  const bucket = await context.database.as(storageItself, operation, (transaction) => findBucket(transaction, id))
  if (bucket === undefined) throw refusal.noSuchBucket()
  return bucket
}

/** Bytes that a file of this name may have in this bucket. */
export function sizeLimitOf(context: StorageContext, bucket: BucketRow, name: string): number {
  if (isFolderPlaceholder(name)) return 0
  return Math.min(bucket.file_size_limit ?? context.fileSizeLimit, context.fileSizeLimit)
}
