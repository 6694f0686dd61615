import { z } from 'zod'
import { type AuthContext, type AuthRequest, requestClient } from './context.ts'
import { AuthError, OAuthError } from './error.ts'
import { openGrant, readGrant, signGrant } from './grant.ts'
import { passwordMatches, passwordWeakness } from './password.ts'
import { exchangeRefreshToken, markRefreshed } from './refresh-token.ts'
import { requestBody } from './request-body.ts'
import { findUserByEmail } from './user.ts'

/** `POST /token?grant_type=password|refresh_token` */
export function token(context: AuthContext, request: AuthRequest): Promise<Response> {
  const grantType = request.req.query('grant_type')
  if (grantType === 'password') return signInWithPassword(context, request)
  if (grantType === 'refresh_token') return refresh(context, request)
  throw new AuthError(400, 'invalid_credentials', 'unsupported_grant_type')
}

const passwordBody = z.object({
  email: z.string().nullish(),
  phone: z.string().nullish(),
  password: z.string().nullish(),
})

async function signInWithPassword(context: AuthContext, request: AuthRequest) {
  const client = requestClient(request)
  context.limits.signInSignUps.take(client.address)
  const body = await requestBody(request, passwordBody)
  if (body.email && body.phone) {
    const message = 'Only an email address or phone number should be provided on login.'
    throw new AuthError(400, 'validation_failed', message)
  }
  if (body.phone) throw new AuthError(422, 'phone_provider_disabled', 'Phone logins are disabled')
  if (!body.email) throw new AuthError(400, 'validation_failed', 'missing email or phone')
  if (!context.settings.email.enable_signup) {
    throw new AuthError(422, 'email_provider_disabled', 'Email logins are disabled')
  }
  const password = body.password ?? ''
  const stored = await findUserByEmail(context.database, body.email)
  // Compared before anything is said: neither the time nor the code may tell a stranger who is registered, or banned.
  const matches = await passwordMatches(password, stored?.passwordHash)
  if (stored === undefined || !matches) throw new AuthError(400, 'invalid_credentials', 'Invalid login credentials')
  if (stored.isBanned) throw new AuthError(400, 'user_banned', 'User is banned')
  if (stored.user.email_confirmed_at === undefined) {
    throw new AuthError(400, 'email_not_confirmed', 'Email not confirmed')
  }
  const grant = await context.database.transaction((connection) => openGrant(connection, stored.user.id, client))
  return request.json({
    ...(await signGrant(context.tokens, grant)),
    // A password set before the rules became stricter still opens the door, but the app is told.
    weak_password: passwordWeakness(password, context.settings) ?? null,
  })
}

const refreshBody = z.object({ refresh_token: z.string().nullish() })

async function refresh(context: AuthContext, request: AuthRequest) {
  const client = requestClient(request)
  context.limits.tokenRefresh.take(client.address)
  const { refresh_token: given } = await requestBody(request, refreshBody)
  if (!given) throw new OAuthError('invalid_request', 'refresh_token required')
  const leeway = context.settings.refresh_token_reuse_interval
  const result = await context.database.transaction(async (connection) => {
    const outcome = await exchangeRefreshToken(connection, given, leeway)
    // Returned, not thrown: the revocation of a stolen session's tokens must be committed.
    if ('refusal' in outcome) return outcome
    await markRefreshed(connection, outcome.sessionId, client)
    return readGrant(connection, { ...outcome, refreshToken: outcome.token })
  })
  if ('refusal' in result) throw result.refusal
  return request.json(await signGrant(context.tokens, result))
}
