import { randomUUID } from 'node:crypto'
import { type Environment, requireSetting } from '@journeys/core/ops'
import { SignJWT } from 'jose'
import type { SignedInUser } from '../engines/engine.ts'

export interface TokenSubject {
  readonly id: string
  readonly email: string
}

/**
 * An access token as Supabase Auth issues it, signed with the project's secret.
 * Claims: https://supabase.com/docs/guides/auth/jwt-fields
 * @param lifetimeMs from now; a run must not outlive it
 */
export function mintAccessToken(
  subject: TokenSubject,
  options: { url: string; jwtSecret: string; run: string; lifetimeMs: number },
): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  return new SignJWT({
    role: 'authenticated',
    email: subject.email,
    phone: '',
    app_metadata: { provider: 'email', providers: ['email'], journeys_loadtest: options.run },
    user_metadata: {},
    aal: 'aal1',
    amr: [{ method: 'password', timestamp: now }],
    session_id: randomUUID(),
    is_anonymous: false,
  })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer(`${options.url}/auth/v1`)
    .setSubject(subject.id)
    .setAudience('authenticated')
    .setIssuedAt(now)
    .setExpirationTime(now + Math.ceil(options.lifetimeMs / 1000))
    .sign(new TextEncoder().encode(options.jwtSecret))
}

/** A token for every user, where the project's secret is known: nobody has to sign in. */
export function mintedTokens(
  environment: Environment,
  users: readonly TokenSubject[],
  { run, lifetimeMs }: { readonly run: string; readonly lifetimeMs: number },
): Promise<SignedInUser[]> {
  const url = requireSetting(environment, 'supabaseUrl')
  const jwtSecret = requireSetting(environment, 'jwtSecret')
  return Promise.all(
    users.map(async (user) => ({
      id: user.id,
      accessToken: await mintAccessToken(user, { url, jwtSecret, run, lifetimeMs }),
    })),
  )
}
