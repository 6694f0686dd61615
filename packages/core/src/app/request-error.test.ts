import { describe, expect, it } from 'vitest'
import { ExitCode } from '../errors.ts'
import { isRowLevel, requestError, sessionError } from './request-error.ts'

describe('a failed request', () => {
  it.each([
    [{ status: 0, error: { message: 'TypeError: fetch failed' } }, 'unreachable'],
    [{ status: 0, error: { message: 'AbortError: This operation was aborted' } }, 'aborted'],
    [{ status: 503, error: { message: 'no connection', code: 'PGRST000' } }, 'unreachable'],
    [{ status: 504, error: { message: 'upstream timed out' } }, 'unreachable'],
    [{ status: 500, error: { message: 'out of memory', code: '53200' } }, 'server_error'],
    [{ status: 401, error: { message: 'JWT expired', code: 'PGRST301' } }, 'not_signed_in'],
    [{ status: 403, error: { message: 'new row violates row-level security policy', code: '42501' } }, 'forbidden'],
    [{ status: 403, error: { message: 'may be read', code: 'processing_restricted' } }, 'processing_restricted'],
    [{ status: 403, error: { message: 'not changed: its processing is restricted' } }, 'processing_restricted'],
    [{ status: 403, error: { message: 'neither changed nor removed: it is under legal hold' } }, 'legal_hold'],
    [{ status: 401, error: { message: 'no longer exists', code: 'user_not_found' } }, 'not_signed_in'],
    [{ status: 406, error: { message: 'no rows', code: 'PGRST116' } }, 'not_found'],
    [{ status: 409, error: { message: 'duplicate key', code: '23505' } }, 'conflict'],
    [{ status: 413, error: { message: 'too large' } }, 'too_large'],
    [{ status: 400, error: { message: 'violates check constraint', code: '23514' } }, 'invalid_input'],
    [{ status: 429, error: { message: 'slow down', code: 'over_request_rate_limit' } }, 'rate_limited'],
  ])('%j has the code %s', (response, code) => {
    expect(requestError(response).code).toBe(code)
  })

  it('says how long to wait when there are too many', () => {
    const error = requestError({ status: 429, error: { message: 'slow down', details: 'Retry after 34 seconds.' } })
    expect(error.retryAfterSeconds).toBe(34)
  })

  it('cannot be reached: exit code 4 and what to do', () => {
    const error = requestError({ status: 0, error: { message: 'TypeError: fetch failed' } })
    expect(error.exitCode).toBe(ExitCode.unreachable)
    expect(error.hint).toContain('try again')
  })

  it('does not carry the row that Postgres quotes', () => {
    const error = requestError({
      status: 400,
      error: { message: 'violates check', code: '23514', details: 'Failing row contains (1, I drank again).' },
    })
    expect(JSON.stringify({ ...error, cause: error.cause })).not.toContain('drank')
    expect(error.detail).toBe('23514: violates check')
    expect(isRowLevel(error)).toBe(true)
  })

  it('that was refused for everybody is not about a row', () => {
    expect(isRowLevel(requestError({ status: 403, error: { code: '42501' } }))).toBe(false)
    expect(isRowLevel(requestError({ status: 404, error: { code: 'PGRST205' } }))).toBe(false)
    expect(isRowLevel(requestError({ status: 0, error: {} }))).toBe(false)
  })

  it('of the session is told apart from being signed out', () => {
    const auth = (name: string, status?: number) => sessionError({ name, status, message: 'm' } as never).code
    expect(auth('AuthRetryableFetchError', 0)).toBe('unreachable')
    expect(auth('AuthApiError', 503)).toBe('unreachable')
    expect(auth('AuthApiError', 429)).toBe('rate_limited')
    expect(auth('AuthApiError', 400)).toBe('not_signed_in')
    expect(auth('AuthSessionMissingError')).toBe('not_signed_in')
  })
})
