import fc from 'fast-check'
import { expect, test } from 'vitest'
import { closest } from './did-you-mean.ts'
import { duration, flag, listOf, oneOf, parseDuration, wholeNumber } from './flag.ts'
import { resolveFlags } from './usage-error.ts'

test('a number is taken as written in digits, within its bounds, and nothing else is', () => {
  const users = wholeNumber(1, 5000)
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), (n) => {
      expect(users.parse(String(n))).toBe(n)
    }),
  )
  for (const wrong of ['0', '5001', '-1', '1e3', '0x10', '1.5', '', ' 1', 'ten', '9'.repeat(400)]) {
    expect(users.safeParse(wrong).success, wrong).toBe(false)
  }
})

test('a time is read in its unit, parts add up, and a bare number is refused', () => {
  expect(parseDuration('1m30s')).toBe(90_000)
  expect(parseDuration('500ms')).toBe(500)
  expect(parseDuration('1.5h')).toBe(5_400_000)
  for (const wrong of ['5', 's', '5 s', '5d', '-5s', '']) expect(parseDuration(wrong), wrong).toBeUndefined()
  expect(() => duration(1000, 60_000).parse('2m')).toThrow('from 1s to 1m, not \\"2m\\"')
})

test('everything that is wrong is said at once, with what was probably meant', () => {
  const flags = {
    users: flag('--users <n>', '', wholeNumber(1, 10)),
    engine: flag('--engine <name>', '', oneOf(['k6', 'builtin'])),
    only: flag('--only <checks>', '', listOf(['api', 'auth'])),
  }
  const wrong = () => resolveFlags(flags, { users: 'x', engine: 'buildin', only: 'api,aut,auth' })
  expect(wrong).toThrow('--users must be')
  expect(wrong).toThrow('--engine does not take "buildin"')
  expect(wrong).toThrow(
    expect.objectContaining({ exitCode: 2, hint: expect.stringContaining('did you mean builtin?') }),
  )
  expect(resolveFlags(flags, { users: '3', engine: 'k6', only: 'auth, api,auth' })).toEqual({
    users: 3,
    engine: 'k6',
    only: ['auth', 'api'],
  })
})

test('a word is only suggested when it is near', () => {
  expect(closest('helth', ['health', 'reset'])).toBe('health')
  expect(closest('spkie', ['load', 'spike'])).toBe('spike')
  expect(closest('anon', ['anonymize', 'run'])).toBe('anonymize')
  expect(closest('frobnicate', ['health', 'reset'])).toBeUndefined()
  fc.assert(
    fc.property(fc.string(), fc.array(fc.string()), (typed, words) => {
      const meant = closest(typed, words)
      expect(meant === undefined || words.includes(meant)).toBe(true)
    }),
  )
})
