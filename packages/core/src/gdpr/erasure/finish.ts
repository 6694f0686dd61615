import type { Queryable } from '../../database/connection.ts'
import { JourneysError } from '../../errors.ts'
import type { LedgerEntry } from '../ledger.ts'
import { fileReceipt, type ReceiptFiles } from '../receipt/receipt-file.ts'
import { writeReceipt } from '../receipt/write-receipt.ts'
import type { Held } from './held-tables.ts'
import type { Verification } from './outcome.ts'
import { type ErasureRun, endStep, type StepDetail } from './step.ts'

/**
 * Signs the receipt and says "done", or "partial", in one transaction: neither is ever there without the other.
 * @param held what the account was kept for; null: it is gone
 */
export async function signReceipt(run: ErasureRun, verification: Verification, held: Held | null): Promise<StepDetail> {
  const { session, context, entry, userId } = run
  return await session.transaction(async (transaction) => {
    const outcome = held === null ? 'done' : 'partial'
    if (held === null) await requireGone(transaction, userId)
    const finishedAt = new Date()
    const used = new Set(verification.dismissed.map(({ id }) => id))
    const { hash } = await writeReceipt(transaction, context, {
      erasure: entry.id,
      outcome,
      finishedAt,
      search: verification.report,
      storage: verification.storage,
      dismissed: (entry.options.dismissed ?? []).filter(({ finding }) => used.has(finding)),
      held: held?.holds ?? [],
    })
    await transaction.query(
      outcome === 'done'
        ? "update private.erasure_ledger set state = 'done', user_id = null, sealed = null, finished_at = $2 where id = $1"
        : "update private.erasure_ledger set state = 'partial', finished_at = $2 where id = $1",
      [entry.id, finishedAt],
    )
    await endStep(transaction, entry.id, 'receipt', { hash })
    return { hash }
  })
}

/** The last word is the database's: nothing that went wrong before may end as "done". */
async function requireGone(transaction: Queryable, userId: string): Promise<void> {
  const { rows } = await transaction.query('select from auth.users where id = $1::uuid', [userId])
  if (rows.length === 0) return
  throw new JourneysError('account_remains', 'The account is still there, although it was deleted', {
    detail: 'somebody brought it back while the database was searched',
  })
}

/** Puts every receipt of this erasure into the folder that is not there, and says where the last one is. */
export async function fileReceipts(
  queryable: Queryable,
  folder: string,
  entry: Pick<LedgerEntry, 'id'>,
): Promise<Partial<ReceiptFiles>> {
  const { rows } = await queryable.query<{ body: string }>(
    'select body from private.erasure_receipts where erasure_id = $1 and body is not null order by seq',
    [entry.id],
  )
  let last: Partial<ReceiptFiles> = {}
  for (const { body } of rows) last = await fileReceipt(folder, body)
  return last
}
