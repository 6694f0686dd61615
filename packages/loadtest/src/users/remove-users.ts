import type { Database } from '@journeys/core/ops'

/** Of one run, by the mark that only load-test users carry. */
const marked = `select id from auth.users where raw_app_meta_data ->> 'journeys_loadtest' = $1`

/**
 * In this order: purchases would outlive their user without an owner, and entries deleted together go faster than cascaded
 * one user at a time through every partition. The rest (profile, identities, sessions, metrics, rate limits) follows the user.
 */
const statements = [
  `delete from public.purchases where user_id in (${marked})`,
  `delete from public.journal_entries where user_id in (${marked})`,
  `delete from auth.users where raw_app_meta_data ->> 'journeys_loadtest' = $1`,
]

/**
 * Removes a run's users and everything they wrote, in one transaction, and counts what is left.
 * @returns users removed, and those still there (0, or something is wrong)
 */
export async function removeUsers(database: Database, run: string): Promise<{ removed: number; left: number }> {
  const removed = await database.transaction(async (transaction) => {
    let users = 0
    for (const statement of statements) users = (await transaction.query(statement, [run])).rowCount
    return users
  })
  const { rows } = await database.query<{ left: number }>(`select count(*) as left from (${marked}) u`, [run])
  return { removed, left: Number(rows[0]?.left ?? 0) }
}
