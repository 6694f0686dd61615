import type { AuthContext, AuthRequest } from './context.ts'
import { AuthError } from './error.ts'
import { isSessionOpen } from './session.ts'
import { findUserById, type StoredUser } from './user.ts'
import { isUuid } from './uuid.ts'

/** The user who calls, and the session of the token, which a token made elsewhere with the stack's secret may lack. */
export interface Caller {
  stored: StoredUser
  sessionId: string | undefined
}

/**
 * The user of the request's token.
 * @throws AuthError 401 `no_authorization`; 403 `bad_jwt`, `user_not_found`, `session_not_found` (signed out), `user_banned`
 */
export async function requireUser(context: AuthContext, request: AuthRequest): Promise<Caller> {
  const claims = await context.tokens.verify(bearer(request))
  if (claims.sub === undefined) throw new AuthError(403, 'bad_jwt', 'invalid claim: missing sub claim')
  if (!isUuid(claims.sub)) throw new AuthError(400, 'bad_jwt', 'invalid claim: sub claim must be a UUID')
  const stored = await findUserById(context.database, claims.sub)
  if (stored === undefined || stored.user.deleted_at !== undefined) {
    throw new AuthError(403, 'user_not_found', 'User from sub claim in JWT does not exist')
  }
  if (claims.sessionId !== undefined) await requireSession(context, claims.sessionId, claims.sub)
  if (stored.isBanned) throw new AuthError(403, 'user_banned', 'User is banned')
  return { stored, sessionId: claims.sessionId }
}

async function requireSession(context: AuthContext, sessionId: string, userId: string) {
  if (!isUuid(sessionId)) throw new AuthError(403, 'bad_jwt', 'invalid claim: session_id claim must be a UUID')
  if (await isSessionOpen(context.database, sessionId, userId)) return
  throw new AuthError(403, 'session_not_found', 'Session from session_id claim in JWT does not exist')
}

const adminRoles = new Set(['service_role', 'supabase_admin'])

/** @throws AuthError 401 `no_authorization`; 403 `bad_jwt`, `not_admin` */
export async function requireAdmin(context: AuthContext, request: AuthRequest): Promise<void> {
  const claims = await context.tokens.verify(bearer(request))
  if (claims.role === undefined || !adminRoles.has(claims.role)) {
    throw new AuthError(403, 'not_admin', 'User not allowed')
  }
}

function bearer(request: AuthRequest) {
  const header = request.req.header('authorization')
  const { head, target } = request.env.exchange
  // As for PostgREST, the key stands in for an absent header.
  if (header === undefined) return head.apiKey ?? target.apiKey ?? ''
  const token = /^bearer (\S+)$/i.exec(header)?.[1]
  if (token === undefined) {
    throw new AuthError(401, 'no_authorization', 'This endpoint requires a valid Bearer token')
  }
  return token
}
