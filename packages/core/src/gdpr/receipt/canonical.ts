import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import type { Receipt, ReceiptContent } from './receipt.ts'

/** JSON of which there is exactly one for the same content: RFC 8785. What is signed and hashed is this text in UTF-8. */
export function canonicalJson(content: object): string {
  const text = canonicalize(content)
  if (text === undefined) throw new TypeError('there is no JSON of this')
  return text
}

/** What the signature of a receipt is over: everything but the signature. */
export function signedBytes(receipt: ReceiptContent | Receipt): Buffer {
  const { signature: _, ...content } = receipt as Receipt
  return Buffer.from(canonicalJson(content), 'utf8')
}

/** What the next receipt names this one by: SHA-256 of its text, 64 hex digits. */
export function receiptHash(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex')
}
