import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { OutageLog } from './outage-log.ts'

describe('the log of an outage', () => {
  test('the first success is of a request that was sent after the first failure', () => {
    const log = new OutageLog(1000)
    log.request(900, true, 5)
    log.request(1010, false, 20)
    log.request(1100, true, 30)
    log.request(1150, false, 80)
    log.request(1200, true, 10)
    log.request(2750, false, 1600)
    log.request(2800, false, 40)
    expect(log.since(1000)).toEqual({ failed: 2, firstFailureMs: 1100, firstSuccessMs: 2750 })
  })

  test('nothing failed, nothing came back', () => {
    const log = new OutageLog(1000)
    expect(log.since(1000)).toEqual({ failed: 0 })
    log.request(1500, false, 10)
    expect(log.since(1000)).toEqual({ failed: 0 })
    log.request(1600, true, 10)
    expect(log.since(1000)).toEqual({ failed: 1, firstFailureMs: 1600 })
  })

  test('answers may be told in any order', () => {
    const sample = fc.record({
      at: fc.integer({ min: 0, max: 9000 }),
      failed: fc.boolean(),
      ms: fc.integer({ min: 0, max: 900 }),
    })
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 60 }), fc.nat(), (samples, turn) => {
        const [one, other] = [new OutageLog(1000), new OutageLog(1000)]
        for (const { at, failed, ms } of samples) one.request(at, failed, ms)
        const shift = samples.length === 0 ? 0 : turn % samples.length
        for (const { at, failed, ms } of [...samples.slice(shift), ...samples.slice(0, shift)].reverse()) {
          other.request(at, failed, ms)
        }
        expect(other.since(1200)).toEqual(one.since(1200))
      }),
    )
  })

  test('a long wait before the first failure costs no memory and is not forgotten', () => {
    const log = new OutageLog(0)
    for (let at = 0; at < 100_000; at++) log.request(at, false, 5)
    log.request(100_001, true, 5)
    log.request(100_100, false, 5)
    expect(log.since(0)).toEqual({ failed: 1, firstFailureMs: 100_001, firstSuccessMs: 100_100 })
  })
})
