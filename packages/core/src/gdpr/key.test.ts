import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { gdprKeyOf, gdprKeysOf, keyWithId, newGdprSecret, requireGdprKeys, verifySignature } from './key.ts'

const secret = newGdprSecret()
const key = gdprKeyOf(secret)
const anna = '4b0e0000-0000-4000-8000-0000000000ab'

describe('one secret', () => {
  test('always gives the same key, and another secret another', () => {
    const other = gdprKeyOf(newGdprSecret())
    expect(gdprKeyOf(` ${secret}=\n`).id).toBe(key.id)
    expect(key.id).toMatch(/^[0-9a-f]{16}$/)
    expect(Buffer.from(key.publicKey, 'base64url')).toHaveLength(32)
    expect(other.id).not.toBe(key.id)
    expect(other.subjectHash(anna)).not.toBe(key.subjectHash(anna))
  })

  test('hashes a person alike however the uuid is written, and two people apart', () => {
    expect(key.subjectHash(anna.toUpperCase())).toBe(key.subjectHash(anna))
    expect(key.subjectHash(anna)).toMatch(/^[0-9a-f]{64}$/)
    expect(key.subjectHash(anna.replace('ab', 'ac'))).not.toBe(key.subjectHash(anna))
  })

  test('is never printed with what it gives', () => {
    expect(JSON.stringify(key) + String(key)).not.toContain(secret)
  })

  test.each(['', 'short', `${secret}A`, secret.slice(1), `${secret.slice(0, -1)}!`, secret.replace(/.$/, ' ')])(
    'that is no key is refused without being repeated: %j',
    (wrong) => {
      expect(() => gdprKeyOf(wrong)).toThrowError(expect.objectContaining({ code: 'gdpr_key_malformed', exitCode: 2 }))
      try {
        gdprKeyOf(wrong)
      } catch (error) {
        const { message, detail, hint } = error as { message: string; detail: string; hint: string }
        if (wrong !== '') expect(`${message} ${detail} ${hint}`).not.toContain(wrong)
      }
    },
  )
})

test('what is sealed is read by its key alone, and by nobody after a changed byte', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(), (text, at) => {
      const sealed = key.seal(text)
      expect(key.unseal(sealed)).toBe(text)
      const changed = Buffer.from(sealed)
      const index = at % changed.length
      changed[index] = (changed[index] ?? 0) ^ 1
      expect(() => key.unseal(changed)).toThrowError(expect.objectContaining({ code: 'gdpr_seal_broken' }))
      expect(() => key.unseal(sealed.subarray(0, at % sealed.length))).toThrowError()
    }),
  )
  expect(() => gdprKeyOf(newGdprSecret()).unseal(key.seal('x'))).toThrowError()
  expect(key.seal('x').equals(key.seal('x'))).toBe(false)
})

test('a signature holds for these bytes and this public key, and for nothing else', () => {
  const bytes = randomBytes(100)
  const signature = key.sign(bytes)
  expect(verifySignature(key.publicKey, bytes, signature)).toBe(true)
  expect(verifySignature(key.publicKey, Buffer.concat([bytes, Buffer.of(0)]), signature)).toBe(false)
  expect(verifySignature(gdprKeyOf(newGdprSecret()).publicKey, bytes, signature)).toBe(false)
  for (const wrong of ['', 'AAAA', `${key.publicKey}AA`]) expect(verifySignature(wrong, bytes, signature)).toBe(false)
  expect(verifySignature(key.publicKey, bytes, signature.subarray(1))).toBe(false)
})

describe('the keys of an environment', () => {
  test('are the one in use and those before it, each once', () => {
    const old = newGdprSecret()
    const keys = requireGdprKeys({ name: 'live', gdprKey: secret, gdprOldKeys: ` ${old}, ${secret},, ` })
    expect(keys.current.id).toBe(key.id)
    expect(keys.all.map(({ id }) => id)).toEqual([key.id, gdprKeyOf(old).id])
    expect(keyWithId(keys, gdprKeyOf(old).id).publicKey).toBe(gdprKeyOf(old).publicKey)
  })

  test('that are missing say where to put them', () => {
    expect(() => requireGdprKeys({ name: 'live' })).toThrowError(
      expect.objectContaining({
        code: 'gdpr_key_missing',
        exitCode: 2,
        hint: expect.stringContaining('journeys gdpr key --new --env live'),
      }),
    )
    expect(() => keyWithId(gdprKeysOf([secret]), '0123456789abcdef')).toThrowError(
      expect.objectContaining({ code: 'gdpr_key_missing', message: expect.stringContaining('0123456789abcdef') }),
    )
  })
})
