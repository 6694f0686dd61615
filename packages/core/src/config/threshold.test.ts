import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { JourneysError } from '../errors.ts'
import {
  evaluateThreshold,
  explainThreshold,
  formatThreshold,
  parseThreshold,
  type Threshold,
  type ThresholdMetric,
  thresholdMetrics,
} from './threshold.ts'

const metrics = Object.keys(thresholdMetrics) as ThresholdMetric[]
const operators = ['<', '<=', '>', '>=', '==', '!='] as const
const limits = fc.oneof(fc.integer({ min: -1000, max: 1_000_000 }), fc.double({ min: 1e-9, max: 1e9, noNaN: true }))

/** Any threshold that may be set on http_req_duration. */
const trendThresholds: fc.Arbitrary<Threshold> = fc.oneof(
  fc.record({
    aggregation: fc.constantFrom('avg' as const, 'min' as const, 'med' as const, 'max' as const),
    operator: fc.constantFrom(...operators),
    limit: limits,
  }),
  fc.record({
    aggregation: fc.constant('p' as const),
    percentile: fc.integer({ min: 0, max: 100_000 }).map((thousandths) => thousandths / 1000),
    operator: fc.constantFrom(...operators),
    limit: limits,
  }),
)

describe('thresholds', () => {
  test("the document's three thresholds are read as k6 reads them", () => {
    expect(parseThreshold('p(95)<200', 'http_req_duration')).toEqual({
      aggregation: 'p',
      percentile: 95,
      operator: '<',
      limit: 200,
    })
    expect(parseThreshold('rate<0.02', 'http_req_failed')).toEqual({ aggregation: 'rate', operator: '<', limit: 0.02 })
    expect(parseThreshold('rate>100', 'http_reqs')).toEqual({ aggregation: 'rate', operator: '>', limit: 100 })
  })

  test('blanks and the three-character operators of k6 mean the same', () => {
    expect(parseThreshold(' p( 99.9 )  <= 1e3 ', 'http_req_duration')).toEqual({
      aggregation: 'p',
      percentile: 99.9,
      operator: '<=',
      limit: 1000,
    })
    expect(parseThreshold('count === 0', 'http_reqs').operator).toBe('==')
    expect(parseThreshold('count!==0', 'http_reqs').operator).toBe('!=')
  })

  test('what is written is what was read', () => {
    fc.assert(
      fc.property(trendThresholds, (threshold) => {
        expect(parseThreshold(formatThreshold(threshold), 'http_req_duration')).toEqual(threshold)
      }),
    )
  })

  test('anything else is refused with words, never read as something', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom(...metrics), (text, metric) => {
        try {
          const threshold = parseThreshold(text, metric)
          expect(Number.isFinite(threshold.limit)).toBe(true)
        } catch (error) {
          expect(error).toBeInstanceOf(JourneysError)
          expect((error as JourneysError).exitCode).toBe(2)
          expect((error as JourneysError).hint).toBeTruthy()
        }
      }),
    )
    for (const wrong of ['', 'p95<200', 'p(95)', '<200', 'p(101)<1', 'p(95)<200ms', 'p(95)<NaN', 'rate<1e999']) {
      expect(() => parseThreshold(wrong, 'http_req_duration'), wrong).toThrow(JourneysError)
    }
  })

  test('a figure that the metric does not have is refused', () => {
    expect(() => parseThreshold('rate<0.02', 'http_req_duration')).toThrow('does not have')
    expect(() => parseThreshold('p(95)<200', 'http_req_failed')).toThrow('does not have')
    expect(() => parseThreshold('avg>1', 'http_reqs')).toThrow('does not have')
  })

  test('a limit and its opposite never hold together', () => {
    fc.assert(
      fc.property(limits, limits, (limit, value) => {
        const judge = (operator: (typeof operators)[number]) =>
          evaluateThreshold({ aggregation: 'avg', operator, limit }, { avg: value })?.ok
        expect(judge('<')).toBe(!judge('>='))
        expect(judge('>')).toBe(!judge('<='))
        expect(judge('==')).toBe(!judge('!='))
      }),
    )
  })

  test('without a figure nothing is said', () => {
    const threshold = parseThreshold('p(95)<200', 'http_req_duration')
    expect(evaluateThreshold(threshold, {})).toBeUndefined()
    expect(evaluateThreshold(threshold, { percentile: () => undefined })).toBeUndefined()
    expect(evaluateThreshold(threshold, { percentile: () => Number.NaN })).toBeUndefined()
    expect(evaluateThreshold(threshold, { percentile: () => 200 })).toEqual({ value: 200, ok: false })
  })

  test('it can be said in words', () => {
    const say = (text: string, metric: ThresholdMetric) => explainThreshold(parseThreshold(text, metric), metric)
    expect(say('p(95)<200', 'http_req_duration')).toBe('p95 under 200 ms')
    expect(say('avg<=80', 'http_req_duration')).toBe('average response time at most 80 ms')
    expect(say('rate<0.02', 'http_req_failed')).toBe('failed requests under 2 %')
    expect(say('rate>100', 'http_reqs')).toBe('requests per second over 100')
    expect(say('count>=10', 'iterations')).toBe('iterations at least 10')
    expect(say('count<=3', 'dropped_iterations')).toBe('dropped iterations at most 3')
    expect(say('rate>=0.999', 'checks')).toBe('checks passed at least 99.9 %')
  })
})
