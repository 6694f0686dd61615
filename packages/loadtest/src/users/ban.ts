import type { Database } from '@journeys/core/ops'

/**
 * What keeps people from signing in as a load-test user. Where tokens are minted, the user never has a password; where they
 * cannot be, it has a random one that only this process knows, until all have signed in. Then, and from the start where tokens
 * are minted, it is banned for a hundred years: Supabase Auth refuses every way in (password, link, code, provider, passkey) and
 * the refresh of a session. PostgREST, Storage and Realtime look only at the token, so the load is not touched by it; Supabase
 * Auth's own `/user` refuses it.
 */
export const banDuration = '876000h'
export const banInterval = '876000 hours'

/** Bans all users of a run in the database, and takes their password away. */
export async function banRun(database: Database, run: string): Promise<void> {
  await database.query(
    `update auth.users
        set encrypted_password = null, banned_until = now() + $2::interval
      where raw_app_meta_data ->> 'journeys_loadtest' = $1`,
    [run, banInterval],
  )
}
