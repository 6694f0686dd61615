import { sqlState } from '../../database/database-error.ts'
import { readKeptScores } from '../rows/kept-scores.ts'
import { notHeld } from './account.ts'
import { treatTable } from './batch.ts'
import { readHeld } from './held-tables.ts'
import type { ErasureRun, StepDetail } from './step.ts'
import { rowsStep } from './step-order.ts'

/** Treats one table, unless a legal hold keeps it: one that was placed since the erasure began counts, too. */
export async function eraseRows(run: ErasureRun, name: string): Promise<StepDetail> {
  const { session, userId, tables, entry, owner } = run
  const table = tables.find((one) => one.table === name)
  // A migration took it away meanwhile: it holds nothing any more.
  if (table === undefined) return { gone: true }
  const isHeld = async () => notHeld([table], await readHeld(session, userId)).length === 0
  if (await isHeld()) return { held: true }
  const scores =
    entry.options.keepStatistics && name === 'public.journal_entries'
      ? await readKeptScores(session, owner, run.context.config.gdpr.kAnonymity)
      : undefined
  try {
    await treatTable(run, rowsStep(name), table, scores)
    return {}
  } catch (error) {
    // Placed between two batches: the database refused the next one.
    if (sqlState(error) === '42501' && (await isHeld())) return { held: true }
    throw error
  }
}
