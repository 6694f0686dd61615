import { randomUUID } from 'node:crypto'
import { connect } from '@journeys/core/ops'
import type { StackState } from '@journeys/stack'
import { SignJWT } from 'jose'

/** Somebody of the seeded community with enough entries for a full page, and a token that says so. */
export interface Reader {
  userId: string
  token: string
}

/** The read that the app makes most: the newest 20 entries. */
export const newestEntries = '/journal_entries?select=id,date,reflection,scores&order=date.desc,id.desc&limit=20'

export async function chooseReader(stack: StackState): Promise<Reader> {
  const database = await connect(stack.databaseUrl)
  try {
    const { rows } = await database.query<{ user_id: string }>(
      `select user_id from public.journal_entries where user_id is not null
       group by user_id having count(*) >= 20 order by user_id limit 1`,
      [],
    )
    const userId = rows[0]?.user_id
    if (userId === undefined) throw new Error('the seed has nobody with 20 entries')
    const token = await signToken(userId, stack.jwtSecret)
    return { userId, token }
  } finally {
    await database.end()
  }
}

/** A token as the stack's auth would give it, valid for an hour. */
export function signToken(userId: string, jwtSecret: string): Promise<string> {
  return new SignJWT({ role: 'authenticated', aud: 'authenticated', session_id: randomUUID() })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(userId)
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(jwtSecret))
}
