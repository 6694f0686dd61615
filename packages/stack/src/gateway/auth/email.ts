import { z } from 'zod'
import { AuthError } from './error.ts'

const MAX_LENGTH = 255

/**
 * An address as it is stored: lower case.
 * @throws AuthError 400 `validation_failed`
 */
export function validEmail(email: string): string {
  if (email === '') throw invalid('An email address is required')
  if (Buffer.byteLength(email) > MAX_LENGTH) throw invalid('An email address is too long')
  // The HTML standard's pattern, which is Supabase Auth's too.
  if (!z.regexes.html5Email.test(email)) throw invalid('Unable to validate email address: invalid format')
  return email.toLowerCase()
}

function invalid(message: string) {
  return new AuthError(400, 'validation_failed', message)
}
