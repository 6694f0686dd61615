/** The day from which Supabase Auth answers errors as `{code, message}`. Clients name it in `x-supabase-api-version`. */
export const API_VERSION_HEADER = 'x-supabase-api-version'
const VERSION_2024 = '2024-01-01'

export interface AuthErrorOptions {
  /** Seconds, sent as `Retry-After`. */
  retryAfter?: number | undefined
  /** Further fields of the body, such as `weak_password`. */
  fields?: Record<string, unknown> | undefined
  /** Kept for the access log, by name or SQLSTATE. Never sent. */
  cause?: unknown
}

/** A refusal in Supabase Auth's words. Codes: https://supabase.com/docs/guides/auth/debugging/error-codes */
export class AuthError extends Error {
  override readonly name = 'AuthError'
  readonly status: number
  readonly code: string
  readonly retryAfter: number | undefined
  readonly fields: Record<string, unknown>

  constructor(status: number, code: string, message: string, options: AuthErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.status = status
    this.code = code
    this.retryAfter = options.retryAfter
    this.fields = options.fields ?? {}
  }
}

/** The one error that Supabase Auth answers in OAuth's shape (RFC 6749, 5.2). */
export class OAuthError extends Error {
  override readonly name = 'OAuthError'
  readonly error: string

  constructor(error: string, description: string) {
    super(description)
    this.error = error
  }
}

export interface ErrorReply {
  status: number
  headers: Record<string, string>
  body: Record<string, unknown>
}

/**
 * An error as the client gets it, in the shape that it asked for.
 * @param version the request's `x-supabase-api-version`
 */
export function errorReply(error: AuthError | OAuthError, version: string | undefined): ErrorReply {
  if (error instanceof OAuthError) {
    return { status: 400, headers: {}, body: { error: error.error, error_description: error.message } }
  }
  const headers: Record<string, string> = { 'x-sb-error-code': error.code }
  if (error.retryAfter !== undefined) headers['Retry-After'] = String(error.retryAfter)
  if (speaks2024(version)) {
    headers[API_VERSION_HEADER] = VERSION_2024
    const body = { code: error.code, message: error.message, ...error.fields }
    return { status: error.status, headers, body }
  }
  const body = { code: error.status, error_code: error.code, msg: error.message, ...error.fields }
  return { status: error.status, headers, body }
}

// ISO days compare as text.
function speaks2024(version: string | undefined) {
  return version !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(version) && version >= VERSION_2024
}
