import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunFile } from '@journeys/loadtest'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { exampleResult } from '../../../../tests/loadtest/example-result.ts'
import { LatencyHistogram } from '../../../loadtest/src/recorder/latency-histogram.ts'
import { parseDocument } from '../testing/json-schema.ts'
import { runMain } from '../testing/run-main.ts'

let project: string

beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'journeys-merge-'))
  await mkdir(join(project, 'supabase'))
})
afterEach(() => rm(project, { recursive: true, force: true }))

const journeys = (words: string) => runMain(words.split(' '), { cwd: project })

/** What one generator of two writes down: its answers all took so long. */
async function addRun(name: string, segment: string, ms: number): Promise<void> {
  const result = { ...exampleResult(), id: `20261123-140211-${name}`, segment: { segment, sequence: '0,1/2,1' } }
  const histogram = () => {
    const of = new LatencyHistogram()
    for (let count = 0; count < result.total.requests; count += 1) of.record(ms)
    return of.encode()
  }
  const each = (all: readonly { readonly name: string }[]) =>
    Object.fromEntries(all.map((one) => [one.name, histogram()] as const))
  const file: RunFile = {
    schema: 'journeys/loadtest-run/1',
    result,
    data: {
      histograms: { total: histogram(), scenarios: each(result.scenarios), requests: each(result.requests) },
      samples: {},
    },
  }
  await writeFile(join(project, `${name}.json`), JSON.stringify(file))
}

test('the results of two generators become one, with a report, a run file and what --out asks for', async () => {
  await addRun('000a', '0:1/2', 10)
  await addRun('000b', '1/2:1', 20)
  const { code, stdout } = await journeys('loadtest merge 000a.json 000b.json --out junit=out/result.xml')
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Journeys load test .* PASS\n/) })
  expect(stdout).toMatch(/^ {2}all +40 000 /m)
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
  expect(await readFile(join(project, 'out', 'result.xml'), 'utf8')).toContain('<testsuite')
  const report = /^ {2}report {2}(\S+)$/m.exec(stdout)?.[1] ?? ''
  expect(await readFile(join(project, report), 'utf8')).toContain('<html')
  const json = await journeys('loadtest merge 000b.json 000a.json --json')
  const document = (await parseDocument(json.stdout)) as { result: { total: { p50: number }; runFile: string } }
  // Half of the answers took 10 ms, half 20: the mean of the two medians would be 15.
  expect(document.result.total.p50).toBeCloseTo(10, 0)
  expect(JSON.parse(await readFile(join(project, document.result.runFile), 'utf8'))).toHaveProperty('data.histograms')
})

test('the same part of a load twice is refused', async () => {
  await addRun('000a', '0:1/2', 10)
  await addRun('000b', '0:1/2', 10)
  const { code, stderr } = await journeys('loadtest merge 000a.json 000b.json')
  expect(code).toBe(2)
  expect(stderr.replace(/\s+/g, ' ')).toContain('two results are of the same part of the load')
  expect((await journeys('loadtest merge 000a.json nothing.json')).stderr).toContain('there is no run nothing.json')
})
