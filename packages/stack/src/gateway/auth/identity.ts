import type { Queryable } from './database.ts'
import { jsonb, type Metadata } from './metadata.ts'

/** What an e-mail identity knows of its user. `data` comes from the sign-up and cannot override the rest. */
export function emailIdentityData(user: { id: string; email: string }, data: Metadata = {}): Metadata {
  return { ...data, sub: user.id, email: user.email, email_verified: false, phone_verified: false }
}

/** Gives a user the identity `email`, or its new address to the one there is. */
export async function putEmailIdentity(
  connection: Queryable,
  user: { id: string },
  identityData: Metadata,
): Promise<void> {
  await connection.query(
    `insert into auth.identities (provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at)
     values ($1::uuid::text, $1::uuid, $2, 'email', now(), now(), now())
     on conflict (provider_id, provider) do update
       set identity_data = identities.identity_data || excluded.identity_data, updated_at = now()`,
    [user.id, jsonb(identityData)],
  )
}
