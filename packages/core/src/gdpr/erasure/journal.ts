import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { ExitCode, JourneysError } from '../../errors.ts'
import type { LedgerEntry } from '../ledger.ts'
import { journalName } from '../replay-journal.ts'

/**
 * Adds an erasure to the list beside the receipts, and returns when it is on the disk: it knows of erasures that a restored
 * database has never heard of.
 * @throws JourneysError `journal_not_written` (exit code 1)
 */
export async function appendToJournal(folder: string, entry: LedgerEntry): Promise<void> {
  const file = join(folder, journalName)
  const line = JSON.stringify({
    erasure: entry.id,
    subjectHash: entry.subjectHash,
    keyId: entry.keyId,
    openedAt: entry.openedAt.toISOString(),
    planId: entry.planId,
  })
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const handle = await open(file, 'a+', 0o600)
    try {
      const { size } = await handle.stat()
      const last = Buffer.alloc(1)
      if (size > 0) await handle.read(last, 0, 1, size - 1)
      // After a line that a kill cut off, the next one begins on its own.
      const start = size > 0 && last.toString() !== '\n' ? '\n' : ''
      await handle.appendFile(`${start}${line}\n`)
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch (cause) {
    throw new JourneysError('journal_not_written', `${file} cannot be written; nothing was changed`, {
      detail: cause instanceof Error ? cause.message : String(cause),
      hint: 'make the folder writable, or name another one as gdpr.folder in journeys.config.json',
      exitCode: ExitCode.failed,
      cause,
    })
  }
}
