import { createHash } from 'node:crypto'
import type { Queryable } from './database.ts'
import { endSessions } from './session.ts'
import type { AuthUser } from './user.ts'

/** Deletes a user, and by the foreign keys everything that hangs on it. */
export async function deleteUser(connection: Queryable, id: string): Promise<void> {
  await connection.query('delete from auth.users where id = $1', [id])
}

/**
 * Leaves the row, for what refers to it, and takes everything personal out of it. As in Supabase Auth, addresses become digests, which
 * stay unique. A second time changes nothing.
 */
export async function softDeleteUser(connection: Queryable, user: AuthUser): Promise<void> {
  if (user.deleted_at !== undefined) return
  await connection.query(
    `update auth.users
        set email = $2, phone = $3, email_change = $4, phone_change = $5, encrypted_password = null,
            confirmation_token = '', recovery_token = '', email_change_token_current = '', email_change_token_new = '',
            phone_change_token = '', raw_user_meta_data = '{}', raw_app_meta_data = '{}',
            deleted_at = now(), updated_at = now()
      where id = $1`,
    [
      user.id,
      digest(user.id, user.email),
      digest(user.id, user.phone).slice(0, 15),
      digest(user.id, user.new_email ?? ''),
      digest(user.id, '').slice(0, 15),
    ],
  )
  for (const identity of user.identities) {
    await connection.query(
      `update auth.identities set identity_data = '{}', provider_id = $2, updated_at = now() where id = $1`,
      [identity.identity_id, digest(user.id, `${identity.provider}:${identity.id}`)],
    )
  }
  await endSessions(connection, user.id, 'all')
}

function digest(userId: string, value: string) {
  return createHash('sha256')
    .update(userId + value)
    .digest('base64url')
}
