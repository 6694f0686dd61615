import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TimelinePoint } from '../result.ts'
import { secondsUntilSettled, settlingRule, usualPerSecond } from './settling.ts'

const slo = { p95Ms: 200, errorRate: 0.02 }

describe('when the service level is back', () => {
  test('after seven slow seconds it is back after seven seconds', () => {
    expect(settled('.......++++++++++++')).toBe(7)
  })

  test('it was never gone', () => {
    expect(settled('++++++++++')).toBe(0)
  })

  test('one slow second among good ones is chance', () => {
    expect(settled('...++++++.+++++++')).toBe(3)
  })

  test('a relapse counts: it has to stay', () => {
    expect(settled('..+++++++..++++++++')).toBe(11)
    expect(settled('..+++++++.+.+++++++')).toBe(10)
  })

  test('five seconds have to be seen, else it is not known', () => {
    expect(settled('.....++++')).toBeUndefined()
    expect(settled('.....+++++')).toBe(5)
    expect(settled('')).toBeUndefined()
    expect(settled('..........')).toBeUndefined()
  })

  test('fast answers that are errors do not hold', () => {
    expect(settled('eee++++++')).toBe(3)
  })

  test('a second without any answer is a stand-still under load, and says nothing without load', () => {
    expect(settled('   ++++++', 50)).toBe(3)
    expect(settled('+ + + +++', 0.5)).toBe(0)
  })

  test('counts from within a second, and from where it was seen to break', () => {
    const points = timeline('+++.++++++++')
    expect(secondsUntilSettled(points, { from: 2.9, to: 12, slo, usualPerSecond: 50 })).toBe(0)
    expect(secondsUntilSettled(points, { from: 2.9, brokenAt: 3.1, to: 12, slo, usualPerSecond: 50 })).toBeCloseTo(1.1)
  })

  test('whatever happened, the second it names holds, and from it on no five seconds miss it twice', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('.', '+', 'e'), maxLength: 40 }), (text) => {
        const seconds = settled(text)
        if (seconds === undefined) return
        expect(text[seconds]).toBe('+')
        for (let at = seconds; at < text.length; at++) {
          expect([...text.slice(at, at + 5)].filter((mark) => mark !== '+').length).toBeLessThan(2)
        }
      }),
    )
  })

  test('the usual number of answers is that of an ordinary second', () => {
    const points = [40, 50, 60, 0, 50].map((requests, second) => ({ ...point('+', second), requests, phase: 'before' }))
    expect(usualPerSecond(points, 'before')).toBe(50)
    expect(usualPerSecond(points, 'after')).toBe(0)
  })

  test('the rule can be told', () => {
    expect(settlingRule(slo)).toContain('under 200 ms and fewer than 2 % of its requests failed')
  })
})

function settled(text: string, usual = 50): number | undefined {
  return secondsUntilSettled(timeline(text), { from: 0, to: text.length, slo, usualPerSecond: usual })
}

/** A second each: `+` good, `.` slow, `e` fast errors, a space nothing at all. */
function timeline(text: string): TimelinePoint[] {
  return [...text].map(point)
}

function point(mark: string, second: number): TimelinePoint {
  const base = { second, phase: 'after', users: 10, dropped: 0 }
  if (mark === ' ') return { ...base, requests: 0, errors: 0 }
  const p95 = mark === '.' ? 900 : 20
  return { ...base, requests: 50, errors: mark === 'e' ? 25 : 0, p50: p95 / 2, p95, p99: p95 }
}
