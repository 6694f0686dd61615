import { JourneysError } from '../errors.ts'
import { beginErasing } from './erasure/batch.ts'
import { unlessBlocked } from './erasure/blockers.ts'
import type { GdprContext } from './erasure/context.ts'
import { treatedTables } from './erasure/step-order.ts'
import { personalDataMap } from './map.ts'
import { readPersonTables } from './rows/read-person-tables.ts'
import { treatRows } from './rows/treat-rows.ts'
import { personFiles, removePersonFiles } from './storage-files.ts'

/** Rows a transaction. */
const batch = 500

/**
 * Removes rows and files of somebody who has no account: they came back without it, from a backup of their own. There is nobody to
 * plan for, to lock out or to search for by name, so this is written into the audit log and gets no receipt.
 * @throws JourneysError `storage_key_missing`, `storage_incomplete`
 */
export async function eraseRemains(context: GdprContext, userId: string): Promise<void> {
  const { database, config, storage, actor } = context
  const map = personalDataMap(config.personalData)
  const { tables } = await readPersonTables(database, map)
  const rows = await database.session(async (session) => {
    let total = 0
    for (const table of treatedTables(tables)) {
      let treated: number
      do {
        context.signal?.throwIfAborted()
        treated = await unlessBlocked({ database, session }, () =>
          session.transaction(async (transaction) => {
            await beginErasing(transaction, userId)
            return await treatRows(transaction, table, { id: userId, emails: [] }, { limit: batch })
          }),
        )
        total += treated
        context.onProgress?.({ step: 'remains', done: total, unit: 'rows' })
      } while (treated === batch)
    }
    return total
  })
  await database.query("select private.record_audit('user.erase', $1::uuid, $2::jsonb, $3)", [
    userId,
    JSON.stringify({ remains: true, rows }),
    actor,
  ])
  if (storage === undefined) {
    if ((await personFiles(database, userId, 1)).length > 0) {
      throw new JourneysError('storage_key_missing', 'There are files, and no key for the Storage API is at hand', {
        hint: `put SUPABASE_SERVICE_ROLE_KEY into the environment or into .env.${context.environment.name}`,
      })
    }
    return
  }
  await removePersonFiles(database, storage, userId, { signal: context.signal })
}
