import type { Context } from 'hono'
import type { AuthSettings } from '../../settings.ts'
import { type Exchange, peerAddress } from '../exchange.ts'
import type { AccessTokens } from './access-token.ts'
import type { AuthDatabase } from './database.ts'
import type { RateLimit } from './rate-limit.ts'
import type { SessionClient } from './session.ts'

/** What every route of Auth works with. */
export interface AuthContext {
  database: AuthDatabase
  settings: AuthSettings
  tokens: AccessTokens
  limits: {
    signInSignUps: RateLimit
    tokenRefresh: RateLimit
  }
}

export interface AuthEnv {
  Bindings: { exchange: Exchange }
}

export type AuthRequest = Context<AuthEnv>

/** Who is on the other side: kept with a session, and counted by the rate limits. */
export function requestClient(request: AuthRequest): SessionClient {
  return {
    userAgent: request.req.header('user-agent'),
    address: peerAddress(request.env.exchange.request.socket),
  }
}
