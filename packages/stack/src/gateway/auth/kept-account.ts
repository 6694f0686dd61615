import type pg from 'pg'
import { AuthError } from './error.ts'

/**
 * The database keeps the accounts of people under legal hold, of those whose processing is restricted, and of those whose erasure is not
 * done: a trigger refuses their deletion, and under it a foreign key. Hosted, Supabase Auth answers 500 "Database error deleting user" to
 * the same; here it is said.
 */
export function keptAccount(error: pg.DatabaseError): AuthError | undefined {
  if (error.code !== '42501' && error.code !== '23503') return undefined
  const reason = reasons[error.constraint ?? '']
  if (reason === undefined) return undefined
  return new AuthError(409, reason.code, reason.message, { cause: error })
}

const hold = { code: 'legal_hold', message: 'This user is under legal hold and cannot be deleted' }
const restriction = {
  code: 'processing_restricted',
  message: "The processing of this user's data is restricted, and they cannot be deleted",
}

/** By the name of the constraint, which the trigger gives its refusal, too. */
const reasons: Partial<Record<string, { code: string; message: string }>> = {
  legal_hold: hold,
  legal_holds_user_id_fkey: hold,
  processing_restricted: restriction,
  processing_restrictions_user_id_fkey: restriction,
  user_not_found: { code: 'conflict', message: 'This user is being erased' },
}
