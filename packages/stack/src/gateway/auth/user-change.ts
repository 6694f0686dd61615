import { isDuplicate, type Queryable } from './database.ts'
import { AuthError } from './error.ts'
import { putEmailIdentity } from './identity.ts'
import { type Metadata, metadataChange } from './metadata.ts'

/** What is to change; what is absent stays. */
export interface UserChange {
  /** Lower case. */
  email?: string | undefined
  /** Whether a new address counts as verified. */
  emailVerified?: boolean | undefined
  /** Confirms the user's address as of now. */
  confirm?: boolean | undefined
  passwordHash?: string | undefined
  role?: string | undefined
  /** Merged; a key given as null goes. */
  userMetadata?: Metadata | undefined
  /** Merged; a key given as null goes. */
  appMetadata?: Metadata | undefined
  /** From now on; 0 lifts the ban. */
  banMs?: number | undefined
}

/**
 * Changes a user in one statement, so that two changes of different metadata keys at once both last.
 * @throws AuthError 422 `email_exists`; 404 `user_not_found` when it was deleted meanwhile
 */
export async function changeUser(connection: Queryable, id: string, change: UserChange): Promise<void> {
  const verified = change.confirm ? { email_verified: true } : {}
  const userMetadata = metadataChange({ ...verified, ...change.userMetadata })
  const appMetadata = metadataChange(change.appMetadata ?? {})
  const values = [
    id,
    change.email ?? null,
    change.passwordHash ?? null,
    change.role ?? null,
    change.confirm ?? false,
    userMetadata.set,
    userMetadata.remove,
    appMetadata.set,
    appMetadata.remove,
    change.banMs ?? null,
  ]
  try {
    const { rowCount } = await connection.query(updateUser, values)
    if (rowCount === 0) throw new AuthError(404, 'user_not_found', 'User not found')
  } catch (error) {
    if (isDuplicate(error, 'users_email_partial_key')) throw emailExists()
    throw error
  }
  if (change.email !== undefined) {
    const identity = { sub: id, email: change.email, email_verified: change.emailVerified ?? false }
    await putEmailIdentity(connection, { id }, identity)
  }
}

const updateUser = `
  update auth.users
     set email = coalesce($2, email),
         encrypted_password = coalesce($3, encrypted_password),
         role = coalesce($4, role),
         email_confirmed_at = case when $5 then now() else email_confirmed_at end,
         raw_user_meta_data = (coalesce(raw_user_meta_data, '{}') || $6::jsonb) - $7::text[],
         raw_app_meta_data = (coalesce(raw_app_meta_data, '{}') || $8::jsonb) - $9::text[],
         banned_until = case
           when $10::double precision is null then banned_until
           when $10 = 0 then null
           else now() + $10 * interval '1 millisecond'
         end,
         updated_at = now()
   where id = $1`

export function emailExists(): AuthError {
  return new AuthError(422, 'email_exists', 'A user with this email address has already been registered')
}
