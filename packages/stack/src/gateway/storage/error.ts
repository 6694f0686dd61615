/** What the client is told of a refusal, in Supabase Storage's words. */
export interface StorageErrorReply {
  /** HTTP status. Storage answers 400 to nearly everything; the one that tells is in the body. */
  status: number
  body: { statusCode: string; error: string; message: string; code: string }
}

export interface StorageErrorOptions {
  /** HTTP status of the answer. @defaultValue 500 for 500, else 400, as Storage has it */
  httpStatus?: number | undefined
  /** Kept for the access log, by name or SQLSTATE. Never sent. */
  cause?: unknown
}

/** A refusal. Codes: https://supabase.com/docs/guides/storage/debugging/error-codes */
export class StorageError extends Error {
  override readonly name = 'StorageError'
  readonly statusCode: number
  readonly code: string
  /** The older name, which storage-js and apps compare with. */
  readonly error: string
  readonly httpStatus: number

  constructor(statusCode: number, code: string, error: string, message: string, options: StorageErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.statusCode = statusCode
    this.code = code
    this.error = error
    this.httpStatus = options.httpStatus ?? (statusCode === 500 ? 500 : 400)
  }

  reply(): StorageErrorReply {
    const { statusCode, code, error, message, httpStatus } = this
    return { status: httpStatus, body: { statusCode: String(statusCode), error, message, code } }
  }
}

/** The refusals that several actions share. */
export const refusal = {
  noSuchBucket: () => new StorageError(404, 'NoSuchBucket', 'Bucket not found', 'Bucket not found'),
  noSuchKey: () => new StorageError(404, 'NoSuchKey', 'not_found', 'Object not found'),
  noFile: () => new StorageError(404, 'NoSuchKey', 'Not found', 'The resource was not found'),
  noRelated: (cause: unknown) =>
    new StorageError(404, 'InvalidRequest', 'InvalidRequest', 'The related resource does not exist', { cause }),
  denied: (message: string, cause?: unknown) =>
    new StorageError(403, 'AccessDenied', 'Unauthorized', message, { cause }),
  exists: (code: 'ResourceAlreadyExists' | 'KeyAlreadyExists' | 'BucketAlreadyExists', cause?: unknown) =>
    new StorageError(409, code, 'Duplicate', 'The resource already exists', { cause }),
  bucketNotEmpty: () =>
    new StorageError(409, 'ResourceNotEmpty', 'ResourceNotEmpty', 'The bucket you tried to delete is not empty'),
  invalidKey: (key: string) => new StorageError(400, 'InvalidKey', 'InvalidKey', `Invalid key: ${key}`),
  invalidBucketName: () => new StorageError(400, 'InvalidBucketName', 'Invalid Input', 'Bucket name invalid'),
  invalidMimeType: (mimeType: string) =>
    new StorageError(415, 'InvalidMimeType', 'invalid_mime_type', `mime type ${mimeType} is not supported`),
  invalidRequest: (message: string) => new StorageError(400, 'InvalidRequest', 'InvalidRequest', message),
  /** What a body of the wrong shape is told. */
  invalidBody: (message: string) => new StorageError(400, 'InvalidRequest', 'Error', message),
  tooLarge: () =>
    new StorageError(413, 'EntityTooLarge', 'Payload too large', 'The object exceeded the maximum allowed size'),
  invalidRange: () =>
    new StorageError(416, 'InvalidRange', 'invalid_range', 'invalid range provided', { httpStatus: 416 }),
  invalidToken: (message: string) => new StorageError(400, 'InvalidJWT', 'InvalidJWT', message),
  invalidSignature: (message = 'Invalid signature') =>
    new StorageError(400, 'InvalidSignature', 'InvalidSignature', message),
  notFound: (what: string) =>
    new StorageError(404, 'NotFound', 'Not Found', `${what} is not served by the local stack`, { httpStatus: 404 }),
}
