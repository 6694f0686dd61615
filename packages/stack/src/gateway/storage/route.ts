import { createBucket, deleteBucket, emptyBucket, getBucket, listBuckets, updateBucket } from './buckets.ts'
import type { StorageAction } from './context.ts'
import {
  copyObject,
  getObject,
  getPublicObject,
  headObject,
  headPublicObject,
  listObjects,
  moveObject,
  objectInfo,
  publicObjectInfo,
  uploadObject,
} from './objects.ts'
import { removeObject, removeObjects } from './removal.ts'
import { getSignedObject, signUploadUrl, signUrl, signUrls, uploadToSignedUrl } from './signed-urls.ts'

/**
 * Who may come:
 * - `caller`: whoever has a valid token (the anonymous key is one);
 * - `anybody`: as well without one, or with one that is no longer valid, for what a public bucket holds;
 * - `bearer of the URL`: without a key too, so that a browser can follow it.
 */
type Admission = 'caller' | 'anybody' | 'bearer of the URL'

export interface Route {
  method: string
  admission: Admission
  /** Storage's name for it, which policies read with `storage.operation()`. */
  operation: string
  action: StorageAction
}

export interface RouteMatch extends Route {
  /** Decoded; empty where the path has none. */
  bucket: string
  name: string
}

type Row = [method: string, pattern: string, admission: Admission, operation: string, action: StorageAction]

// The first that fits counts: words before buckets, so that a bucket named "list" loses, as it does in Storage.
const rows: Row[] = [
  ['GET', '/bucket', 'caller', 'storage.bucket.list', listBuckets],
  ['POST', '/bucket', 'caller', 'storage.bucket.create', createBucket],
  ['GET', '/bucket/:bucket', 'caller', 'storage.bucket.get', getBucket],
  ['PUT', '/bucket/:bucket', 'caller', 'storage.bucket.update', updateBucket],
  ['DELETE', '/bucket/:bucket', 'caller', 'storage.bucket.delete', deleteBucket],
  ['POST', '/bucket/:bucket/empty', 'caller', 'storage.bucket.empty', emptyBucket],

  ['POST', '/object/list/:bucket', 'caller', 'storage.object.list', listObjects],
  ['POST', '/object/move', 'caller', 'storage.object.move', moveObject],
  ['POST', '/object/copy', 'caller', 'storage.object.copy', copyObject],
  ['POST', '/object/upload/sign/:bucket/*', 'caller', 'storage.object.sign_upload_url', signUploadUrl],
  ['PUT', '/object/upload/sign/:bucket/*', 'bearer of the URL', 'storage.object.upload_signed', uploadToSignedUrl],
  ['POST', '/object/sign/:bucket/*', 'caller', 'storage.object.sign', signUrl],
  ['POST', '/object/sign/:bucket', 'caller', 'storage.object.sign_many', signUrls],
  ['GET', '/object/sign/:bucket/*', 'bearer of the URL', 'storage.object.get_signed', getSignedObject],
  ['GET', '/object/public/:bucket/*', 'bearer of the URL', 'storage.object.get_public', getPublicObject],
  ['HEAD', '/object/public/:bucket/*', 'bearer of the URL', 'storage.object.info_public', headPublicObject],
  ['GET', '/object/info/public/:bucket/*', 'bearer of the URL', 'storage.object.info_public', publicObjectInfo],
  ['GET', '/object/info/authenticated/:bucket/*', 'caller', 'object.get_authenticated_info', objectInfo],
  ['GET', '/object/info/:bucket/*', 'anybody', 'object.get_authenticated_info', objectInfo],
  ['GET', '/object/authenticated/:bucket/*', 'caller', 'storage.object.get_authenticated', getObject],
  ['HEAD', '/object/authenticated/:bucket/*', 'caller', 'object.head_authenticated_info', headObject],
  ['GET', '/object/:bucket/*', 'anybody', 'storage.object.get_authenticated', getObject],
  ['HEAD', '/object/:bucket/*', 'anybody', 'object.head_authenticated_info', headObject],
  ['POST', '/object/:bucket/*', 'caller', 'storage.object.upload', uploadObject],
  ['PUT', '/object/:bucket/*', 'caller', 'storage.object.upload_update', uploadObject],
  ['DELETE', '/object/:bucket/*', 'caller', 'storage.object.delete', removeObject],
  ['DELETE', '/object/:bucket', 'caller', 'storage.object.delete_many', removeObjects],
]

const routes = rows.map(([method, pattern, admission, operation, action]) => ({
  parts: pattern.split('/').slice(1),
  route: { method, admission, operation, action },
}))

/**
 * @param path what follows `/storage/v1`, as it was sent
 * @returns undefined when no route fits, or the path is not validly encoded
 */
export function matchRoute(method: string, path: string): RouteMatch | undefined {
  const given = path.split('/').slice(1)
  for (const { parts, route } of routes) {
    if (route.method !== method) continue
    const found = fit(parts, given)
    if (found === undefined) continue
    try {
      return { ...route, bucket: decodeURIComponent(found.bucket), name: decodeURIComponent(found.name) }
    } catch {
      return undefined
    }
  }
  return undefined
}

function fit(parts: readonly string[], given: readonly string[]) {
  const found = { bucket: '', name: '' }
  for (const [at, part] of parts.entries()) {
    if (part === '*') {
      found.name = given.slice(at).join('/')
      return found.name === '' ? undefined : found
    }
    const one = given[at] ?? ''
    if (part === ':bucket' && one !== '') found.bucket = one
    else if (part !== one) return undefined
  }
  return given.length === parts.length ? found : undefined
}
