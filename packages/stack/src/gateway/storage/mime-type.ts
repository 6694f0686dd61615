import { refusal } from './error.ts'

/** What a bucket may list: a type, or `image/*`. */
const listed = /^[a-z0-9+.-]+\/([a-z0-9+.-]+(;\s*charset=[a-z0-9-]+)?|\*)$/i

/** @throws StorageError 415 `InvalidMimeType` */
export function requireMimeTypes(types: readonly string[]): void {
  for (const type of types) {
    if (type.length > 1000 || !listed.test(type)) throw refusal.invalidMimeType(type.slice(0, 100))
  }
}

/**
 * @param allowed the bucket's list; null or empty allows everything
 * @throws StorageError 415 `InvalidMimeType`
 */
export function requireAllowedType(mimeType: string, allowed: readonly string[] | null): void {
  if (allowed === null || allowed.length === 0) return
  const [type = '', subtype] = mimeType.split('/')
  const fits = allowed.some((one) => {
    const [allowedType, allowedSubtype] = one.split('/')
    return allowedType === type && (allowedSubtype === '*' || allowedSubtype === subtype)
  })
  if (subtype === undefined || !fits) throw refusal.invalidMimeType(mimeType)
}
