import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { AuthContext, AuthRequest } from './context.ts'
import { banMilliseconds } from './duration.ts'
import { validEmail } from './email.ts'
import { AuthError } from './error.ts'
import { pageHeaders, requestedPage } from './pagination.ts'
import { checkPassword, checkPasswordLength, hashPassword, isBcryptHash } from './password.ts'
import { requestBody } from './request-body.ts'
import { endSessions } from './session.ts'
import { AUDIENCE, type AuthUser, findUserById, listUsers, reloadUser } from './user.ts'
import { changeUser, emailExists } from './user-change.ts'
import { createUser } from './user-creation.ts'
import { deleteUser, softDeleteUser } from './user-deletion.ts'
import { isUuid } from './uuid.ts'

const userBody = z.object({
  id: z.string().nullish(),
  email: z.string().nullish(),
  phone: z.string().nullish(),
  password: z.string().nullish(),
  password_hash: z.string().nullish(),
  email_confirm: z.boolean().nullish(),
  user_metadata: z.record(z.string(), z.unknown()).nullish(),
  app_metadata: z.record(z.string(), z.unknown()).nullish(),
  role: z.string().nullish(),
  ban_duration: z.string().nullish(),
})

type UserBody = z.output<typeof userBody>

/** `POST /admin/users` */
export async function adminCreateUser(context: AuthContext, request: AuthRequest): Promise<Response> {
  const body = await requestBody(request, userBody)
  refusePhone(body)
  if (!body.email) throw invalid('Cannot create a user without either an email or phone')
  const email = validEmail(body.email)
  const id = newId(body.id)
  const banMs = body.ban_duration ? banMilliseconds(body.ban_duration) : 0
  const passwordHash = await newPasswordHash(body)
  const user = await context.database.transaction(async (connection) => {
    const confirmed = body.email_confirm ?? false
    const userMetadata = { ...body.user_metadata, ...(confirmed ? { email_verified: true } : {}) }
    const creation = { id, email, passwordHash, confirmed, userMetadata, appMetadata: body.app_metadata ?? {}, banMs }
    await createUser(connection, { ...creation, role: body.role?.trim() || undefined }, emailExists())
    return reloadUser(connection, id)
  })
  return request.json(user)
}

/** `GET /admin/users` */
export async function adminListUsers(context: AuthContext, request: AuthRequest): Promise<Response> {
  const query = new URLSearchParams(request.env.exchange.target.query)
  const page = requestedPage(query)
  const { users, total } = await listUsers(context.database, page)
  return request.json({ users, aud: AUDIENCE }, 200, pageHeaders('/admin/users', query, page, total))
}

/** `GET /admin/users/:id` */
export async function adminGetUser(context: AuthContext, request: AuthRequest): Promise<Response> {
  return request.json(await requestedUser(context, request))
}

/** `PUT /admin/users/:id`. A new password ends every session of the user. */
export async function adminUpdateUser(context: AuthContext, request: AuthRequest): Promise<Response> {
  const { id } = await requestedUser(context, request)
  const body = await requestBody(request, userBody)
  refusePhone(body)
  const email = body.email ? validEmail(body.email) : undefined
  const banMs = body.ban_duration ? banMilliseconds(body.ban_duration) : undefined
  if (body.password_hash) throw invalid('A password hash can only be given for a new user')
  const password = body.password ?? undefined
  if (password !== undefined) checkPassword(password, context.settings)
  const passwordHash = password === undefined ? undefined : await hashPassword(password)
  const user = await context.database.transaction(async (connection) => {
    await changeUser(connection, id, {
      email,
      emailVerified: body.email_confirm ?? false,
      confirm: body.email_confirm ?? false,
      passwordHash,
      role: body.role?.trim() || undefined,
      userMetadata: body.user_metadata ?? undefined,
      appMetadata: body.app_metadata ?? undefined,
      banMs,
    })
    if (passwordHash !== undefined) await endSessions(connection, id, 'all')
    return reloadUser(connection, id)
  })
  return request.json(user)
}

const deleteBody = z.object({ should_soft_delete: z.boolean().nullish() })

/** `DELETE /admin/users/:id` */
export async function adminDeleteUser(context: AuthContext, request: AuthRequest): Promise<Response> {
  const user = await requestedUser(context, request)
  const hasBody = (await request.req.text()) !== ''
  const { should_soft_delete: soft } = hasBody ? await requestBody(request, deleteBody) : {}
  await context.database.transaction((connection) =>
    soft ? softDeleteUser(connection, user) : deleteUser(connection, user.id),
  )
  return request.json({})
}

async function requestedUser(context: AuthContext, request: AuthRequest): Promise<AuthUser> {
  const id = request.req.param('id') ?? ''
  if (!isUuid(id)) throw new AuthError(404, 'validation_failed', 'user_id must be an UUID')
  const stored = await findUserById(context.database, id)
  if (stored === undefined) throw new AuthError(404, 'user_not_found', 'User not found')
  return stored.user
}

function newId(given: string | null | undefined) {
  if (!given) return randomUUID()
  if (!isUuid(given)) throw invalid('ID must conform to the uuid v4 format')
  if (/^[0-]+$/.test(given)) throw invalid('ID cannot be a nil uuid')
  return given.toLowerCase()
}

async function newPasswordHash({ password, password_hash: given }: UserBody) {
  if (given) {
    if (password) throw invalid('Only a password or a password hash should be provided')
    if (!isBcryptHash(given)) throw invalid('Only bcrypt password hashes are supported by the local stack')
    return given
  }
  // Without either, nobody knows the password: the user's way in is one that an administrator sets later.
  const secret = password || randomUUID() + randomUUID().slice(0, 28)
  checkPasswordLength(secret)
  return hashPassword(secret)
}

function refusePhone(body: UserBody) {
  if (body.phone) throw new AuthError(400, 'phone_provider_disabled', 'Phone numbers are not served by the local stack')
}

function invalid(message: string) {
  return new AuthError(400, 'validation_failed', message)
}
