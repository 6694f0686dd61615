import { z } from 'zod'
import { storageItself } from './caller.ts'
import { callerOf, type StorageAction, type StorageContext } from './context.ts'
import { refusal } from './error.ts'
import { isVersion } from './file-store.ts'
import { deleteObjects, findObject, type ObjectRow } from './object-row.ts'
import { requestBody } from './request-body.ts'

// The row goes first, and its file once that is committed: what nobody can ask for any more may lie about until the sweep, while a
// row must never lose its file to a removal that was undone.

/** Removes the files of rows that are gone. One that resists is found by the sweep. */
export async function removeFiles(context: StorageContext, removed: readonly ObjectRow[]): Promise<void> {
  for (const { version } of removed) {
    if (version !== null && isVersion(version)) await context.files.remove(version).catch(() => undefined)
  }
}

const namesSchema = z.object({ prefixes: z.array(z.string()).min(1).max(1000) })

/** Removes those of the named objects that the caller may remove, and answers with them. Storage calls them prefixes; they are names. */
export const removeObjects: StorageAction = async (context, request) => {
  const { prefixes } = await requestBody(request.exchange, namesSchema)
  const removed = await context.database.as(callerOf(request), request.operation, (transaction) =>
    deleteObjects(transaction, request.bucket, prefixes),
  )
  await removeFiles(context, removed)
  return removed
}

export const removeObject: StorageAction = async (context, request) => {
  const { bucket, name } = request
  const removed = await context.database.as(storageItself, request.operation, async (transaction) => {
    if ((await findObject(transaction, bucket, name)) === undefined) throw refusal.noSuchKey()
    await transaction.become(callerOf(request))
    const rows = await deleteObjects(transaction, bucket, [name])
    if (rows.length === 0) throw refusal.denied('Access denied')
    return rows
  })
  await removeFiles(context, removed)
  return { message: 'Successfully deleted' }
}
