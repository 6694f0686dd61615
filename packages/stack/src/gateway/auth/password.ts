import { compare, hash } from 'bcrypt'
import type { AuthSettings } from '../../settings.ts'
import { AuthError } from './error.ts'

const COST = 10
/** bcrypt reads no further; a longer password would be right whatever follows. */
const MAX_BYTES = 72

/** Why a password is too weak. */
export interface WeakPassword {
  message: string
  reasons: string[]
}

const lower = 'abcdefghijklmnopqrstuvwxyz'
const upper = lower.toUpperCase()
const digits = '0123456789'
const symbols = '!@#$%^&*()_+-=[]{};\'\\:"|<>?,./`~'

const characterSets: Record<AuthSettings['password_requirements'], string[]> = {
  '': [],
  letters_digits: [lower + upper, digits],
  lower_upper_letters_digits: [lower, upper, digits],
  lower_upper_letters_digits_symbols: [lower, upper, digits, symbols],
}

/** What the settings have against a password, `undefined` when nothing. */
export function passwordWeakness(password: string, settings: AuthSettings): WeakPassword | undefined {
  const messages: string[] = []
  const reasons: string[] = []
  if (Buffer.byteLength(password) < settings.minimum_password_length) {
    reasons.push('length')
    messages.push(`Password should be at least ${settings.minimum_password_length} characters.`)
  }
  const sets = characterSets[settings.password_requirements]
  if (sets.some((set) => ![...password].some((character) => set.includes(character)))) {
    reasons.push('characters')
    messages.push(`Password should contain at least one character of each: ${sets.join(', ')}.`)
  }
  return reasons.length === 0 ? undefined : { message: messages.join(' '), reasons }
}

/**
 * Refuses a password that cannot or should not be set.
 * @throws AuthError 400 `validation_failed` over 72 bytes, 422 `weak_password` with its reasons
 */
export function checkPassword(password: string, settings: AuthSettings): void {
  checkPasswordLength(password)
  const weakness = passwordWeakness(password, settings)
  if (weakness === undefined) return
  throw new AuthError(422, 'weak_password', weakness.message, {
    fields: { weak_password: { reasons: weakness.reasons } },
  })
}

/** @throws AuthError 400 `validation_failed` over 72 bytes */
export function checkPasswordLength(password: string): void {
  if (Buffer.byteLength(password) > MAX_BYTES) {
    throw new AuthError(400, 'validation_failed', `Password cannot be longer than ${MAX_BYTES} characters`)
  }
}

/** bcrypt, on libuv's thread pool: about 50 ms that hold up nobody else. */
export function hashPassword(password: string): Promise<string> {
  return hash(password, COST)
}

// A well-formed hash that no password gives.
const nobody = `$2b$${COST}$${'.'.repeat(53)}`

/**
 * True when the password gives this hash. Without a hash (nobody of that name, no password set) it takes as long to say no: how long
 * an answer takes must not tell who is registered.
 */
export async function passwordMatches(password: string, hashed: string | null | undefined): Promise<boolean> {
  const possible = Boolean(hashed) && Buffer.byteLength(password) <= MAX_BYTES
  // `$2y$` is PHP's name for what everybody else calls `$2b$`.
  const against = possible ? String(hashed).replace(/^\$2y\$/, '$2b$') : nobody
  const same = await compare(password, against)
  return possible && same
}

/** True for a hash that a password can be checked against. */
export function isBcryptHash(text: string): boolean {
  return /^\$2[aby]\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$/.test(text)
}
