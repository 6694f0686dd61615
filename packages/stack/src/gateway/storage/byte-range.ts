import { refusal } from './error.ts'

export interface ByteRange {
  start: number
  /** The last byte, which is part of it. */
  end: number
}

/**
 * One range of bytes (RFC 9110, 14.1.2); several at once are refused, as Storage does.
 * @throws StorageError 416 `InvalidRange`
 */
export function byteRange(header: string, size: number): ByteRange {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header.trim())
  const [, first = '', last = ''] = match ?? []
  if (match === null || (first === '' && last === '')) throw refusal.invalidRange()
  const start = first === '' ? Math.max(size - Number(last), 0) : Number(first)
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1)
  // Of an empty file, and past the end, there is nothing to give.
  if (start > end || (first === '' && Number(last) === 0)) throw refusal.invalidRange()
  return { start, end }
}
