import { z } from 'zod'

const claims = z.object({ sub: z.guid() })

/**
 * The user that an access token is for: its `sub` claim, which is what PostgREST judges rows by. Read, not verified; the server
 * does that.
 *
 * @returns undefined when the token is not a user's (an anon or service key) or is no JWT.
 */
export function userOfToken(accessToken: string): string | undefined {
  const payload = accessToken.split('.')[1]
  if (payload === undefined) return undefined
  try {
    const bytes = Uint8Array.from(atob(payload.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0))
    const parsed = claims.safeParse(JSON.parse(new TextDecoder().decode(bytes)))
    return parsed.success ? parsed.data.sub.toLowerCase() : undefined
  } catch {
    return undefined
  }
}
