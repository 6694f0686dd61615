import { renderReport } from '@journeys/loadtest'
import { describe, expect, test } from 'vitest'
import { exampleResult } from './example-result.ts'

describe('the HTML report', () => {
  const page = renderReport(exampleResult())

  test('says the verdict and why before anything else', () => {
    const text = page.slice(page.indexOf('<main>')).replace(/<[^>]+>/g, ' ')
    expect(text.indexOf('Pass')).toBeLessThan(text.indexOf('Response time'))
    expect(text).toContain('every threshold holds on the steady part')
    expect(page).toContain('<title>Load test pass · local · load · 23 Nov 2026, 14:02 UTC</title>')
  })

  test('needs nothing from any network', () => {
    const withoutTarget = page.replaceAll('http://127.0.0.1:54321', '')
    expect(withoutTarget).not.toMatch(/https?:|src=|@import|url\(|<link/)
    expect(page).toContain("default-src 'none'")
  })

  test('is well-formed: what is opened is closed, ids are unique and labels point at them', () => {
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
    expect(body).not.toMatch(/NaN|undefined|Infinity|\[object/)
  })

  test('has every figure of the charts in a table, and says each chart in words', () => {
    expect(page).toContain('<caption>Second by second</caption>')
    expect(page.match(/<svg[^>]+role="img" aria-label="[^"]{20,}"/g)).toHaveLength(4)
    expect(page.match(/<tr><th scope="row">0:\d\d/g)).toHaveLength(58)
  })

  test('keeps what servers and configurations say from becoming markup', () => {
    const nasty = '</script><img src=x onerror=alert(1)>'
    const attacked = renderReport({
      ...exampleResult(),
      verdict: 'fail',
      reasons: [nasty],
      warnings: [nasty],
      failures: [{ name: nasty, status: 0, error: nasty, count: 1 }],
      environment: { name: nasty, url: nasty },
      command: nasty,
    })
    expect(attacked).not.toContain('<img')
    expect(attacked.match(/<script/g)).toHaveLength(2)
  })

  test('of an interrupted run says so, also when nothing was measured', () => {
    const { total, ...rest } = exampleResult()
    const none = { requests: 0, rate: 0, errors: 0, limited: 0 }
    const empty = renderReport({
      ...rest,
      interrupted: true,
      reasons: ['the run was interrupted'],
      timeline: [],
      distribution: [],
      scenarios: [],
      requests: [],
      thresholds: [],
      total: { ...total, ...none, whole: none },
    })
    expect(empty).toContain('Interrupted')
    expect(empty).toContain('Nothing was measured')
    expect(empty.replace(/<script[\s\S]*/, '')).not.toMatch(/NaN|Infinity|undefined/)
  })

  test('of a run of hours stays small: its table is put together by intervals', () => {
    const { timeline } = exampleResult()
    const long = Array.from({ length: 7200 }, (_, second) => ({ ...(timeline[20] as (typeof timeline)[0]), second }))
    const soak = renderReport({ ...exampleResult(), timeline: long })
    expect(soak).toContain('Every 60 seconds, the highest percentile of each')
    expect(soak.match(/<tr><th scope="row">\d+:\d\d/g)).toHaveLength(120)
  })
})
