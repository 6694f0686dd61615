import type { AuthError, PostgrestSingleResponse } from '@supabase/supabase-js'
import { ExitCode, JourneysError, type JourneysErrorOptions } from '../errors.ts'

/** What PostgREST, the gateway or supabase-js says of a request that failed. Any part may be missing. */
export interface FailedResponse {
  /** HTTP status; 0 when there was no answer at all. */
  status: number
  error: { message?: string; code?: string; details?: string | null; hint?: string | null }
}

/** The one request that this library understands: a supabase-js builder that is sent when it is awaited. */
export interface Request<T> extends PromiseLike<PostgrestSingleResponse<T>> {
  setHeader(name: string, value: string): Request<T>
}

/**
 * Sends a request as one user, whoever is signed in by the time it leaves.
 *
 * @throws JourneysError as `requestError` says.
 */
export async function send<T>(request: Request<T>, identity: { accessToken: string }): Promise<T> {
  const response = await request.setHeader('Authorization', `Bearer ${identity.accessToken}`)
  if (response.error !== null) throw requestError(response)
  return response.data
}

/** Undefined table, column and function, in Postgres's words and in PostgREST's. */
const unknownToServer = new Set(['42P01', '42703', '42883', 'PGRST202', 'PGRST204', 'PGRST205'])

/**
 * A failed request as the library's own error, with a code that stays the same whatever server said it:
 * `unreachable`, `rate_limited` (with `retryAfterSeconds`), `not_signed_in`, `forbidden`, `processing_restricted`, `legal_hold`,
 * `not_found`, `conflict`, `invalid_input`, `too_large`, `schema_mismatch`, `server_error`. What the server said is in `detail`.
 */
export function requestError({ status, error }: FailedResponse): JourneysError {
  const code = error.code ?? ''
  const options = {
    detail: detailOf(error),
    hint: error.hint || undefined,
    cause: { status, code, message: error.message },
  }
  if (status === 0) return aborted(error) ? stopped(options) : unreachable(error, options)
  if (status === 429) return rateLimited(error, options)
  if (status === 401) return notSignedIn(options)
  if (status === 403) {
    const kept = keptAsItIs(error)
    if (kept !== undefined) return new JourneysError(kept.code, kept.message, options)
    return new JourneysError('forbidden', 'The signed-in user may not do this', options)
  }
  if (unknownToServer.has(code)) {
    return new JourneysError('schema_mismatch', 'The server does not know this table or function', {
      ...options,
      hint: 'Apply the pending migrations: journeys migrate up',
    })
  }
  if (status === 404 || status === 406 || code === 'PGRST116') {
    return new JourneysError('not_found', 'There is no such row, or it is not yours', options)
  }
  if (status === 409) {
    return new JourneysError('conflict', 'This contradicts what is already stored', options)
  }
  if (status === 413) {
    return new JourneysError('too_large', 'The request is larger than the server takes', options)
  }
  if (status === 502 || status === 503 || status === 504) {
    return new JourneysError('unreachable', 'The server is not available at the moment', {
      ...options,
      hint: 'Try again later; a repeated save with the same id does no harm.',
      exitCode: ExitCode.unreachable,
    })
  }
  if (status >= 500) return new JourneysError('server_error', 'The server failed', options)
  return new JourneysError('invalid_input', 'The server refused this input', options)
}

/** True for a refusal of one row's content (constraints, data types, no partition for its date): the other rows may be fine. */
export function isRowLevel(error: JourneysError): boolean {
  const { code } = (error.cause ?? {}) as { code?: unknown }
  return typeof code === 'string' && /^(22|23)[0-9A-Z]{3}$/.test(code)
}

/**
 * What the database says when somebody's data has to stay as it is. Storage passes on its words alone, without a code: they are those of
 * `private.refuse_change`.
 */
const keptForAReason = [
  {
    code: 'processing_restricted',
    words: 'its processing is restricted',
    message: 'The data of this account can be read, but not changed: its processing is restricted',
  },
  {
    code: 'legal_hold',
    words: 'it is under legal hold',
    message: 'This can be neither changed nor removed: it has to be kept for a legal claim',
  },
]

function keptAsItIs({ code, message = '' }: FailedResponse['error']) {
  return keptForAReason.find((one) => one.code === code || message.includes(one.words))
}

export function notSignedIn(options: JourneysErrorOptions = {}): JourneysError {
  return new JourneysError('not_signed_in', 'Nobody is signed in, or the session has ended', {
    ...options,
    hint: 'Sign in with supabase.auth.signInWithPassword(...) and try again.',
  })
}

/** A session that could not be read or renewed. */
export function sessionError(error: AuthError): JourneysError {
  const options = { detail: error.message, cause: error }
  if (error.status === 429) return rateLimited({ message: error.message }, options)
  if (error.name === 'AuthRetryableFetchError' || (error.status ?? 0) >= 500) return unreachable(error, options)
  return notSignedIn(options)
}

function rateLimited(error: FailedResponse['error'], options: JourneysErrorOptions): JourneysError {
  const seconds = /Retry after (\d+) seconds/.exec(error.details ?? '')?.[1]
  return new JourneysError('rate_limited', 'Too many requests in a short time', {
    ...options,
    retryAfterSeconds: seconds === undefined ? undefined : Number(seconds),
  })
}

function unreachable(error: { message?: string }, options: JourneysErrorOptions): JourneysError {
  return new JourneysError('unreachable', 'The server cannot be reached', {
    ...options,
    detail: error.message,
    hint: 'Check the connection and try again; a repeated save with the same id does no harm.',
    exitCode: ExitCode.unreachable,
  })
}

function stopped(options: JourneysErrorOptions): JourneysError {
  return new JourneysError('aborted', 'The request was stopped before it was answered', options)
}

function aborted(error: { message?: string }): boolean {
  return error.message?.startsWith('AbortError') ?? false
}

/** Postgres puts the whole failing row into `details`; that is somebody's diary and does not belong in an error or a log. */
function detailOf(error: FailedResponse['error']): string | undefined {
  const details = error.details?.startsWith('Failing row contains') ? undefined : error.details
  const said = [error.code, error.message, details].filter((part) => part !== undefined && part !== null && part !== '')
  return said.length === 0 ? undefined : said.join(': ')
}
