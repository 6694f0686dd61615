import { notHeld } from './account.ts'
import { beginErasing, treatTable } from './batch.ts'
import { unlessBlocked } from './blockers.ts'
import { readHeld } from './held-tables.ts'
import type { ErasureRun, StepDetail } from './step.ts'
import { isAdmission, treatedTables } from './step-order.ts'

/**
 * Takes every way in: no new token from now on. One that was issued before reads and writes nothing since the step `open` placed its
 * restriction.
 */
export async function endSessions(run: ErasureRun): Promise<StepDetail> {
  const { context, session, userId, tables } = run
  await unlessBlocked({ database: context.database, session }, () =>
    session.transaction(async (transaction) => {
      await beginErasing(transaction, userId)
      // A sign-in that is under way ends before, and its session goes below; the next one reads the ban. Not 'infinity': Supabase
      // Auth answers with this time, and JSON has no word for that one.
      await transaction.query('select from auth.users where id = $1::uuid for update', [userId])
      await transaction.query(
        "update auth.users set banned_until = date_trunc('day', now()) + interval '100 years' where id = $1::uuid",
        [userId],
      )
    }),
  )
  const held = await readHeld(session, userId)
  for (const table of notHeld(treatedTables(tables).filter(isAdmission), held)) {
    await treatTable(run, 'sessions', table)
  }
  return {}
}
