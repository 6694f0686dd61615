import { randomUUID } from 'node:crypto'
import { discardUpload } from '../refused-upload.ts'
import { bucketItself, sizeLimitOf } from './bucket-row.ts'
import { type Caller, storageItself } from './caller.ts'
import type { StorageContext, StorageRequest } from './context.ts'
import { OutcomeUnknown } from './database.ts'
import { refusal, StorageError } from './error.ts'
import { TooLarge } from './file-store.ts'
import { type IncomingFile, incomingFile } from './incoming-file.ts'
import { requireAllowedType } from './mime-type.ts'
import { isFolderPlaceholder, requireObjectName } from './object-name.ts'
import { insertObject, lockVersion, type NewObject, upsertObject } from './object-row.ts'

export interface UploadOptions {
  caller: Caller
  /** Replace the object that has this name. */
  upsert: boolean
}

/**
 * Takes the request's file in: judged by the bucket's limits and by the policies before a byte of it is read, written to disk, and
 * only then given a row, by the caller's own rights. So a row always has its file, whole; a file that did not get its row
 * (killed in between) is seen by nobody and removed by the next sweep.
 * @throws StorageError
 */
export async function upload(
  context: StorageContext,
  request: StorageRequest,
  options: UploadOptions,
): Promise<{ id: string; key: string }> {
  const { exchange } = request
  let file: IncomingFile | undefined
  try {
    requireObjectName(request.name)
    const bucket = await bucketItself(context, request.operation, request.bucket)
    file = await incomingFile(exchange)
    const limit = sizeLimitOf(context, bucket, request.name)
    if (!isFolderPlaceholder(request.name)) requireAllowedType(file.mimeType, bucket.allowed_mime_types)
    const isForm = exchange.request.headers['content-type']?.startsWith('multipart/form-data')
    if (!isForm && (file.declaredLength ?? 0) > limit) throw refusal.tooLarge()

    const object = newObject(request, options.caller, file)
    await mayStore(context, request.operation, options, object)
    const { size, md5 } = await context.files.write(object.version, file.content, limit)
    object.metadata = {
      eTag: `"${md5}"`,
      size,
      mimetype: file.mimeType,
      cacheControl: file.cacheControl,
      lastModified: new Date().toISOString(),
      contentLength: size,
      httpStatusCode: 200,
    }
    const id = await giveRow(context, request.operation, options, object)
    return { id, key: `${request.bucket}/${request.name}` }
  } catch (error) {
    file?.abandon()
    // After the answer, which the caller of this sends: what still comes would otherwise stand in the connection's way.
    exchange.response.once('finish', () => discardUpload(exchange.request))
    throw error instanceof TooLarge ? refusal.tooLarge() : error
  }
}

function newObject(request: StorageRequest, caller: Caller, file: IncomingFile): NewObject {
  return {
    id: randomUUID(),
    bucket: request.bucket,
    name: request.name,
    version: randomUUID(),
    owner: caller.owner,
    metadata: {
      mimetype: file.mimeType,
      ...(file.declaredLength !== undefined && { contentLength: file.declaredLength }),
    },
    userMetadata: file.userMetadata,
  }
}

/** @throws StorageError when the policies would not let the caller add this row, or the name is taken */
export async function mayStore(
  context: StorageContext,
  operation: string,
  { caller, upsert }: UploadOptions,
  object: NewObject,
): Promise<void> {
  const store = upsert ? upsertObject : insertObject
  await context.database
    .probe(caller, operation, (transaction) => store(transaction, object))
    .catch((error: unknown) => {
      throw takenName(error)
    })
}

/**
 * Makes the row of a file that is in its place. The file that the name had before goes once that is committed.
 * @returns the row's id
 */
export async function giveRow(
  context: StorageContext,
  operation: string,
  { caller, upsert }: UploadOptions,
  object: NewObject,
): Promise<string> {
  const { database, files } = context
  try {
    const { id, before } = await database.as(storageItself, operation, async (transaction) => {
      const former = await lockVersion(transaction, object.bucket, object.name)
      await transaction.become(caller)
      return { id: await (upsert ? upsertObject : insertObject)(transaction, object), before: former }
    })
    // It is nobody's any more; if this fails, the sweep finds it.
    if (before !== undefined) await files.remove(before).catch(() => undefined)
    return id
  } catch (error) {
    // When nobody knows whether the row is there, its file has to stay; the sweep decides later.
    if (!(error instanceof OutcomeUnknown)) await files.remove(object.version).catch(() => undefined)
    throw takenName(error)
  }
}

function takenName(error: unknown) {
  if (!(error instanceof StorageError) || error.code !== 'ResourceAlreadyExists') return error
  return refusal.exists('KeyAlreadyExists', error.cause)
}
