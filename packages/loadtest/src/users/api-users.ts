import { randomBytes } from 'node:crypto'
import { type Environment, requireSetting } from '@journeys/core/ops'
import { mintedTokens } from './access-token.ts'
import { banDuration } from './ban.ts'
import { pacedEach, pacedRequest } from './paced-request.ts'
import { signInAll } from './sign-in.ts'
import type { TestUsers } from './test-users.ts'

const requestsAtOnce = 4
const usersPerPage = 200
/** A filter of `user_id=in.(...)` goes into the URL: 100 ids are 3.7 KB. */
const idsPerRequest = 100

interface AdminUser {
  readonly id: string
  readonly email: string
  readonly app_metadata?: { readonly journeys_loadtest?: string; readonly journeys_loadtest_keep?: boolean }
}

/**
 * Users made one by one through Supabase Auth's admin API, where the database cannot be reached: minutes for a thousand, and
 * no history. A live run cannot be told from a dead one here, so leftovers are only those older than a day.
 */
export function apiUsers(environment: Environment): TestUsers {
  const url = requireSetting(environment, 'supabaseUrl')
  const apiKey = requireSetting(environment, 'serviceRoleKey')
  const admin = `${url}/auth/v1/admin/users`

  async function listMarked(): Promise<AdminUser[]> {
    const marked: AdminUser[] = []
    for (let page = 1; ; page++) {
      const answer = (await pacedRequest({
        url: `${admin}?page=${page}&per_page=${usersPerPage}`,
        method: 'GET',
        apiKey,
      })) as { users: AdminUser[] }
      marked.push(...answer.users.filter((user) => user.app_metadata?.journeys_loadtest !== undefined))
      if (answer.users.length < usersPerPage) return marked
    }
  }

  async function removeAll(users: readonly AdminUser[]): Promise<void> {
    for (let from = 0; from < users.length; from += idsPerRequest) {
      const ids = users.slice(from, from + idsPerRequest).map(({ id }) => id)
      await pacedRequest({ url: `${url}/rest/v1/purchases?user_id=in.(${ids.join(',')})`, method: 'DELETE', apiKey })
    }
    await pacedEach(users, requestsAtOnce, ({ id }) =>
      // With a body, as supabase-js sends it.
      pacedRequest({ url: `${admin}/${id}`, method: 'DELETE', apiKey, body: { should_soft_delete: false } }),
    )
  }

  return {
    how: 'api',

    async removeLeftovers() {
      const dayAgo = Date.now() - 86_400_000
      const leftovers = (await listMarked()).filter(
        ({ app_metadata: mark }) =>
          !mark?.journeys_loadtest_keep && runStartedAt(mark?.journeys_loadtest as string) < dayAgo,
      )
      await removeAll(leftovers)
      return leftovers.length
    },

    async make(options) {
      const { run, count, keep, signal, onProgress } = options
      const { jwtSecret } = environment
      const password = randomBytes(32).toString('base64url')
      let made = 0
      const numbers = Array.from({ length: count }, (_, index) => index + 1)
      const users = await pacedEach(numbers, requestsAtOnce, async (number) => {
        const user = (await pacedRequest({
          url: admin,
          method: 'POST',
          apiKey,
          body: {
            email: `lt-${run}-${number}@loadtest.invalid`,
            // Without one Supabase Auth sets a random one itself, and tells nobody.
            ...(jwtSecret === undefined ? { password } : { ban_duration: banDuration }),
            email_confirm: true,
            app_metadata: { journeys_loadtest: run, journeys_loadtest_keep: keep },
          },
          signal,
        })) as AdminUser
        onProgress?.({ made: ++made, of: count })
        return { id: user.id, email: user.email }
      })
      await pacedRequest({
        url: `${url}/rest/v1/profiles`,
        method: 'POST',
        apiKey,
        body: users.map(({ id }, index) => ({ user_id: id, display_name: `Load test ${index + 1}` })),
        headers: { Prefer: 'return=minimal' },
        signal,
      })
      if (jwtSecret === undefined) {
        const signedIn = await signInAll(environment, users, password, options)
        await pacedEach(users, requestsAtOnce, ({ id }) =>
          pacedRequest({ url: `${admin}/${id}`, method: 'PUT', apiKey, body: { ban_duration: banDuration }, signal }),
        )
        return signedIn
      }
      return mintedTokens(environment, users, options)
    },

    async remove(run) {
      const ofRun = async () => (await listMarked()).filter((user) => user.app_metadata?.journeys_loadtest === run)
      const users = await ofRun()
      await removeAll(users)
      return { removed: users.length, left: (await ofRun()).length }
    },

    close: async () => undefined,
  }
}

/** A run's id begins with its start: 20261123-140211-9f3a. */
function runStartedAt(run: string): number {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d{2})(\d{2})-(\d{2})(\d{2})(\d{2})/.exec(run) ?? []
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
}
