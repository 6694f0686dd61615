import { expect, test } from 'vitest'
import { parseSettings } from '../../settings.ts'
import { checkPassword, hashPassword, isBcryptHash, passwordMatches, passwordWeakness } from './password.ts'

const { auth: settings } = parseSettings('')

test('every rule that a password breaks is named', () => {
  const strict = { ...settings, minimum_password_length: 8, password_requirements: 'letters_digits' as const }
  expect(passwordWeakness('short', strict)).toEqual({
    message: expect.stringMatching(/at least 8 characters.*at least one character of each/),
    reasons: ['length', 'characters'],
  })
  expect(passwordWeakness('long enough 1', strict)).toBeUndefined()
})

test('what bcrypt would not read is refused, counted in bytes', () => {
  expect(() => checkPassword('ü'.repeat(37), settings)).toThrow(
    expect.objectContaining({ status: 400, code: 'validation_failed' }),
  )
  checkPassword('ü'.repeat(36), settings)
})

test('a hash fits its password only, from whichever program it comes', async () => {
  const hash = await hashPassword('a\0b')
  expect(isBcryptHash(hash)).toBe(true)
  expect(await passwordMatches('a\0b', hash)).toBe(true)
  expect(await passwordMatches('a\0c', hash)).toBe(false)
  expect(await passwordMatches('a\0b', hash.replace('$2b$', '$2y$'))).toBe(true)
  const long = await hashPassword('x'.repeat(72))
  expect(await passwordMatches('x'.repeat(73), long)).toBe(false)
})

test('nobody takes as long to compare as somebody', async () => {
  const hash = await hashPassword('password')
  const time = async (against: string | null) => {
    const started = performance.now()
    for (let at = 0; at < 4; at++) expect(await passwordMatches('wrong', against)).toBe(false)
    return performance.now() - started
  }
  const [somebody, nobody, empty] = [await time(hash), await time(null), await time('')]
  expect(nobody).toBeGreaterThan(somebody / 3)
  expect(empty).toBeGreaterThan(somebody / 3)
})
