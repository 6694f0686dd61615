import { type Environment, requireSetting } from '@journeys/core/ops'
import type { SignedInUser } from '../engines/engine.ts'
import { pacedEach, pacedRequest } from './paced-request.ts'
import type { MakeUsersOptions } from './test-users.ts'

/** bcrypt on the server is what a sign-in costs: more at once would only wait there. */
const signInsAtOnce = 4

/** Signs every user in with the password, where the project's JWT secret is not known. */
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
    })) as { access_token: string }
    options.onProgress?.({ made: ++signedIn, of: users.length })
    return { id, accessToken: session.access_token }
  })
}
