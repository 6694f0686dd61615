import { randomUUID } from 'node:crypto'
import type { AuthenticationMethod } from './access-token.ts'
import type { Queryable } from './database.ts'

/** Where a session was opened or refreshed from. */
export interface SessionClient {
  userAgent: string | undefined
  address: string
}

/** Opens a session that was authenticated by password, now. */
export async function openSession(connection: Queryable, userId: string, client: SessionClient): Promise<string> {
  const id = randomUUID()
  await connection.query(
    `insert into auth.sessions (id, user_id, aal, user_agent, ip, created_at, updated_at)
     values ($1, $2, 'aal1', $3, $4, now(), now())`,
    [id, userId, client.userAgent ?? null, client.address],
  )
  await connection.query(
    `insert into auth.mfa_amr_claims (id, session_id, authentication_method, created_at, updated_at)
     values ($1, $2, 'password', now(), now())`,
    [randomUUID(), id],
  )
  return id
}

/** How a session was authenticated, newest first, and its assurance level. */
export async function sessionAssurance(
  connection: Queryable,
  sessionId: string,
): Promise<{ aal: string; amr: AuthenticationMethod[] }> {
  const { rows } = await connection.query<{ aal: string | null; method: string | null; timestamp: number | null }>(
    `select s.aal::text, c.authentication_method as method, floor(extract(epoch from c.updated_at))::int as timestamp
       from auth.sessions s
       left join auth.mfa_amr_claims c on c.session_id = s.id
      where s.id = $1
      order by c.updated_at desc`,
    [sessionId],
  )
  const amr = rows.flatMap(({ method, timestamp }) =>
    method === null || timestamp === null ? [] : [{ method, timestamp }],
  )
  return { aal: rows[0]?.aal ?? 'aal1', amr }
}

/** True when this session of this user is still open. */
export async function isSessionOpen(database: Queryable, sessionId: string, userId: string): Promise<boolean> {
  const { rowCount } = await database.query('select from auth.sessions where id = $1 and user_id = $2', [
    sessionId,
    userId,
  ])
  return rowCount === 1
}

/**
 * Ends sessions of a user, and with them their refresh tokens.
 * @param which all of them, only the one of this id, or all but that one
 */
export async function endSessions(
  connection: Queryable,
  userId: string,
  which: 'all' | { only: string } | { except: string },
): Promise<void> {
  if (which === 'all') {
    await connection.query('delete from auth.sessions where user_id = $1', [userId])
  } else if ('only' in which) {
    await connection.query('delete from auth.sessions where user_id = $1 and id = $2', [userId, which.only])
  } else {
    await connection.query('delete from auth.sessions where user_id = $1 and id <> $2', [userId, which.except])
  }
}
