import { expect, test } from 'vitest'
import { rateLimit } from './rate-limit.ts'

test('an address is refused once it has used up its window, and let in again after it', () => {
  let now = 1
  const limit = rateLimit(2, { windowMs: 60_000, now: () => now })
  limit.take('a')
  now += 30_000
  limit.take('a')
  expect(() => limit.take('a')).toThrow(
    expect.objectContaining({ status: 429, code: 'over_request_rate_limit', retryAfter: 30 }),
  )
  limit.take('b')
  now += 30_001
  limit.take('a')
})

test('a limit of none lets nobody in', () => {
  expect(() => rateLimit(0).take('a')).toThrow(expect.objectContaining({ status: 429 }))
})
