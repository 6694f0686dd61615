import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { JourneysError } from '../errors.ts'
import { durationMs } from './duration.ts'
import { parseThresholdKey } from './threshold-key.ts'
import { resolveThresholds } from './threshold-rule.ts'

describe('what a threshold is set on', () => {
  test('is a metric, or a part of it by tags, in the spelling of k6', () => {
    expect(parseThresholdKey('http_reqs')).toEqual({ metric: 'http_reqs', tags: {} })
    expect(parseThresholdKey('http_req_duration{scenario:journal_creation,phase:during}')).toEqual({
      metric: 'http_req_duration',
      tags: { scenario: 'journal_creation', phase: 'during' },
    })
    expect(parseThresholdKey(`http_reqs{ name:"POST journal_entries" , status: 201}`).tags).toEqual({
      name: 'POST journal_entries',
      status: '201',
    })
    expect(parseThresholdKey('http_req_failed{name:GET http://a:1/x}').tags).toEqual({ name: 'GET http://a:1/x' })
    expect(parseThresholdKey('dropped_iterations{phase:step 3}').tags).toEqual({ phase: 'step 3' })
  })

  test.each([
    ['http_req', /did you mean http_reqs\?/],
    ['vus', /one of: http_req_duration/],
    ['http_reqs{phase:a', /write it as k6 does/],
    ['http_reqs}', /write it as k6 does/],
    ['http_reqs{}', /a tag is written name:value/],
    ['http_reqs{phase:}', /a tag is written name:value/],
    ['http_reqs{group:x}', /can be told apart by: scenario, phase, name, status, expected_response/],
    ['checks{status:200}', /checks can be told apart by: scenario, phase$/],
    ['http_reqs{status:2xx}', /100 to 599, or 0/],
    ['http_reqs{expected_response:yes}', /true \(answered 200 to 399\) or false/],
    ['http_reqs{phase:a,phase:b}', /one value of each tag/],
  ])('%s is refused with what would be right', (key, hint) => {
    try {
      parseThresholdKey(key)
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({ code: 'invalid_threshold', exitCode: 2, hint: expect.stringMatching(hint) })
      expect((error as JourneysError).message).toContain(key)
    }
  })

  test('whatever the text is, it is read or refused', () => {
    const parts = fc.constantFrom(
      'http_reqs',
      'checks',
      '{',
      '}',
      ':',
      ',',
      'phase',
      'name',
      'status',
      ' ',
      '"',
      'x',
      '200',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(parts).map((all) => all.join('')),
        ),
        (key) => {
          try {
            const { tags } = parseThresholdKey(key)
            for (const value of Object.values(tags)) expect(value).toMatch(/\S/)
          } catch (error) {
            expect(error).toBeInstanceOf(JourneysError)
          }
        },
      ),
    )
  })
})

describe('threshold rules', () => {
  test("have k6's short and long form", () => {
    const rules = resolveThresholds({
      http_reqs: 'rate>100',
      http_req_failed: [{ threshold: 'rate<0.1', abortOnFail: true, delayAbortEval: '1m30s' }, 'rate<0.02'],
      checks: { threshold: 'rate>0.9', abortOnFail: true, delayAbortEval: 500 },
      iterations: [],
    })
    expect(rules.map((rule) => [rule.key, rule.expression, rule.abortOnFail, rule.delayAbortEvalMs])).toEqual([
      ['http_reqs', 'rate>100', false, 0],
      ['http_req_failed', 'rate<0.1', true, 90_000],
      ['http_req_failed', 'rate<0.02', false, 0],
      ['checks', 'rate>0.9', true, 500],
    ])
    expect(rules[0]).toMatchObject({ metric: 'http_reqs', tags: {}, threshold: { aggregation: 'rate', limit: 100 } })
  })

  test('a figure that the metric does not have, or a delay that is none, is refused', () => {
    expect(() => resolveThresholds({ 'http_reqs{phase:a}': 'p(95)<3' })).toThrow('does not have')
    expect(() => resolveThresholds({ dropped_iterations: 'avg<3' })).toThrow('does not have')
    expect(() => resolveThresholds({ checks: { threshold: 'rate>0', delayAbortEval: '10' } })).toThrow(
      '"10" is not a time',
    )
  })

  test('a duration is what k6 reads as one', () => {
    expect(['500ms', '40s', '1m30s', '2h', '1.5m', '0s'].map(durationMs)).toEqual([
      500, 40_000, 90_000, 7_200_000, 90_000, 0,
    ])
    expect(['', '5', 's', '5 s', '-5s', '1m 30s', '5d'].map(durationMs)).toEqual(Array(7).fill(undefined))
  })
})
