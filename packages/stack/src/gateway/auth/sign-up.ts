import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { type AuthContext, type AuthRequest, requestClient } from './context.ts'
import { validEmail } from './email.ts'
import { AuthError } from './error.ts'
import { openGrant, signGrant } from './grant.ts'
import { emailIdentityData } from './identity.ts'
import { checkPassword, hashPassword } from './password.ts'
import { requestBody } from './request-body.ts'
import { findUserByEmail } from './user.ts'
import { createUser } from './user-creation.ts'

const signUpBody = z.object({
  email: z.string().nullish(),
  phone: z.string().nullish(),
  password: z.string().nullish(),
  data: z.record(z.string(), z.unknown()).nullish(),
})

/** `POST /signup`. No mail is sent from a local stack: a new user is confirmed, and signed in, at once. */
export async function signUp(context: AuthContext, request: AuthRequest): Promise<Response> {
  const body = await requestBody(request, signUpBody)
  if (!body.email && !body.phone) {
    throw new AuthError(422, 'anonymous_provider_disabled', 'Anonymous sign-ins are disabled')
  }
  const client = requestClient(request)
  context.limits.signInSignUps.take(client.address)
  if (!context.settings.enable_signup) {
    throw new AuthError(422, 'signup_disabled', 'Signups not allowed for this instance')
  }
  const password = body.password ?? ''
  if (password === '') throw new AuthError(400, 'validation_failed', 'Signup requires a valid password')
  checkPassword(password, context.settings)
  if (!body.email) throw new AuthError(400, 'phone_provider_disabled', 'Phone signups are disabled')
  if (body.phone) {
    const message = 'Only an email address or phone number should be provided on signup.'
    throw new AuthError(400, 'validation_failed', message)
  }
  if (!context.settings.email.enable_signup) {
    throw new AuthError(400, 'email_provider_disabled', 'Email signups are disabled')
  }
  const email = validEmail(body.email)
  const taken = new AuthError(422, 'user_already_exists', 'User already registered')
  // Spares the hash for an address that is known; the index decides between two who come at once.
  if ((await findUserByEmail(context.database, email)) !== undefined) throw taken

  // Outside the transaction: hashing takes longer than all of its statements.
  const passwordHash = await hashPassword(password)
  const id = randomUUID()
  const data = body.data ?? {}
  const grant = await context.database.transaction(async (connection) => {
    const userMetadata = { ...emailIdentityData({ id, email }, data), email_verified: true }
    const creation = { id, email, passwordHash, confirmed: true, userMetadata, identityData: data }
    await createUser(connection, creation, taken)
    return openGrant(connection, id, client)
  })
  return request.json(await signGrant(context.tokens, grant))
}
