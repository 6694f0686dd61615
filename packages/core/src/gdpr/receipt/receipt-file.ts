import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { renderReceiptPage } from './page.ts'
import { type Receipt, receiptSchema } from './receipt.ts'

export interface ReceiptFiles {
  /** The signed text, byte for byte, and a line's end. */
  receiptFile: string
  /** The same for a person to read, print and file. */
  pageFile: string
}

/** `…/0007-E-7F3AC1B2.json`: in the order of the chain. */
export function receiptFiles(folder: string, { seq, erasure }: Pick<Receipt, 'seq' | 'erasure'>): ReceiptFiles {
  const name = `${String(seq).padStart(4, '0')}-${erasure}`
  return { receiptFile: join(folder, `${name}.json`), pageFile: join(folder, `${name}.html`) }
}

/** Puts a receipt and its page into the folder, readable by their owner alone. What is there already is left as it is. */
export async function fileReceipt(folder: string, text: string): Promise<ReceiptFiles> {
  const receipt = receiptSchema.parse(JSON.parse(text))
  const files = receiptFiles(folder, receipt)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeWhole(files.receiptFile, `${text}\n`)
  await writeWhole(files.pageFile, renderReceiptPage(receipt))
  return files
}

/**
 * A file is there whole or not at all, whatever dies meanwhile. One that is there and says something else is evidence: `gdpr verify`
 * tells it from the database's copy, and nothing here may put that right in silence.
 */
async function writeWhole(file: string, content: string): Promise<void> {
  if (existsSync(file)) return
  const draft = `${file}.${randomBytes(4).toString('hex')}.part`
  try {
    const handle = await open(draft, 'wx', 0o600)
    try {
      await handle.writeFile(content)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(draft, file)
  } finally {
    await rm(draft, { force: true })
  }
}
