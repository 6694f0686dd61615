import { refusal } from './error.ts'

const units: Record<string, number> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
}

/** Bytes of a size as Storage and the Supabase CLI write it: `10MB`, `50MiB`, `512b`. Undefined when it is none. */
export function parseFileSize(text: string): number | undefined {
  const match = /^(\d{1,9}(?:\.\d{1,6})?)\s?(b|[kmg]i?b)$/i.exec(text.trim())
  const factor = units[match?.[2]?.toLowerCase() ?? '']
  return match === null || factor === undefined ? undefined : Math.floor(Number(match[1]) * factor)
}

/**
 * A bucket's limit in bytes.
 * @param most what no bucket may go beyond
 * @throws StorageError 400 `InvalidRequest`, 413 `EntityTooLarge`
 */
export function fileSizeLimit(given: number | string, most: number): number {
  const bytes = typeof given === 'number' ? given : (parseFileSize(given) ?? Number.NaN)
  if (!Number.isSafeInteger(bytes) || bytes < 0) {
    throw refusal.invalidRequest('Invalid file size format, hint: use 20GB / 20MB / 30KB / 3B')
  }
  if (bytes > most) throw refusal.tooLarge()
  return bytes
}
