import type { Database } from '@journeys/core/ops'

/**
 * Removes a run's users, known by the mark that only load-test users carry, and everything they wrote, in one transaction. Then
 * counts what is left.
 *
 * The users are locked first: a request that is still under way in the server then waits for the end of the transaction and fails,
 * instead of leaving a purchase without an owner. Purchases would outlive their user; entries deleted together go faster than
 * cascaded one user at a time through every partition. The rest (profile, identities, sessions, metrics) follows the user.
 * @returns users removed; users and rows still there (0, or something is wrong)
 */
export async function removeUsers(database: Database, run: string): Promise<{ removed: number; left: number }> {
  const { ids, removed } = await database.transaction(async (transaction) => {
    const locked = await transaction.query<{ id: string }>(
      `select id from auth.users where raw_app_meta_data ->> 'journeys_loadtest' = $1 for update`,
      [run],
    )
    const ids = locked.rows.map(({ id }) => id)
    await transaction.query('delete from public.purchases where user_id = any($1)', [ids])
    await transaction.query('delete from public.journal_entries where user_id = any($1)', [ids])
    const { rowCount } = await transaction.query('delete from auth.users where id = any($1)', [ids])
    return { ids, removed: rowCount }
  })
  const { rows } = await database.query<{ left: string }>(
    `select (select count(*) from auth.users where raw_app_meta_data ->> 'journeys_loadtest' = $1)
          + (select count(*) from public.profiles where user_id = any($2))
          + (select count(*) from public.purchases where user_id = any($2))
          + (select count(*) from public.journal_entries where user_id = any($2)) as left`,
    [run, ids],
  )
  return { removed, left: Number(rows[0]?.left ?? 0) }
}
