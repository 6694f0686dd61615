import pg from 'pg'
import { type Member, picture, signUpMember } from './media.ts'
import { insertRowsOf } from './person-rows.ts'
import { createTestStack, type TestStack } from './stack.ts'

/** A stack, and connections to its database as `postgres`. */
export interface StackAndPool {
  stack: TestStack
  postgres: pg.Pool
  remove(): Promise<void>
}

export async function createStackAndPool(): Promise<StackAndPool> {
  const stack = await createTestStack()
  const postgres = new pg.Pool({ connectionString: stack.database.url })
  // The database is dropped as soon as the pool has said goodbye, which its connections may not have yet.
  postgres.on('error', () => undefined)
  return {
    stack,
    postgres,
    remove: async () => {
      await postgres.end()
      await stack.stop()
    },
  }
}

/** Somebody signed in, with a row in every table and one file. `path` is the file's. */
export async function createFilledMember({ stack, postgres }: StackAndPool): Promise<{ anna: Member; path: string }> {
  const anna = await signUpMember(stack)
  await insertRowsOf(postgres, anna.id)
  const path = `${anna.id}/entry/picture.png`
  const media = anna.client.storage.from('entry-media')
  const { error } = await media.upload(path, picture(), { contentType: 'image/png' })
  if (error !== null) throw error
  return { anna, path }
}
