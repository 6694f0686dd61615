import { renderReport } from '@journeys/loadtest'
import { describe, expect, test } from 'vitest'
import { exampleResult, failedResult } from './example-result.ts'

const kinds = ['load', 'spike', 'stress', 'recovery', 'soak'] as const

describe('the HTML report', () => {
  const page = renderReport(exampleResult())

  test('says the verdict and why before anything else, then where to look', () => {
    const text = words(renderReport(failedResult()))
    const places = [
      'Fail',
      'All scenarios: p95 under 200 ms does not hold',
      'public.journal_entries is read as a whole',
      'Response time',
    ]
    expect(places.map((place) => text.indexOf(place))).not.toContain(-1)
    expect(places.map((place) => text.indexOf(place))).toEqual(
      places.map((place) => text.indexOf(place)).sort((a, b) => a - b),
    )
    expect(page).toContain('<title>Load test pass · local · load · 23 Nov 2026, 14:02 UTC</title>')
  })

  test('needs nothing from any network, and no script of another may run', () => {
    const withoutTarget = page.replaceAll('http://127.0.0.1:54321', '')
    expect(withoutTarget).not.toMatch(/https?:|src=|@import|url\(|<link/)
    expect(page).toContain("default-src 'none'")
    expect(page).toMatch(/script-src 'sha256-[^']+'/)
  })

  test.each(kinds)(
    'of a %s run is well-formed: what is opened is closed, ids are unique and labels point at them',
    (kind) => {
      wellFormed(renderReport(exampleResult(kind)))
    },
  )

  test('of a failed run against a baseline, one of three, is well-formed too', () => {
    const failed = failedResult()
    wellFormed(renderReport(failed, [exampleResult('load'), { ...exampleResult('load'), id: 'other' }, failed]))
  })

  test('has every figure of the charts in a table, and says each chart in words', () => {
    expect(page).toContain('<caption>Second by second</caption>')
    expect(page.match(/<svg[^>]+role="img" aria-label="[^"]{20,}"/g)).toHaveLength(6)
    const seconds = page.slice(
      page.indexOf('Second by second'),
      page.indexOf('</table>', page.indexOf('Second by second')),
    )
    expect(seconds.match(/<tr><th scope="row">0:\d\d/g)).toHaveLength(58)
  })

  test.each([
    ['spike', 'From 100 to 1 000 users and back. 3 s after the load was back to normal'],
    ['stress', '300 iterations/s held , that is 720 requests/s. Then it broke: at 350 iterations/s'],
    ['recovery', 'No write was lost : all 1 187 rows that were confirmed are there'],
    ['soak', 'p95 went from 14 ms to 19 ms. Memory grew: gateway.'],
  ] as const)('of a %s run answers what it was run for', (kind, answer) => {
    expect(words(renderReport(exampleResult(kind)))).toContain(answer)
  })

  test('names every write that was lost', () => {
    const run = exampleResult('recovery')
    if (run.analysis?.kind !== 'recovery') throw new Error('no recovery')
    const examples = [
      { table: 'journal_entries' as const, id: '7f3ac1d0-0000-4000-8000-000000000001', at: '2026-11-23T14:02:36.100Z' },
    ]
    const lost = {
      ...run,
      analysis: { ...run.analysis, lostWrites: { checked: 1187, lost: 1, unverifiable: 0, examples } },
    }
    const text = words(renderReport(lost))
    expect(text).toContain('1 write lost : confirmed, but not there afterwards')
    expect(text).toContain('7f3ac1d0-0000-4000-8000-000000000001 2026-11-23 14:02:36.100 UTC')
  })

  test('shows what failed with status, code and body, and 429 apart from server errors', () => {
    const text = words(renderReport(failedResult()))
    expect(text).toContain('server error GET rpc/progress_summary HTTP 504 · PGRST003 180 times')
    expect(text).toContain('Timed out acquiring connection from connection pool.')
    expect(text).toContain('rate limit PATCH profiles HTTP 429')
    expect(text).toContain('no answer POST journal_entries ECONNRESET')
  })

  test('keeps what servers and configurations say from becoming markup', () => {
    const nasty = '</script><img src=x onerror=alert(1)>'
    const failed = failedResult()
    const attacked = renderReport({
      ...failed,
      reasons: [nasty],
      warnings: [nasty],
      failures: failed.failures.map((failure) => ({ ...failure, name: nasty, body: nasty, code: nasty })),
      environment: { name: nasty, url: nasty },
      phases: failed.phases.map((phase) => ({ ...phase, name: nasty })),
      scenarios: failed.scenarios.map((scenario) => ({ ...scenario, name: nasty })),
      command: nasty,
    })
    expect(attacked).not.toContain('<img')
    expect(attacked.match(/<script/g)).toHaveLength(2)
  })

  test('of an interrupted run says so, also when nothing was measured', () => {
    const { total, analysis: _, server: __, ...rest } = exampleResult('spike')
    const none = {
      requests: 0,
      rate: 0,
      errors: 0,
      limited: 0,
      serverErrors: 0,
      clientErrors: 0,
      networkErrors: 0,
    }
    const empty = renderReport({
      ...rest,
      durationMs: 0,
      interrupted: true,
      verdict: 'inconclusive',
      reasons: ['the run was interrupted'],
      timeline: [],
      distribution: [],
      scenarios: [],
      requests: [],
      thresholds: [],
      phases: [],
      judgedSeconds: 0,
      generator: { cores: 2 },
      total: { ...none, iterations: 0, dropped: 0, checks: total.checks, whole: none },
    })
    expect(words(empty)).toContain('Interrupted : The run was interrupted')
    expect(empty).toContain('Nothing was measured')
    wellFormed(empty)
  })

  test('of a run of hours stays small: its charts and its table are put together by intervals', () => {
    const run = exampleResult('load')
    const point = run.timeline[20]
    if (!point) throw new Error('no point')
    const long = Array.from({ length: 4 * 3600 }, (_, second) => ({
      ...point,
      second,
      p99: second === 5000 ? 777 : 30,
    }))
    const page = renderReport({ ...run, durationMs: 4 * 3_600_000, timeline: long })
    expect(page.length).toBeLessThan(400_000)
    expect(words(page)).toContain('Every 120 seconds, the highest percentile of each')
    expect(words(page)).toContain('777 ms')
  })
})

/** What a person reads, without styles and scripts. */
function words(page: string): string {
  return page
    .slice(page.indexOf('<body>'))
    .replace(/<(script|style)[^>]*>[\s\S]*?<\/\1>/g, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
    .replace(/\s+/g, ' ')
}

function wellFormed(page: string): void {
  const open: string[] = []
  const body = page.replace(/<(script|style)[^>]*>[\s\S]*?<\/\1>/g, '').replace(/<!doctype[^>]*>/, '')
  for (const [, closing, name, selfClosed] of body.matchAll(/<(\/?)([a-z0-9]+)(?:\s[^<>]*?)?(\/?)>/g)) {
    if (closing) expect(open.pop(), `</${name}>`).toBe(name)
    else if (!selfClosed && !['meta', 'br'].includes(name as string)) open.push(name as string)
  }
  expect(open).toEqual([])
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
  expect(new Set(ids).size).toBe(ids.length)
  for (const [, id] of page.matchAll(/aria-labelledby="([^"]+)"/g)) expect(ids).toContain(id)
  for (const [, id] of page.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(id)
  expect(body).not.toMatch(/NaN|undefined|Infinity|\[object/)
}
