import type { AccessTokenSubject, AccessTokens } from './access-token.ts'
import type { Queryable } from './database.ts'
import { issueRefreshToken } from './refresh-token.ts'
import { openSession, type SessionClient, sessionAssurance } from './session.ts'
import { type AuthUser, reloadUser } from './user.ts'

/** The answer to a sign-up, a sign-in, a refresh (RFC 6749, 5.1, with the user beside it). */
export interface TokenGrant {
  access_token: string
  token_type: 'bearer'
  expires_in: number
  expires_at: number
  refresh_token: string
  user: AuthUser
}

/** All that a grant needs, read in its transaction; signing follows once that is committed. */
export interface UnsignedGrant extends AccessTokenSubject {
  refreshToken: string
}

/** Signs a user in: a session, its first refresh token, the time of the sign-in. */
export async function openGrant(connection: Queryable, userId: string, client: SessionClient): Promise<UnsignedGrant> {
  await connection.query('update auth.users set last_sign_in_at = now(), updated_at = now() where id = $1', [userId])
  const sessionId = await openSession(connection, userId, client)
  const refreshToken = await issueRefreshToken(connection, { id: sessionId, userId })
  return readGrant(connection, { userId, sessionId, refreshToken })
}

/** What there is to sign for a session that exists. */
export async function readGrant(
  connection: Queryable,
  grant: { userId: string; sessionId: string; refreshToken: string },
): Promise<UnsignedGrant> {
  const user = await reloadUser(connection, grant.userId)
  const assurance = await sessionAssurance(connection, grant.sessionId)
  return { user, sessionId: grant.sessionId, refreshToken: grant.refreshToken, ...assurance }
}

export async function signGrant(tokens: AccessTokens, grant: UnsignedGrant): Promise<TokenGrant> {
  const { token, expiresIn, expiresAt } = await tokens.sign(grant)
  return {
    access_token: token,
    token_type: 'bearer',
    expires_in: expiresIn,
    expires_at: expiresAt,
    refresh_token: grant.refreshToken,
    user: grant.user,
  }
}
