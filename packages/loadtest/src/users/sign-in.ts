import { type Environment, ExitCode, JourneysError, requireSetting } from '@journeys/core/ops'
import type { SignedInUser } from '../engines/engine.ts'
import { pacedEach, pacedRequest } from './paced-request.ts'
import type { MakeUsersOptions } from './test-users.ts'

/** bcrypt on the server is what a sign-in costs: more at once would only wait there. */
const signInsAtOnce = 4

/**
 * Signs every user in with the password, where the project's JWT secret is not known.
 * @throws JourneysError `tokens_too_short` (exit 2) when the project's tokens end before the run would
 */
export function signInAll(
  environment: Environment,
  users: readonly { id: string; email: string }[],
  password: string,
  options: MakeUsersOptions,
): Promise<SignedInUser[]> {
  const url = requireSetting(environment, 'supabaseUrl')
  const apiKey = requireSetting(environment, 'anonKey')
  let signedIn = 0
  return pacedEach(users, signInsAtOnce, async ({ id, email }) => {
    const session = (await pacedRequest({
      url: `${url}/auth/v1/token?grant_type=password`,
      method: 'POST',
      apiKey,
      body: { email, password },
      signal: options.signal,
    })) as { access_token: string; expires_in: number }
    checkLifetime(session.expires_in * 1000, options.lifetimeMs)
    options.onProgress?.({ made: ++signedIn, of: users.length })
    return { id, accessToken: session.access_token }
  })
}

/** Nobody refreshes a load-test user's token: a run that outlives it would measure how quickly 401 is answered. */
function checkLifetime(givenMs: number, neededMs: number): void {
  if (givenMs >= neededMs) return
  const minutes = (ms: number) => Math.ceil(ms / 60_000)
  throw new JourneysError('tokens_too_short', `the project's access tokens are valid for ${minutes(givenMs)} minutes`, {
    detail: `this run needs ${minutes(neededMs)} minutes, with what comes before and after the load`,
    hint: "put SUPABASE_JWT_SECRET into the environment, raise the project's JWT expiry, or give a shorter --duration",
    exitCode: ExitCode.usage,
  })
}
