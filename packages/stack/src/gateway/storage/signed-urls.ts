import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { type Caller, storageItself } from './caller.ts'
import { callerOf, type StorageAction } from './context.ts'
import { download } from './download.ts'
import { refusal } from './error.ts'
import { requireObjectName } from './object-name.ts'
import { existingNames, findObject } from './object-row.ts'
import { requestBody } from './request-body.ts'
import { mayStore, upload } from './upload.ts'

/** The longest that a date in a token can be. */
const LONGEST_S = 100 * 365 * 24 * 3600
/** Storage's own; nobody can choose another. */
const UPLOAD_URL_S = 2 * 3600

const oneSchema = z.object({ expiresIn: z.number().int().min(1).max(LONGEST_S) })
const severalSchema = oneSchema.extend({ paths: z.array(z.string()).min(1).max(1000) })

export const signUrl: StorageAction = async (context, request) => {
  const { expiresIn } = await requestBody(request.exchange, oneSchema)
  const { bucket, name } = request
  requireObjectName(name)
  const row = await context.database.as(callerOf(request), request.operation, (transaction) =>
    findObject(transaction, bucket, name),
  )
  if (row === undefined) throw refusal.noSuchKey()
  return { signedURL: await signedUrl(`${bucket}/${name}`, expiresIn, context.signer) }
}

export const signUrls: StorageAction = async (context, request) => {
  const { expiresIn, paths } = await requestBody(request.exchange, severalSchema)
  const { bucket } = request
  const found = await context.database.as(callerOf(request), request.operation, (transaction) =>
    existingNames(transaction, bucket, paths),
  )
  return await Promise.all(
    paths.map(async (path) => {
      if (found.has(path)) {
        return { error: null, path, signedURL: await signedUrl(`${bucket}/${path}`, expiresIn, context.signer) }
      }
      return { error: 'Either the object does not exist or you do not have access to it', path, signedURL: null }
    }),
  )
}

// Not encoded: supabase-js does that, and would encode a percent sign again.
async function signedUrl(url: string, expiresIn: number, signer: Parameters<StorageAction>[0]['signer']) {
  return `/object/sign/${url}?token=${await signer.sign({ url, scope: 'download' }, expiresIn)}`
}

/** Whoever has the URL may read: the policies were asked when it was made. */
export const getSignedObject: StorageAction = async (context, request) => {
  const { bucket, name, operation, query } = request
  const signed = await context.signer.verify(query.get('token') ?? '', `${bucket}/${name}`, 'download')
  const find = () =>
    context.database.as(storageItself, operation, (transaction) => findObject(transaction, bucket, name))
  return await download(context, request, find, { expires: signed.exp })
}

export const signUploadUrl: StorageAction = async (context, request) => {
  const { bucket, name, operation, exchange } = request
  requireObjectName(name)
  const caller = callerOf(request)
  const upsert = exchange.request.headers['x-upsert'] === 'true'
  const object = {
    id: randomUUID(),
    bucket,
    name,
    version: randomUUID(),
    owner: caller.owner,
    metadata: {},
    userMetadata: null,
  }
  await mayStore(context, operation, { caller, upsert }, object)
  const url = `${bucket}/${name}`
  const { role, owner } = caller
  const token = await context.signer.sign(
    { url, scope: 'upload', upsert, role, ...(owner !== undefined && { owner }) },
    UPLOAD_URL_S,
  )
  return { url: `/object/upload/sign/${url}?token=${token}`, token }
}

/**
 * Takes the upload of a signed URL in, as the person who signed it. Storage does this with all rights; here the policies are asked
 * again, so that such a URL is worth nothing once its owner has been erased.
 */
export const uploadToSignedUrl: StorageAction = async (context, request) => {
  const { bucket, name, query } = request
  const signed = await context.signer.verify(query.get('token') ?? '', `${bucket}/${name}`, 'upload')
  const { role = 'anon', owner, upsert = false } = signed
  const caller: Caller = { role, claims: { role, ...(owner !== undefined && { sub: owner }) }, owner }
  const { key } = await upload(context, request, { caller, upsert })
  return { Key: key }
}
