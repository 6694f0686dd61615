import fc from 'fast-check'
import { expect, test } from 'vitest'
import { banMilliseconds } from './duration.ts'
import { AuthError } from './error.ts'

test.each([
  ['none', 0],
  ['0', 0],
  ['24h', 86_400_000],
  ['1h30m', 5_400_000],
  ['1.5h', 5_400_000],
  ['300ms', 300],
  ['-2s', -2000],
])('%s is %d ms', (text, ms) => {
  expect(banMilliseconds(text)).toBe(ms)
})

test.each(['', '1', 'h', '1d', '1h 30m', '1e3s', `${'9'.repeat(30)}h`])('%j is refused', (text) => {
  expect(() => banMilliseconds(text)).toThrow(expect.objectContaining({ status: 400, code: 'validation_failed' }))
})

test('any other text is a number or a refusal, never anything else', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        expect(Number.isFinite(banMilliseconds(text))).toBe(true)
      } catch (error) {
        expect(error).toBeInstanceOf(AuthError)
      }
    }),
  )
})
