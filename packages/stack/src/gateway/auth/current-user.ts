import { z } from 'zod'
import { requireUser } from './caller.ts'
import type { AuthContext, AuthRequest } from './context.ts'
import { validEmail } from './email.ts'
import { AuthError } from './error.ts'
import { checkPassword, hashPassword, passwordMatches } from './password.ts'
import { requestBody } from './request-body.ts'
import { endSessions } from './session.ts'
import { findUserByEmail, reloadUser } from './user.ts'
import { changeUser, emailExists } from './user-change.ts'

/** `GET /user` */
export async function getUser(context: AuthContext, request: AuthRequest): Promise<Response> {
  const { stored } = await requireUser(context, request)
  return request.json(stored.user)
}

const changeBody = z.object({
  email: z.string().nullish(),
  phone: z.string().nullish(),
  password: z.string().nullish(),
  data: z.record(z.string(), z.unknown()).nullish(),
  app_metadata: z.record(z.string(), z.unknown()).nullish(),
})

/**
 * `PUT /user`. A new address holds at once: there is no mail by which it could be confirmed. A new password ends the user's other
 * sessions.
 */
export async function updateUser(context: AuthContext, request: AuthRequest): Promise<Response> {
  const { stored, sessionId } = await requireUser(context, request)
  const body = await requestBody(request, changeBody)
  const { id } = stored.user
  const email = body.email ? validEmail(body.email) : undefined
  if (body.phone) throw new AuthError(400, 'phone_provider_disabled', 'Phone numbers are disabled')
  const password = body.password ?? undefined
  if (password !== undefined) checkPassword(password, context.settings)
  if (body.app_metadata) {
    throw new AuthError(403, 'not_admin', 'Updating app_metadata requires admin privileges')
  }
  const newEmail = email === stored.user.email ? undefined : email
  if (newEmail !== undefined && (await findUserByEmail(context.database, newEmail)) !== undefined) throw emailExists()
  if (password !== undefined && stored.passwordHash && (await passwordMatches(password, stored.passwordHash))) {
    throw new AuthError(422, 'same_password', 'New password should be different from the old password.')
  }
  const passwordHash = password === undefined ? undefined : await hashPassword(password)

  const user = await context.database.transaction(async (connection) => {
    await changeUser(connection, id, {
      email: newEmail,
      emailVerified: true,
      passwordHash,
      userMetadata: body.data ?? undefined,
    })
    if (passwordHash !== undefined) await endSessions(connection, id, sessionId ? { except: sessionId } : 'all')
    return reloadUser(connection, id)
  })
  return request.json(user)
}
