import type { Environment } from '@journeys/core/ops'
import { apiUsers } from './api-users.ts'
import { databaseUsers } from './database-users.ts'
import type { TestUsers } from './test-users.ts'

/** Made in the database where it can be reached: a thousand in a second. Else through the API. `close` it. */
export async function usersOf(target: Environment): Promise<TestUsers> {
  return target.databaseUrl ? databaseUsers(target, target.databaseUrl) : apiUsers(target)
}
