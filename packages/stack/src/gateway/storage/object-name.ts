import { refusal } from './error.ts'

// What Storage lets through: the characters that S3 calls safe, and those that it says need care. The hyphen is last, so no range.
const objectName = /^[\w/!.*'() &$=@;:+,?-]+$/
const bucketName = /^[\w!.*'() &$=@;:+,?-]{1,100}$/

/** S3's longest key; a longer one would not fit an index entry either. */
const LONGEST_NAME = 1024

/**
 * True for a name that an object may have. Storage's rule, and stricter in one thing: no path made of it may lead elsewhere
 * (`.` and `..`), since a browser or a proxy that tidies the path up would ask for another object than was meant.
 */
export function isObjectName(name: string): boolean {
  if (name.length > LONGEST_NAME || !objectName.test(name) || name.startsWith('/')) return false
  return !name.split('/').some((part) => part === '.' || part === '..')
}

export function isBucketName(name: string): boolean {
  return bucketName.test(name) && name.trim() === name && name !== '.' && name !== '..'
}

/** @throws StorageError 400 `InvalidKey` */
export function requireObjectName(name: string): void {
  if (!isObjectName(name)) throw refusal.invalidKey(name)
}

/** @throws StorageError 400 `InvalidBucketName` */
export function requireBucketName(name: string): void {
  if (!isBucketName(name)) throw refusal.invalidBucketName()
}

/** What dashboards put into a folder to make it appear: it must be empty, and any type will do. */
export function isFolderPlaceholder(name: string): boolean {
  return name.endsWith('.emptyFolderPlaceholder')
}
