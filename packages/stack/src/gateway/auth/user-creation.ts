import { isDuplicate, type Queryable } from './database.ts'
import { AuthError } from './error.ts'
import { emailIdentityData, putEmailIdentity } from './identity.ts'
import { jsonb, type Metadata } from './metadata.ts'
import { insertUser } from './user.ts'

export interface UserCreation {
  id: string
  /** Lower case. */
  email: string
  passwordHash: string
  /** @defaultValue `authenticated` */
  role?: string | undefined
  confirmed: boolean
  userMetadata: Metadata
  appMetadata?: Metadata
  /** What the identity keeps besides the address. */
  identityData?: Metadata
  /** From now on. @defaultValue 0: not at all */
  banMs?: number
}

/**
 * Writes a user who signs in by e-mail and password, with the identity that belongs to it.
 * @throws AuthError the one given as `taken` when the address is in use, by whoever was first
 */
export async function createUser(connection: Queryable, creation: UserCreation, taken: AuthError): Promise<void> {
  const { id, email, passwordHash, confirmed } = creation
  try {
    await insertUser(connection, {
      id,
      email,
      role: creation.role ?? 'authenticated',
      passwordHash,
      confirmed,
      appMetadata: jsonb({ provider: 'email', providers: ['email'], ...creation.appMetadata }),
      userMetadata: jsonb(creation.userMetadata),
      banMs: creation.banMs ?? 0,
    })
  } catch (error) {
    // Two sign-ups of one address may both have found it free: the index decides.
    if (isDuplicate(error, 'users_email_partial_key')) throw taken
    if (isDuplicate(error, 'users_pkey')) throw new AuthError(422, 'user_already_exists', 'A user with this id exists')
    throw error
  }
  await putEmailIdentity(connection, { id }, emailIdentityData({ id, email }, creation.identityData))
}
