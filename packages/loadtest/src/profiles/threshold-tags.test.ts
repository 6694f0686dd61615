import { defaultConfig, resolveThresholds, type ThresholdSettings } from '@journeys/core/ops'
import { expect, test } from 'vitest'
import { planLoad } from './plan.ts'
import { checkThresholdTags } from './threshold-tags.ts'

const { loadtest: config } = defaultConfig()
const kept = (profile: string, settings: ThresholdSettings, weights?: Record<string, number>) =>
  checkThresholdTags(resolveThresholds(settings), planLoad({ profile, config, weights })).map(({ key }) => key)
const limit = 'p(95)<200'

test('one configuration serves all profiles: what is of another phase or scenario is left out', () => {
  const settings = {
    http_req_duration: limit,
    'http_req_duration{phase:during}': limit,
    'http_req_duration{phase:steady}': limit,
    'http_req_duration{phase:step 3}': limit,
    'http_req_duration{scenario:journal_creation,phase:during}': limit,
    'http_req_duration{name:POST journal_entries}': limit,
  }
  expect(kept('spike', settings)).toEqual([
    'http_req_duration',
    'http_req_duration{phase:during}',
    'http_req_duration{scenario:journal_creation,phase:during}',
    'http_req_duration{name:POST journal_entries}',
  ])
  expect(kept('stress', settings)).toContain('http_req_duration{phase:step 3}')
  expect(kept('load', settings)).toContain('http_req_duration{phase:steady}')
  expect(kept('load', { 'checks{scenario:journal_creation}': 'rate>0.9' }, { mine: 1 })).toEqual([])
  expect(kept('load', { 'checks{scenario:mine}': 'rate>0.9' }, { mine: 1 })).toEqual(['checks{scenario:mine}'])
})

test.each([
  ['http_req_duration{scenario:journal_creatoin}', 'did you mean journal_creation?'],
  ['http_req_duration{phase:durring}', 'did you mean during?'],
  ['http_req_duration{phase:step 0}', 'one of: ramp, before, surge, during, fall, after, down'],
])('%s is nowhere: an error before anything runs', (key, hint) => {
  expect(() => kept('spike', { [key]: limit })).toThrow(
    expect.objectContaining({ code: 'unknown_tag_value', exitCode: 2, hint }),
  )
})
