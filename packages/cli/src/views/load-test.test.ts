import type { LoadTestResult } from '@journeys/loadtest'
import { Chalk } from 'chalk'
import { expect, test } from 'vitest'
import { exampleBaseline } from '../../../../tests/loadtest/example-baseline.ts'
import { exampleResult } from '../../../../tests/loadtest/example-result.ts'
import { loadTestDocument } from '../documents/load-test.ts'
import { plainLook } from '../output/look.ts'
import { renderComparison } from './comparison.ts'
import { renderLoadTest } from './load-test.ts'

const kinds = ['load', 'spike', 'stress', 'recovery', 'soak'] as const

/** The screen, which is never wider than 80 columns. */
function screen(result: LoadTestResult): string {
  const text = renderLoadTest(result, plainLook)
  expect(text.split('\n').filter((line) => line.length > 80)).toEqual([])
  return text
}

test.each(kinds)('a %s run is one screen that begins with its verdict and ends with its report', (kind) => {
  const text = screen({ ...exampleResult(kind), reportFile: `.journeys/reports/20261123-140211-9f3a-${kind}.html` })
  expect(text).toMatch(/^Journeys load test · local · \w+ · k6 1\.8\.1 · .* {2,}PASS\n/)
  expect(text).toMatch(/\n {2}report {2}\S+$/)
  expect(text.split('\n').length).toBeLessThan(40)
})

test('a run that went well is quiet', () => {
  expect(screen(exampleResult())).toMatchInlineSnapshot(`
    "Journeys load test · local · load · k6 1.8.1 · 1 000 users                  PASS

      scenario           mix %  done  requests   /s  errors   p50    p95    p99
      journal_creation      40  40.0     8 000  200       0  6 ms  14 ms  31 ms
      profile_updates       20  20.0     4 000  100       0  6 ms  14 ms  31 ms
      progress_viewing      30  30.0     6 000  150       0  6 ms  14 ms  31 ms
      premium_purchases     10  10.0     2 000   50       0  6 ms  14 ms  31 ms
      all                               20 000  500       0  6 ms  14 ms  31 ms

      ok      p95 under 200 ms: 14 ms
      ok      under 2 % failed: 0 %
      –       over 100 requests/s: the planned load does not make that many
      ok      p99 under 1 s: 31 ms

      PASS    40 s judged of 58 s · every threshold holds on the judged part"
  `)
})

test('every result there is has the shape that docs/schemas says, and no more', () => {
  for (const kind of kinds) {
    const result = { ...exampleResult(kind), baseline: exampleBaseline }
    expect(loadTestDocument.parse(result)).toEqual(result)
  }
})

test('a fail says what was not met, which answers failed, where to look on the server, and what the baseline says', () => {
  const good = exampleResult('load')
  const result: LoadTestResult = {
    ...good,
    verdict: 'fail',
    reasons: ['p95 was 412 ms, the limit is 200 ms'],
    thresholds: [
      ...good.thresholds.map((one) => ({ ...one, ok: one.metric !== 'http_req_duration', value: one.value ?? 0 })),
      {
        level: 'limit',
        scenario: 'journal_creation',
        metric: 'http_req_duration',
        key: 'http_req_duration{scenario:journal_creation}',
        expression: 'p(95)<100',
        title: 'p95 under 100 ms',
        value: 512,
        ok: false,
      },
    ],
    failures: [
      {
        kind: 'server',
        name: 'POST journal_entries',
        status: 504,
        code: 'PGRST003',
        body: '{"code":"PGRST003","message":"Timed out acquiring connection from connection pool."}',
        count: 412,
        firstMs: 12_000,
      },
      { kind: 'network', name: 'GET journal_entries', status: 0, error: 'ECONNRESET', count: 3, firstMs: 13_000 },
    ],
    server: {
      durationMs: 58_000,
      notes: [],
      processes: [],
      culprits: [
        {
          kind: 'sequential_scans',
          severity: 'critical',
          title: 'public.journal_entries is read as a whole',
          detail: '4 012 sequential scans read 96 000 000 rows: 24 000 a scan, in its largest partition.',
          hint: 'create index on public.journal_entries (user_id, date desc)',
        },
        { kind: 'cpu', severity: 'warning', title: 'the database used 1.9 of 2 cores', detail: '', hint: '' },
      ],
    },
    baseline: exampleBaseline,
  }
  expect(screen(result)).toMatchInlineSnapshot(`
    "Journeys load test · local · load · k6 1.8.1 · 1 000 users                  FAIL

      scenario           mix %  done  requests   /s  errors   p50    p95    p99
      journal_creation      40  40.0     8 000  200       0  6 ms  14 ms  31 ms
      profile_updates       20  20.0     4 000  100       0  6 ms  14 ms  31 ms
      progress_viewing      30  30.0     6 000  150       0  6 ms  14 ms  31 ms
      premium_purchases     10  10.0     2 000   50       0  6 ms  14 ms  31 ms
      all                               20 000  500       0  6 ms  14 ms  31 ms

      FAIL    p95 under 200 ms: 14 ms
      ok      under 2 % failed: 0 %
      ok      over 100 requests/s: 0/s
      warn    p99 under 1 s: 31 ms
      FAIL    p95 under 100 ms (journal_creation): 512 ms

      FAIL    40 s judged of 58 s · p95 was 412 ms, the limit is 200 ms
      errors  412 × POST journal_entries: 504 PGRST003 Timed out acquiring
              connection from connection pool.
      errors  3 × GET journal_entries: ECONNRESET
      look at public.journal_entries is read as a whole
              4 012 sequential scans read 96 000 000 rows: 24 000 a scan, in its
              largest partition.
      do      create index on public.journal_entries (user_id, date desc)
      also    the database used 1.9 of 2 cores
      against main: FAIL · POST journal_entries p95 is 31.0 % slower than the
              baseline (14 ms, now 18 ms); the limit is 10 %
              all requests p95 13 ms → 14 ms, +8.4 % (+2.4 to +14.4 %): creeping
              GET journal_entries p95 12 ms → 11 ms, −9.5 % (−16.5 to −2.5 %):
              faster
              POST journal_entries p50 7 ms → 7.8 ms, +11.2 % (−1.8 to +24.2 %):
              suspect
              POST journal_entries p95 14 ms → 18 ms, +31 % (+22 to +40 %): slower
      note    1 run on each side: how much two runs of the same thing differ is
              taken from the settings"
  `)
})

test('colours change nothing but the colour', () => {
  const plain = renderLoadTest(exampleResult('stress'), plainLook)
  const coloured = renderLoadTest(exampleResult('stress'), { width: 80, paint: new Chalk({ level: 1 }) })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what colours are made of
  expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(plain)
  expect(coloured).not.toBe(plain)
})

test('a comparison shows every change with the range it lies in, and the test that was made', () => {
  const text = renderComparison(exampleBaseline, plainLook)
  expect(text.split('\n').filter((line) => line.length > 80)).toEqual([])
  expect(text).toMatchInlineSnapshot(`
    "Journeys load test · compare                                                FAIL
      main (1 run)  →  this run (1 run)

      request                       before   after   change      within, %
      all requests             p50    6 ms  6.2 ms   +3.1 %   −0.9 to +7.1  same
                               p95   13 ms   14 ms   +8.4 %  +2.4 to +14.4  creeping
      GET journal_entries      p50  5.5 ms  5.3 ms   −4.2 %   −9.2 to +0.8  same
                               p95   12 ms   11 ms   −9.5 %  −16.5 to −2.5  faster
      POST journal_entries     p50    7 ms  7.8 ms  +11.2 %  −1.8 to +24.2  suspect
                               p95   14 ms   18 ms    +31 %     +22 to +40  slower
      POST                     p95    9 ms  9.4 ms        –              –  untested
      rpc/purchase_premium

      FAIL    POST journal_entries p95 is 31.0 % slower than the baseline (14 ms,
              now 18 ms); the limit is 10 %
      note    1 run on each side: how much two runs of the same thing differ is
              taken from the settings
      test    One-sided t test on the logarithm of each request’s percentile,
              corrected for the number of requests (Holm)."
  `)
})
