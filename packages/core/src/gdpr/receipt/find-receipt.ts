import { readdir, readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { ExitCode, JourneysError } from '../../errors.ts'

export interface ReceiptText {
  /** Absolute */
  file: string
  text: string
}

/**
 * Reads a receipt by its path, by its file's name in the folder of receipts, or by the id of its erasure, of which it takes the last.
 * @param cwd what a relative path is relative to
 * @throws JourneysError `receipt_not_found` (exit code 2)
 */
export async function findReceipt(
  named: string,
  { cwd, folder }: { cwd: string; folder: string },
): Promise<ReceiptText> {
  const filed = await readdir(folder).catch(() => [])
  const last = filed
    .filter((name) => name.toUpperCase().endsWith(`-${named.toUpperCase()}.JSON`))
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
    .at(-1)
  const candidates = [resolve(cwd, named), join(folder, last ?? basename(named))]
  for (const file of candidates) {
    const text = await readFile(file, 'utf8').catch(() => undefined)
    if (text !== undefined) return { file, text }
  }
  throw new JourneysError('receipt_not_found', `There is no receipt ${named}`, {
    detail: `looked for ${candidates.join(' and ')}`,
    hint: 'name the file, or the erasure: journeys gdpr status lists them; a file that is lost is written again from the database',
    exitCode: ExitCode.usage,
  })
}
