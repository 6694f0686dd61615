import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { ownHeaders } from '../exchange.ts'
import { type BucketRow, bucketItself, sizeLimitOf } from './bucket-row.ts'
import { storageItself } from './caller.ts'
import { callerOf, type StorageAction, type StorageContext, type StorageRequest } from './context.ts'
import { download } from './download.ts'
import { refusal } from './error.ts'
import { isVersion } from './file-store.ts'
import { requireAllowedType } from './mime-type.ts'
import { listColumns, listFolder } from './object-list.ts'
import { isFolderPlaceholder, requireBucketName, requireObjectName } from './object-name.ts'
import { findObject, type NewObject, type ObjectRow, renameObject } from './object-row.ts'
import { requestBody } from './request-body.ts'
import { giveRow, mayStore, upload } from './upload.ts'

export const uploadObject: StorageAction = async (context, request) => {
  const { method, headers } = request.exchange.request
  const upsert = method === 'PUT' || headers['x-upsert'] === 'true'
  const { id, key } = await upload(context, request, { caller: callerOf(request), upsert })
  return { Id: id, Key: key }
}

/**
 * The object that a request asks for: in a public bucket whoever asks, else by the caller's rights. Without a token, a bucket that is
 * not public is as good as none.
 */
async function findFor(context: StorageContext, request: StorageRequest, isPublic: boolean) {
  const { operation, bucket: id, name, caller } = request
  const bucket = await bucketItself(context, operation, id)
  if (!bucket.public && (isPublic || caller === undefined)) throw refusal.noSuchBucket()
  const reader = bucket.public || caller === undefined ? storageItself : caller
  return () => context.database.as(reader, operation, (transaction) => findObject(transaction, id, name))
}

function reading(isPublic: boolean): StorageAction {
  return async (context, request) => {
    requireObjectName(request.name)
    return await download(context, request, await findFor(context, request, isPublic))
  }
}

export const getObject = reading(false)
export const getPublicObject = reading(true)

function telling(isPublic: boolean): StorageAction {
  return async (context, request) => {
    requireObjectName(request.name)
    const row = await (await findFor(context, request, isPublic))()
    if (row === undefined) throw refusal.noSuchKey()
    const { metadata } = row
    return {
      id: row.id,
      name: row.name,
      version: row.version,
      bucket_id: row.bucket_id,
      size: metadata?.size ?? null,
      content_type: metadata?.mimetype ?? null,
      cache_control: metadata?.cacheControl ?? null,
      etag: metadata?.eTag ?? null,
      metadata: row.user_metadata,
      last_modified: row.updated_at,
      created_at: row.created_at,
    }
  }
}

export const objectInfo = telling(false)
export const publicObjectInfo = telling(true)

/** What a GET would say of the object, without its content: also for a row that has lost its file. */
function looking(isPublic: boolean): StorageAction {
  return async (context, request) => {
    requireObjectName(request.name)
    const row = await (await findFor(context, request, isPublic))()
    if (row === undefined) throw refusal.noSuchKey()
    const { response } = request.exchange
    const { mimetype = 'application/octet-stream', size, eTag } = row.metadata ?? {}
    response.writeHead(200, [
      ...ownHeaders(request.exchange),
      ...['Content-Type', mimetype.replace(/[^\x20-\x7e]/g, ''), 'Last-Modified', row.updated_at.toUTCString()],
      ...(size === undefined ? [] : ['Content-Length', String(size)]),
      ...(eTag === undefined ? [] : ['ETag', eTag]),
    ])
    response.end()
    return undefined
  }
}

export const headObject = looking(false)
export const headPublicObject = looking(true)

const listSchema = z.object({
  prefix: z.string(),
  search: z.string().default(''),
  limit: z.number().int().min(1).default(100),
  offset: z.number().int().min(0).default(0),
  sortBy: z
    .object({ column: z.enum(listColumns).default('name'), order: z.enum(['asc', 'desc']).default('asc') })
    .optional(),
})

/** Storage's longest page. */
const LONGEST_LIST = 1500

export const listObjects: StorageAction = async (context, request) => {
  const { prefix, search, limit, offset, sortBy } = await requestBody(request.exchange, listSchema)
  return await context.database.as(callerOf(request), request.operation, (transaction) =>
    listFolder(transaction, {
      bucket: request.bucket,
      folder: prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`,
      search,
      limit: Math.min(limit, LONGEST_LIST),
      offset,
      column: sortBy?.column ?? 'name',
      order: sortBy?.order ?? 'asc',
    }),
  )
}

const moveSchema = z.object({
  bucketId: z.string(),
  sourceKey: z.string(),
  destinationBucket: z.string().nullish(),
  destinationKey: z.string(),
})

/** What both ends of a move or a copy have to be. */
async function ends(context: StorageContext, request: StorageRequest, body: z.output<typeof moveSchema>) {
  const from = { bucket: body.bucketId, name: body.sourceKey }
  const to = { bucket: body.destinationBucket || body.bucketId, name: body.destinationKey }
  for (const { bucket } of [from, to]) requireBucketName(bucket)
  requireObjectName(to.name)
  // What one bucket takes, another may not; Storage leaves this way round the limits open.
  const other = from.bucket === to.bucket ? undefined : await bucketItself(context, request.operation, to.bucket)
  return { from, to, other }
}

function requireRoomIn(context: StorageContext, bucket: BucketRow | undefined, row: ObjectRow, name: string) {
  if (bucket === undefined) return
  const { size = 0, mimetype = '' } = row.metadata ?? {}
  if (size > sizeLimitOf(context, bucket, name)) throw refusal.tooLarge()
  if (!isFolderPlaceholder(name)) requireAllowedType(mimetype, bucket.allowed_mime_types)
}

/** Gives an object another name, or another bucket. The file stays where it is: only the row knows names. */
export const moveObject: StorageAction = async (context, request) => {
  const { from, to, other } = await ends(context, request, await requestBody(request.exchange, moveSchema))
  const caller = callerOf(request)
  const moved = await context.database.as(caller, request.operation, async (transaction) => {
    const row = await findObject(transaction, from.bucket, from.name)
    if (row === undefined) throw refusal.noSuchKey()
    requireRoomIn(context, other, row, to.name)
    return await renameObject(transaction, from, { ...to, owner: caller.owner })
  })
  if (moved === undefined) throw refusal.noSuchKey()
  return { message: 'Successfully moved', Id: moved.id, Key: moved.name }
}

const copySchema = moveSchema.extend({
  copyMetadata: z.boolean().default(true),
  metadata: z.object({ cacheControl: z.string().optional(), mimetype: z.string().optional() }).optional(),
})

export const copyObject: StorageAction = async (context, request) => {
  const body = await requestBody(request.exchange, copySchema)
  const { from, to, other } = await ends(context, request, body)
  const { operation, exchange } = request
  const caller = callerOf(request)
  const options = { caller, upsert: exchange.request.headers['x-upsert'] === 'true' }
  const source = await context.database.as(caller, operation, (transaction) =>
    findObject(transaction, from.bucket, from.name),
  )
  if (source === undefined) throw refusal.noSuchKey()
  const changed = body.copyMetadata ? {} : { ...body.metadata }
  const row: ObjectRow = { ...source, metadata: { ...source.metadata, ...changed } as ObjectRow['metadata'] }
  const bucket = other ?? (await bucketItself(context, operation, to.bucket))
  requireRoomIn(context, bucket, row, to.name)

  const object: NewObject = {
    ...to,
    id: randomUUID(),
    version: randomUUID(),
    owner: caller.owner,
    metadata: { ...row.metadata, lastModified: new Date().toISOString() },
    userMetadata: body.copyMetadata ? source.user_metadata : null,
  }
  await mayStore(context, operation, options, object)
  if (source.version === null || !isVersion(source.version)) throw refusal.noFile()
  await context.files.copy(source.version, object.version).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? refusal.noFile() : error
  })
  const id = await giveRow(context, operation, options, object)
  return { Id: id, Key: `${to.bucket}/${to.name}`, id, name: to.name, bucket_id: to.bucket, metadata: object.metadata }
}
