import { defaultConfig } from '@journeys/core/ops'
import type { LoadTestResult } from '@journeys/loadtest'

type BaselineComparison = NonNullable<LoadTestResult['baseline']>
type Change = BaselineComparison['changes'][number]

const change = (
  request: string,
  percentile: 50 | 95,
  beforeMs: number,
  changePercent: number,
  half: number,
  verdict: Change['verdict'],
): Change => ({
  request,
  percentile,
  beforeMs,
  afterMs: beforeMs * (1 + changePercent / 100),
  beforeSamples: 9400,
  afterSamples: 9210,
  changePercent,
  changeMs: (beforeMs * changePercent) / 100,
  interval: { lowPercent: changePercent - half, highPercent: changePercent + half },
  p: verdict === 'slower' ? 0.0004 : 0.31,
  verdict,
})

/** A comparison in which writing has become slower. */
export const exampleBaseline: BaselineComparison = {
  name: 'main',
  verdict: 'fail',
  reasons: ['POST journal_entries p95 is 31.0 % slower than the baseline (14 ms, now 18 ms); the limit is 10 %'],
  notes: ['1 run on each side: how much two runs of the same thing differ is taken from the settings'],
  method:
    'One-sided t test on the logarithm of each request’s percentile, corrected for the number of requests (Holm).',
  settings: defaultConfig().loadtest.baseline,
  before: { name: 'main', runs: [{ id: '20261120-091500-1c2d', startedAt: '2026-11-20T09:15:00.000Z' }] },
  after: { name: 'this run', runs: [{ id: '20261123-140211-9f3a', startedAt: '2026-11-23T14:02:11.000Z' }] },
  differences: [],
  forced: false,
  changes: [
    change('all requests', 50, 6, 3.1, 4, 'same'),
    change('all requests', 95, 13, 8.4, 6, 'creeping'),
    change('GET journal_entries', 50, 5.5, -4.2, 5, 'same'),
    change('GET journal_entries', 95, 12, -9.5, 7, 'faster'),
    change('POST journal_entries', 50, 7, 11.2, 13, 'suspect'),
    change('POST journal_entries', 95, 14, 31, 9, 'slower'),
    {
      request: 'POST rpc/purchase_premium',
      percentile: 95,
      beforeMs: 9,
      afterMs: 9.4,
      beforeSamples: 120,
      afterSamples: 131,
      verdict: 'untested',
      note: '120 answers are too few, 200 are needed',
    },
  ],
}
