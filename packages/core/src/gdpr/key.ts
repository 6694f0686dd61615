import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  randomBytes,
  sign,
  verify,
} from 'node:crypto'
import type { Environment } from '../config/environment.ts'
import { ExitCode, JourneysError } from '../errors.ts'

/** What one secret gives: the hash that stands for a person, the seal on what an erasure still needs, and the signature of receipts. */
export interface GdprKey {
  /** The first 16 hex digits of the SHA-256 of the raw public key. */
  id: string
  /** Ed25519, 32 raw bytes as base64url: to be published, so that anybody can check a receipt. */
  publicKey: string
  /** HMAC-SHA256 of the lower-case uuid, 64 hex digits: without the key nobody finds out whose it is by trying ids. */
  subjectHash(userId: string): string
  /** AES-256-GCM: unreadable, and unchangeable, without the key. */
  seal(text: string): Buffer
  /** @throws JourneysError `gdpr_seal_broken` for what another key sealed, or somebody changed */
  unseal(sealed: Uint8Array): string
  /** Ed25519, 64 bytes */
  sign(bytes: Uint8Array): Buffer
}

/** The key that signs today, and those before it, which old ledger entries and receipts were made with. */
export interface GdprKeys {
  current: GdprKey
  /** The current one first. */
  all: readonly GdprKey[]
}

/** RFC 8410, section 7: what stands before the 32 bytes of an Ed25519 private key in PKCS #8, and of a public one in SPKI. */
const privateKeyPrefix = Buffer.from('302e020100300506032b657004220420', 'hex')
const publicKeyPrefix = Buffer.from('302a300506032b6570032100', 'hex')

const sealVersion = 1
const nonceBytes = 12
const tagBytes = 16

/** A new secret for `JOURNEYS_GDPR_KEY`: 32 random bytes as base64url. */
export function newGdprSecret(): string {
  return randomBytes(32).toString('base64url')
}

/**
 * Derives the three keys of a secret (HKDF-SHA256, RFC 5869: none of them tells anything about another).
 * @param secret 32 bytes as base64url, as {@link newGdprSecret} makes it
 * @throws JourneysError `gdpr_key_malformed` (exit code 2), never with the secret in it
 */
export function gdprKeyOf(secret: string): GdprKey {
  const bytes = secretBytes(secret)
  const derived = (purpose: string) => Buffer.from(hkdfSync('sha256', bytes, '', `journeys/gdpr/${purpose}/1`, 32))
  const hashKey = derived('subject-hash')
  const sealKey = derived('seal')
  const privateKey = createPrivateKey({
    key: Buffer.concat([privateKeyPrefix, derived('signature')]),
    format: 'der',
    type: 'pkcs8',
  })
  const rawPublicKey = createPublicKey(privateKey)
    .export({ format: 'der', type: 'spki' })
    .subarray(publicKeyPrefix.length)
  return {
    id: createHash('sha256').update(rawPublicKey).digest('hex').slice(0, 16),
    publicKey: rawPublicKey.toString('base64url'),
    subjectHash: (userId) => createHmac('sha256', hashKey).update(userId.toLowerCase()).digest('hex'),
    seal: (text) => sealed(sealKey, text),
    unseal: (box) => unsealed(sealKey, Buffer.from(box)),
    sign: (message) => sign(null, message, privateKey),
  }
}

/**
 * Whether `signature` is that of these bytes by the owner of this public key.
 * @param publicKey 32 raw bytes as base64url. A malformed one signs nothing: false
 */
export function verifySignature(publicKey: string, bytes: Uint8Array, signature: Uint8Array): boolean {
  const raw = Buffer.from(publicKey, 'base64url')
  if (raw.length !== 32) return false
  try {
    const key = createPublicKey({ key: Buffer.concat([publicKeyPrefix, raw]), format: 'der', type: 'spki' })
    return verify(null, bytes, key, signature)
  } catch {
    return false
  }
}

/**
 * @param secrets the current one first; the same one twice counts once
 * @throws JourneysError as {@link gdprKeyOf}
 */
export function gdprKeysOf(secrets: readonly [string, ...string[]]): GdprKeys {
  const current = gdprKeyOf(secrets[0])
  const byId = new Map([current, ...secrets.slice(1).map(gdprKeyOf)].map((key) => [key.id, key]))
  return { current, all: [...byId.values()] }
}

/**
 * The keys of an environment, from `JOURNEYS_GDPR_KEY` and `JOURNEYS_GDPR_OLD_KEYS`.
 * @throws JourneysError `gdpr_key_missing`, `gdpr_key_malformed` (exit code 2)
 */
export function requireGdprKeys(environment: Pick<Environment, 'name' | 'gdprKey' | 'gdprOldKeys'>): GdprKeys {
  const { name, gdprKey, gdprOldKeys } = environment
  if (gdprKey === undefined) {
    throw new JourneysError('gdpr_key_missing', `JOURNEYS_GDPR_KEY is not set for environment ${name}`, {
      detail: 'the ledger of erasures holds people as hashes under this key, and receipts are signed with it',
      hint: `put the key of ${name} into the environment or into .env.${name}; if there never was one: journeys gdpr key --new --env ${name}`,
      exitCode: ExitCode.usage,
    })
  }
  return gdprKeysOf([gdprKey, ...splitSecrets(gdprOldKeys)])
}

/** `a,b` → the secrets in it. */
export function splitSecrets(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
}

/**
 * The key with this id.
 * @throws JourneysError `gdpr_key_missing` (exit code 2), naming the id: what was made with it can be neither read nor proven
 */
export function keyWithId(keys: GdprKeys, id: string): GdprKey {
  const key = keys.all.find((one) => one.id === id)
  if (key !== undefined) return key
  throw new JourneysError('gdpr_key_missing', `The ledger was written with key ${id}, which is not at hand`, {
    detail: `at hand: ${keys.all.map((one) => one.id).join(', ')}`,
    hint: 'put the key that was in use before into JOURNEYS_GDPR_OLD_KEYS (several with commas between them), then: journeys gdpr key',
    exitCode: ExitCode.usage,
  })
}

function secretBytes(secret: string): Buffer {
  const text = secret.trim().replace(/=$/, '')
  const bytes = Buffer.from(text, 'base64url')
  if (/^[\w-]{43}$/.test(text) && bytes.length === 32) return bytes
  throw new JourneysError('gdpr_key_malformed', 'The key of erasures is not 32 bytes in base64url', {
    detail: `43 letters, digits, - and _ are expected; it has ${text.length} characters`,
    hint: 'copy JOURNEYS_GDPR_KEY again from where it is kept; journeys gdpr key --new makes one where there never was one',
    exitCode: ExitCode.usage,
  })
}

function sealed(key: Buffer, text: string): Buffer {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
  const content = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([Buffer.of(sealVersion), nonce, cipher.getAuthTag(), content])
}

function unsealed(key: Buffer, box: Buffer): string {
  const tagAt = 1 + nonceBytes
  try {
    if (box[0] !== sealVersion) throw new Error(`sealed in form ${box[0]}`)
    const decipher = createDecipheriv('aes-256-gcm', key, box.subarray(1, tagAt), { authTagLength: tagBytes })
    decipher.setAuthTag(box.subarray(tagAt, tagAt + tagBytes))
    return Buffer.concat([decipher.update(box.subarray(tagAt + tagBytes)), decipher.final()]).toString('utf8')
  } catch (cause) {
    throw new JourneysError('gdpr_seal_broken', 'What the ledger keeps sealed cannot be opened', {
      detail: 'another key sealed it, or somebody changed it',
      hint: 'journeys gdpr key says with which keys the ledger was written',
      cause,
    })
  }
}
