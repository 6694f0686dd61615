import { z } from 'zod'
import { type BucketRow, bucketColumns, findBucket } from './bucket-row.ts'
import { storageItself } from './caller.ts'
import { callerOf, type StorageAction, type StorageContext } from './context.ts'
import { refusal, StorageError } from './error.ts'
import { fileSizeLimit } from './file-size.ts'
import { requireMimeTypes } from './mime-type.ts'
import { requireBucketName } from './object-name.ts'
import { deleteObjects, uuidOf } from './object-row.ts'
import { removeFiles } from './removal.ts'
import { requestBody } from './request-body.ts'

const settings = {
  public: z.boolean().optional(),
  file_size_limit: z.union([z.number().int().nonnegative(), z.string()]).nullish(),
  allowed_mime_types: z.array(z.string()).nullish(),
}
const newBucketSchema = z.object({ name: z.string(), id: z.string().optional(), ...settings })
const changesSchema = z.object(settings)

/** The columns of a bucket's limits that a request sets. */
function limits(context: StorageContext, body: z.output<typeof changesSchema>) {
  const { file_size_limit: size, allowed_mime_types: given } = body
  const types = given?.filter((type) => type !== '')
  if (types !== undefined) requireMimeTypes(types)
  return {
    ...(size !== undefined && { file_size_limit: size === null ? null : fileSizeLimit(size, context.fileSizeLimit) }),
    ...(given !== undefined && { allowed_mime_types: types ?? null }),
  }
}

export const createBucket: StorageAction = async (context, request) => {
  const body = await requestBody(request.exchange, newBucketSchema)
  const { name, id = name } = body
  requireBucketName(name)
  requireBucketName(id)
  const { file_size_limit = null, allowed_mime_types = null } = limits(context, body)
  const caller = callerOf(request)
  await context.database
    .as(caller, request.operation, (transaction) =>
      transaction.query(
        `insert into storage.buckets (id, name, public, owner, owner_id, file_size_limit, allowed_mime_types)
         values ($1, $2, $3, $4, $5, $6, $7)`,
        [
          id,
          name,
          body.public ?? false,
          uuidOf(caller.owner),
          caller.owner ?? null,
          file_size_limit,
          allowed_mime_types,
        ],
      ),
    )
    .catch((error: unknown) => {
      if (!(error instanceof StorageError) || error.code !== 'ResourceAlreadyExists') throw error
      throw refusal.exists('BucketAlreadyExists', error.cause)
    })
  return { name }
}

export const getBucket: StorageAction = async (context, request) => {
  const bucket = await context.database.as(callerOf(request), request.operation, (transaction) =>
    findBucket(transaction, request.bucket),
  )
  if (bucket === undefined) throw refusal.noSuchBucket()
  return bucket
}

const listSchema = z.object({
  limit: z.coerce.number().int().min(1).max(10_000).optional(),
  offset: z.coerce.number().int().min(0).optional(),
  search: z.string().optional(),
  sortColumn: z.enum(['id', 'name', 'created_at', 'updated_at']).default('name'),
  sortOrder: z.enum(['asc', 'desc']).default('asc'),
})

export const listBuckets: StorageAction = async (context, request) => {
  const options = listSchema.safeParse(Object.fromEntries(request.query))
  if (!options.success) throw refusal.invalidBody(`querystring/${options.error.issues[0]?.path.join('/')} is not valid`)
  const { limit, offset, search, sortColumn, sortOrder } = options.data
  const { rows } = await context.database.as(callerOf(request), request.operation, (transaction) =>
    transaction.query<BucketRow>(
      `select ${bucketColumns} from storage.buckets
       where $1::text is null or strpos(lower(name), lower($1)) > 0
       order by ${sortColumn} ${sortOrder} limit $2 offset $3`,
      [search ?? null, limit ?? null, offset ?? 0],
    ),
  )
  return rows
}

export const updateBucket: StorageAction = async (context, request) => {
  const body = await requestBody(request.exchange, changesSchema)
  const values = { ...limits(context, body), ...(body.public !== undefined && { public: body.public }) }
  const columns = Object.keys(values)
  if (columns.length === 0) throw refusal.invalidRequest('No content provided')
  // The names are those of `settings`, never the request's.
  const assignments = columns.map((column, at) => `${column} = $${at + 2}`)
  const { rowCount } = await context.database.as(callerOf(request), request.operation, (transaction) =>
    transaction.query(`update storage.buckets set ${assignments.join(', ')}, updated_at = now() where id = $1`, [
      request.bucket,
      ...Object.values(values),
    ]),
  )
  if (rowCount === 0) throw refusal.noSuchBucket()
  return { message: 'Successfully updated' }
}

/** How many objects go in one transaction: their rows stay locked until it ends. */
const BATCH = 1000

/** Removes what the caller may remove of it. Storage puts this in a queue; here it is done when the answer comes. */
export const emptyBucket: StorageAction = async (context, request) => {
  const caller = callerOf(request)
  // By name, past those that stay because they are not the caller's to remove.
  for (let last = ''; ; ) {
    const { removed, names } = await context.database.as(caller, request.operation, async (transaction) => {
      if ((await findBucket(transaction, request.bucket)) === undefined) throw refusal.noSuchBucket()
      const { rows } = await transaction.query<{ name: string }>(
        `select name from storage.objects
         where bucket_id = $1 and name collate "C" > $2 order by name collate "C" limit ${BATCH}`,
        [request.bucket, last],
      )
      const names = rows.map(({ name }) => name)
      return { names, removed: await deleteObjects(transaction, request.bucket, names) }
    })
    await removeFiles(context, removed)
    if (names.length < BATCH) return { message: 'Successfully emptied' }
    last = names.at(-1) ?? last
  }
}

export const deleteBucket: StorageAction = async (context, request) => {
  await context.database.as(storageItself, request.operation, async (transaction) => {
    const { rows } = await transaction.query('select 1 from storage.buckets where id = $1 for update', [request.bucket])
    if (rows.length === 0) throw refusal.noSuchBucket()
    const objects = await transaction.query('select 1 from storage.objects where bucket_id = $1 limit 1', [
      request.bucket,
    ])
    if (objects.rows.length > 0) throw refusal.bucketNotEmpty()
    await transaction.become(callerOf(request))
    const { rowCount } = await transaction.query('delete from storage.buckets where id = $1', [request.bucket])
    if (rowCount === 0) throw refusal.noSuchBucket()
  })
  return { message: 'Successfully deleted' }
}
