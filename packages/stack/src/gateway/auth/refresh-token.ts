import { randomBytes } from 'node:crypto'
import type { Queryable } from './database.ts'
import { AuthError } from './error.ts'

/** What an exchange comes to. A refusal is a value: what it revoked must be committed. */
export type RefreshOutcome = { token: string; sessionId: string; userId: string } | { refusal: AuthError }

interface TokenRow {
  token: string
  user_id: string
  session_id: string
  revoked: boolean
  reusable: boolean
  expired: boolean
  is_banned: boolean
}

/** Gives a session its first refresh token, or the one that follows `parent`. */
export async function issueRefreshToken(
  connection: Queryable,
  session: { id: string; userId: string },
  parent = '',
): Promise<string> {
  const token = randomBytes(18).toString('base64url')
  await connection.query(
    `insert into auth.refresh_tokens (instance_id, token, user_id, parent, session_id, revoked, created_at, updated_at)
     values ('00000000-0000-0000-0000-000000000000', $1, $2, $3, $4, false, now(), now())`,
    [token, session.userId, parent, session.id],
  )
  return token
}

/**
 * Exchanges a refresh token for the next one. Call it in a transaction, and commit whatever comes out.
 *
 * A token can be exchanged once. Shown again within the leeway (two tabs, an answer that got lost), it gives the session's current token;
 * later, somebody has a copy of it, and every token of the session is revoked.
 */
export async function exchangeRefreshToken(
  connection: Queryable,
  token: string,
  leewaySeconds: number,
): Promise<RefreshOutcome> {
  const session = await lockSession(connection, token)
  if (session === undefined) return notFound()
  if (session.id === null) return noSession()
  const row = await readToken(connection, token, leewaySeconds)
  if (row === undefined) return notFound()
  if (row.is_banned) return refuse('user_banned', 'Invalid Refresh Token: User Banned')
  if (row.expired) return refuse('session_expired', 'Invalid Refresh Token: Session Expired')

  const result = { sessionId: row.session_id, userId: row.user_id }
  if (!row.revoked) {
    await connection.query('update auth.refresh_tokens set revoked = true, updated_at = now() where token = $1', [
      token,
    ])
    const next = await issueRefreshToken(connection, { id: row.session_id, userId: row.user_id }, token)
    return { ...result, token: next }
  }
  const active = row.reusable ? await activeToken(connection, row.session_id) : undefined
  if (active !== undefined) return { ...result, token: active }
  if (!row.reusable) {
    await connection.query(
      'update auth.refresh_tokens set revoked = true, updated_at = now() where session_id = $1 and not revoked',
      [row.session_id],
    )
  }
  return refuse('refresh_token_already_used', 'Invalid Refresh Token: Already Used')
}

// The session is the lock for all of its tokens. Locking a token's row first, then the session, would deadlock with an exchange that
// holds the session and revokes that token.
async function lockSession(connection: Queryable, token: string) {
  if (token.includes('\0')) return undefined
  const { rows } = await connection.query<{ id: string | null }>(
    `select (select s.id from auth.sessions s where s.id = t.session_id for update) as id
       from auth.refresh_tokens t
      where t.token = $1`,
    [token],
  )
  return rows[0]
}

// A statement of its own, after the lock: it sees what the exchange before ours has committed.
async function readToken(connection: Queryable, token: string, leewaySeconds: number) {
  const { rows } = await connection.query<TokenRow>(
    `select t.token, u.id as user_id, t.session_id, coalesce(t.revoked, false) as revoked,
            t.updated_at + $2 * interval '1 second' >= now() as reusable,
            coalesce(s.not_after < now(), false) as expired,
            coalesce(u.banned_until > now(), false) as is_banned
       from auth.refresh_tokens t
       join auth.sessions s on s.id = t.session_id
       join auth.users u on u.id = s.user_id
      where t.token = $1 and u.deleted_at is null`,
    [token, leewaySeconds],
  )
  return rows[0]
}

async function activeToken(connection: Queryable, sessionId: string) {
  const { rows } = await connection.query<{ token: string }>(
    'select token from auth.refresh_tokens where session_id = $1 and not revoked order by id desc limit 1',
    [sessionId],
  )
  return rows[0]?.token
}

/** Notes on the session that it was refreshed, and from where. */
export async function markRefreshed(
  connection: Queryable,
  sessionId: string,
  client: { userAgent: string | undefined; address: string },
): Promise<void> {
  await connection.query(
    // `refreshed_at` has no time zone: Supabase Auth writes UTC into it.
    `update auth.sessions
        set refreshed_at = now() at time zone 'utc', updated_at = now(), user_agent = $2, ip = $3
      where id = $1`,
    [sessionId, client.userAgent ?? null, client.address],
  )
}

function refuse(code: string, message: string): { refusal: AuthError } {
  return { refusal: new AuthError(400, code, message) }
}

function notFound() {
  return refuse('refresh_token_not_found', 'Invalid Refresh Token: Refresh Token Not Found')
}

function noSession() {
  return refuse('session_not_found', 'Invalid Refresh Token: No Valid Session Found')
}
