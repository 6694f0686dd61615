import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { renderJUnit } from '../../packages/loadtest/src/outputs/junit.ts'
import { renderMarkdown } from '../../packages/loadtest/src/outputs/markdown.ts'
import { type Output, prepareOutputs, writeOutputs } from '../../packages/loadtest/src/outputs/output.ts'
import { renderPrometheus } from '../../packages/loadtest/src/outputs/prometheus.ts'
import { exampleResult, failedResult } from './example-result.ts'

describe('JUnit', () => {
  test('has a test case for each threshold and one for the verdict', async () => {
    const xml = await renderJUnit(exampleResult())
    expect(xml).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?>/)
    expect(xml.match(/<testcase /g)).toHaveLength(exampleResult().thresholds.length + 1)
    expect(xml).toContain(
      'classname="loadtest.load.journal_creation" name="p95 under 200 ms [http_req_duration: p(95)&lt;200]"',
    )
    expect(xml).toContain('failures="0"')
    expect(xml).toContain('skipped="1"')
  })

  test('fails where the command fails: the broken threshold and the verdict, not what only warns', async () => {
    const xml = await renderJUnit(failedResult())
    expect(xml).toContain(
      '<failure message="all scenarios: p95 under 200 ms does not hold, it was 412 ms" type="fail">',
    )
    expect(xml).toContain('it was 412 ms, over the whole run 15 ms" type="http_req_duration"/>')
    expect(xml.match(/<failure /g)).toHaveLength(2)
    expect(xml).toContain('warning: p99 under 1 s: does not hold')
  })

  test.each(['invalid', 'inconclusive'] as const)(
    'is an error when the run is %s: nothing failed, nothing was shown',
    async (verdict) => {
      const xml = await renderJUnit({
        ...exampleResult(),
        verdict,
        exitCode: verdict === 'invalid' ? 1 : 5,
        reasons: ['too few'],
      })
      expect(xml).toContain(`<error message="too few" type="${verdict}">`)
      expect(xml).not.toContain('<failure')
    },
  )

  test('stays XML whatever a server says', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: fc.constantFrom('<', '&', ']]>', '"', '\0', '\u001b', '\n', 'é', '\ufffe') }),
        async (text) => {
          const xml = await renderJUnit({ ...failedResult(), reasons: [text], command: text })
          // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there
          expect(xml).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe]/)
          const inside = xml.replace(/<!\[CDATA\[[\s\S]*?\]\]>/g, '').replace(/<(?:[^"<>]|"[^"<]*")*>/g, '')
          expect(inside).not.toMatch(/<|&(?!(?:amp|lt|gt|quot|apos|#x?[0-9A-Fa-f]+);)/)
        },
      ),
      { numRuns: 50 },
    )
  })
})

describe('Markdown for a pull request', () => {
  test('says the verdict and why at once and folds the rest away', () => {
    const text = renderMarkdown(failedResult())
    const seen = text.slice(0, text.indexOf('<details>'))
    expect(seen).toContain('### ❌ Load test: fail')
    expect(seen).toContain('**all scenarios: p95 under 200 ms does not hold, it was 412 ms**')
    expect(seen).toContain('create index on public.journal_entries')
    expect(text).toContain('<details><summary>Thresholds</summary>')
    expect(text).toContain('`journeys loadtest`')
  })

  test.each([
    ['stress', 'Capacity: 300 iterations/s, 720 requests/s.'],
    ['recovery', '0 lost writes of 1187, first success after'],
    ['soak', 'Drift of p95: +32.6'],
    ['spike', 'The service level was met again 3'],
  ] as const)('of a %s run has its answer', (kind, answer) => {
    expect(renderMarkdown(exampleResult(kind)).replaceAll('&#126;', '~')).toContain(answer)
  })

  test('mentions nobody, links nowhere and keeps its tables whatever a server says', () => {
    const nasty = '@all | <img src=x> [a](https://b.example) `x`\n# new'
    const failed = failedResult()
    const text = renderMarkdown({
      ...failed,
      reasons: [nasty, nasty],
      failures: failed.failures.map((failure) => ({ ...failure, name: nasty, code: nasty })),
    })
    // Inside of code nothing of it means anything.
    const outside = text.replace(/`[^`\n]*`/g, '')
    expect(outside).not.toMatch(/@|<img|https:\/\/|^# new/m)
    const rows = text
      .split('\n')
      .filter((line) => line.startsWith('| `&') || line.includes('server') || /^\| `@/.test(line))
    for (const row of rows) expect(row.replaceAll('\\|', '').split('|')).toHaveLength(5)
  })
})

describe('Prometheus', () => {
  test('has the figures of the judged part in base units', async () => {
    const text = await renderPrometheus(exampleResult('recovery'))
    expect(text).toContain('# TYPE journeys_loadtest_response_time_seconds gauge')
    expect(sample(text, 'journeys_loadtest_response_time_seconds', 'scenario=""', 'stat="p95"')).toBe(0.014)
    expect(sample(text, 'journeys_loadtest_verdict', 'verdict="pass"')).toBe(1)
    expect(sample(text, 'journeys_loadtest_verdict', 'verdict="fail"')).toBe(0)
    expect(sample(text, 'journeys_loadtest_lost_writes', 'profile="recovery"')).toBe(0)
    expect(text).not.toContain('journeys_loadtest_capacity')
  })

  test('says nothing of a threshold that was not judged', async () => {
    const text = await renderPrometheus(exampleResult())
    expect(text).toContain('threshold="http_req_failed: rate<0.02"')
    expect(text).not.toContain('http_reqs: rate>100')
  })

  test('passes promtool', async ({ skip }) => {
    try {
      execFileSync('promtool', ['--version'], { stdio: 'ignore' })
    } catch {
      return skip('promtool is not installed')
    }
    for (const result of [exampleResult('stress'), exampleResult('soak'), failedResult()]) {
      execFileSync('promtool', ['check', 'metrics'], { input: await renderPrometheus(result) })
    }
  })
})

describe('--out', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'journeys-out-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  test('writes every kind, beside the report or where it was said', async () => {
    const outputs: Output[] = [
      { kind: 'json' },
      { kind: 'junit', file: 'deep/down/loadtest.xml' },
      { kind: 'markdown' },
      { kind: 'html' },
      { kind: 'prometheus' },
    ]
    const options = { folder: path.join(folder, 'reports'), workdir: folder }
    await prepareOutputs(outputs, options)
    const written = await writeOutputs(outputs, exampleResult(), options)
    expect(written.map(({ file }) => path.relative(folder, file))).toEqual([
      'reports/2026-11-23-140211-load.result.json',
      'deep/down/loadtest.xml',
      'reports/2026-11-23-140211-load.md',
      'reports/2026-11-23-140211-load.html',
      'reports/2026-11-23-140211-load.prom',
    ])
    expect(JSON.parse(await readFile(written[0]?.file ?? '', 'utf8'))).toEqual(exampleResult())
    expect(await readdir(path.join(folder, 'deep/down'))).toEqual(['loadtest.xml'])
  })

  test('the report of joined runs does not take the place of one of theirs', async () => {
    const merged = { ...exampleResult(), id: `${exampleResult().id}-merged` }
    const [written] = await writeOutputs([{ kind: 'markdown' }], merged, { folder })
    expect(path.basename(written?.file ?? '')).toBe('2026-11-23-140211-load-merged.md')
  })

  test('a file that cannot be is refused before anything runs', async () => {
    await writeFile(path.join(folder, 'taken'), '')
    for (const file of ['taken/loadtest.xml', '.']) {
      const refused = prepareOutputs([{ kind: 'junit', file }], { folder, workdir: folder })
      await expect(refused).rejects.toMatchObject({ code: 'output_folder', exitCode: 2 })
    }
  })
})

function sample(text: string, name: string, ...labels: string[]): number | undefined {
  const line = text
    .split('\n')
    .find((one) => one.startsWith(`${name}{`) && labels.every((label) => one.includes(label)))
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ')))
}
