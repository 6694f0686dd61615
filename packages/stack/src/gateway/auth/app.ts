import { Hono } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import pg from 'pg'
import type { AuthSettings } from '../../settings.ts'
import type { Exchange } from '../exchange.ts'
import { type AccessTokens, accessTokens } from './access-token.ts'
import { adminCreateUser, adminDeleteUser, adminGetUser, adminListUsers, adminUpdateUser } from './admin-users.ts'
import { answerWith } from './answer.ts'
import { requireAdmin } from './caller.ts'
import type { AuthContext, AuthEnv, AuthRequest } from './context.ts'
import { getUser, updateUser } from './current-user.ts'
import { openAuthDatabase } from './database.ts'
import { API_VERSION_HEADER, AuthError, errorReply, OAuthError } from './error.ts'
import { rateLimit } from './rate-limit.ts'
import { token } from './sign-in.ts'
import { signOut } from './sign-out.ts'
import { signUp } from './sign-up.ts'

declare const __JOURNEYS_VERSION__: string

export interface AuthOptions {
  databaseUrl: string
  jwtSecret: string
  settings: AuthSettings
  /** The `iss` of its tokens; asked for when one is signed. */
  issuer: () => string
}

export interface Auth {
  /** Answers a request under `/auth/v1`. */
  handle(exchange: Exchange): void
  /** Rejects when the database does not answer. */
  probe(): Promise<unknown>
  close(): Promise<void>
}

/** Where Auth lives, as on Supabase. */
export const AUTH_PATH = '/auth/v1'

/** The part of Supabase Auth's API that the app and its operators use, over the same tables. */
export function createAuth(options: AuthOptions): Auth {
  const { settings } = options
  const database = openAuthDatabase(options.databaseUrl)
  const tokens: AccessTokens = accessTokens({
    jwtSecret: options.jwtSecret,
    lifeSeconds: settings.jwt_expiry,
    issuer: options.issuer,
  })
  const limits = {
    signInSignUps: rateLimit(settings.rate_limit.sign_in_sign_ups),
    tokenRefresh: rateLimit(settings.rate_limit.token_refresh),
  }
  const app = authRoutes({ database, settings, tokens, limits })
  return {
    handle: (exchange) => answerWith(app, exchange),
    probe: () => database.query('select 1'),
    close: () => database.end(),
  }
}

function authRoutes(context: AuthContext): Hono<AuthEnv> {
  const app = new Hono<AuthEnv>().basePath(AUTH_PATH)
  const answer = (handler: (context: AuthContext, request: AuthRequest) => Promise<Response>) => {
    return (request: AuthRequest) => handler(context, request)
  }

  app.get('/health', answer(health))
  app.get('/settings', (request) => request.json(publicSettings(context.settings)))
  // HS256 has no public key: as on Supabase with a shared secret, there is nothing to publish.
  app.get('/.well-known/jwks.json', (request) => {
    return request.json({ keys: [] }, 200, { 'Cache-Control': 'public, max-age=600' })
  })

  app.post('/signup', answer(signUp))
  app.post('/token', answer(token))
  app.post('/logout', answer(signOut))
  app.get('/user', answer(getUser))
  app.put('/user', answer(updateUser))

  app.use('/admin/*', async (request, next) => {
    await requireAdmin(context, request)
    await next()
  })
  app.post('/admin/users', answer(adminCreateUser))
  app.get('/admin/users', answer(adminListUsers))
  app.get('/admin/users/:id', answer(adminGetUser))
  app.put('/admin/users/:id', answer(adminUpdateUser))
  app.delete('/admin/users/:id', answer(adminDeleteUser))

  app.notFound((request) => {
    const what = `${request.req.method} ${request.req.path.slice(AUTH_PATH.length)}`
    return refuse(request, new AuthError(404, 'not_found', `${what} is not served by the local stack`))
  })
  app.onError((error, request) => refuse(request, error))
  return app
}

async function health(context: AuthContext, request: AuthRequest) {
  await context.database.query('select 1')
  return request.json({
    version: `journeys-${__JOURNEYS_VERSION__}`,
    name: 'GoTrue',
    description: 'The part of Supabase Auth that the local stack of Journeys serves',
  })
}

function publicSettings(settings: AuthSettings) {
  return {
    external: { anonymous_users: false, email: settings.email.enable_signup, phone: false },
    disable_signup: !settings.enable_signup,
    mailer_autoconfirm: true,
    phone_autoconfirm: false,
    sms_provider: '',
    saml_enabled: false,
  }
}

function refuse(request: AuthRequest, error: Error): Response {
  if (!(error instanceof AuthError || error instanceof OAuthError)) {
    request.env.exchange.error = faultName(error)
    const message = 'Unexpected failure, please check server logs for more information'
    return refuse(request, new AuthError(500, 'unexpected_failure', message))
  }
  if (error instanceof AuthError && error.cause instanceof Error) request.env.exchange.error = faultName(error.cause)
  const { status, headers, body } = errorReply(error, request.req.header(API_VERSION_HEADER))
  return request.json(body, status as ContentfulStatusCode, headers)
}

// Postgres's messages quote values, and a value may be a password or an address.
function faultName(error: Error) {
  if (error instanceof pg.DatabaseError) return `postgres ${error.code ?? 'error'} ${error.constraint ?? ''}`.trim()
  const { code } = error as NodeJS.ErrnoException
  return typeof code === 'string' ? code : `${error.name}: ${error.message.slice(0, 200)}`
}
