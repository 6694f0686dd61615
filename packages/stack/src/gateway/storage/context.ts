import type { Exchange } from '../exchange.ts'
import type { Caller } from './caller.ts'
import type { StorageDatabase } from './database.ts'
import { refusal } from './error.ts'
import type { FileStore } from './file-store.ts'
import type { UrlSigner } from './url-signature.ts'

/** What every action of Storage works with. */
export interface StorageContext {
  database: StorageDatabase
  files: FileStore
  signer: UrlSigner
  /** Bytes that no file may have more of, whatever its bucket says. */
  fileSizeLimit: number
}

/** One request, matched to its route. */
export interface StorageRequest {
  exchange: Exchange
  /** Undefined for a request that comes without a valid token, where the route allows that. */
  caller: Caller | undefined
  /** What policies read with `storage.operation()`. */
  operation: string
  /** The path's bucket, decoded and valid; empty where the path has none. */
  bucket: string
  /** What follows the bucket in the path, decoded and not yet judged. */
  name: string
  query: URLSearchParams
}

/** What an action answers: JSON with a status of 200, or nothing when it has answered by itself. */
export type StorageAction = (context: StorageContext, request: StorageRequest) => Promise<object | undefined>

/** @throws StorageError 403 `AccessDenied` when the request came without a token that counts */
export function callerOf(request: StorageRequest): Caller {
  if (request.caller === undefined) throw refusal.denied('Invalid JWT')
  return request.caller
}
