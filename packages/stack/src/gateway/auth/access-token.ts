import { errors, jwtVerify, SignJWT } from 'jose'
import { AuthError } from './error.ts'
import type { AuthUser } from './user.ts'

/** How a session was authenticated, and when: the `amr` claim. */
export interface AuthenticationMethod {
  method: string
  /** Seconds since 1970. */
  timestamp: number
}

export interface AccessTokenSubject {
  user: AuthUser
  sessionId: string
  aal: string
  amr: AuthenticationMethod[]
}

export interface SignedAccessToken {
  token: string
  expiresIn: number
  /** Seconds since 1970. */
  expiresAt: number
}

/** The claims that decide who calls. Every other claim is for PostgREST and the policies. */
export interface AccessTokenClaims {
  sub: string | undefined
  role: string | undefined
  sessionId: string | undefined
}

export interface AccessTokens {
  sign(subject: AccessTokenSubject): Promise<SignedAccessToken>
  /** @throws AuthError 403 `bad_jwt` */
  verify(token: string): Promise<AccessTokenClaims>
}

/** Access tokens of one stack: HS256 with its secret, Supabase Auth's claims. `issuer` is asked for at each signing: the port comes late. */
export function accessTokens(options: { jwtSecret: string; lifeSeconds: number; issuer: () => string }): AccessTokens {
  const secret = new TextEncoder().encode(options.jwtSecret)
  return {
    sign: async ({ user, sessionId, aal, amr }) => {
      const issuedAt = Math.floor(Date.now() / 1000)
      const expiresAt = issuedAt + options.lifeSeconds
      const token = await new SignJWT({
        iss: options.issuer(),
        sub: user.id,
        aud: user.aud,
        exp: expiresAt,
        iat: issuedAt,
        email: user.email,
        phone: user.phone,
        app_metadata: user.app_metadata,
        user_metadata: user.user_metadata,
        role: user.role,
        aal,
        amr,
        session_id: sessionId,
        is_anonymous: user.is_anonymous,
      })
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
        .sign(secret)
      return { token, expiresIn: options.lifeSeconds, expiresAt }
    },
    verify: async (token) => {
      const { payload } = await jwtVerify(token, secret, { algorithms: ['HS256'] }).catch((error: unknown) => {
        const reason =
          error instanceof errors.JWTExpired ? 'token is expired' : 'token is malformed or not signed by this stack'
        throw new AuthError(403, 'bad_jwt', `invalid JWT: unable to parse or verify signature, ${reason}`)
      })
      return { sub: text(payload.sub), role: text(payload.role), sessionId: text(payload.session_id) }
    },
  }
}

function text(claim: unknown) {
  return typeof claim === 'string' && claim !== '' ? claim : undefined
}
