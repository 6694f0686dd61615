import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { defaultConfig } from '@journeys/core/ops'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { saveBaseline } from '../baseline/baseline-file.ts'
import { seeded, simulatedRun } from '../baseline/simulated-run.ts'
import type { RunFile } from '../result.ts'
import { compareFiles } from './compare-files.ts'

// Written by k6 1.8.1 against a server whose answers took 5 and 30 ms, and then half as long again.
const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}.json`, import.meta.url))
const settings = defaultConfig().loadtest.baseline

let workdir: string
beforeEach(async () => {
  workdir = await mkdtemp(path.join(os.tmpdir(), 'journeys-compare-'))
})
afterEach(() => rm(workdir, { recursive: true, force: true }))

const compare = (before: string, after: string, force = false) =>
  compareFiles({ before, after, workdir, settings, force })

const summaries = async (before: string, after: string) => {
  const found = await compare(fixture(before), fixture(after))
  if (found.kind !== 'summaries') throw new Error('these are summaries')
  return found.comparison
}

describe("two of k6's summaries", () => {
  test.each([
    ['export', 'summary-export'],
    ['handle', 'handleSummary'],
    ['new', 'machine-readable'],
  ])('made by k6 itself (%s): each figure beside the other', async (name, form) => {
    const { before, after, changes, note } = await summaries(`${name}-before`, `${name}-after`)
    expect([before.form, after.form]).toEqual([form, form])
    expect(changes[0]?.metric, 'what people ask first').toBe('http_req_duration')
    const slow = changes.find((one) => one.metric === 'http_req_duration{name:slow}' && one.statistic === 'p(95)')
    expect(slow).toMatchObject({ contains: 'time', direction: 'worse' })
    expect(slow?.changePercent).toBeGreaterThan(15)
    expect(slow?.changePercent).toBeLessThan(70)
    expect(changes.find(({ metric }) => metric === 'http_req_failed')).toMatchObject({
      statistic: 'rate',
      before: 0,
      after: 0,
      changePoints: 0,
      direction: 'same',
    })
    expect(changes.find(({ metric }) => metric === 'checks')).toMatchObject({ before: 1, after: 1 })
    const rate = changes.find(({ metric, statistic }) => metric === 'http_reqs' && statistic === 'rate')
    expect(rate).toMatchObject({ direction: 'worse' })
    expect(note, 'and no verdict').toContain('no samples')
  })

  test.each(['export', 'handle'])('thresholds that held are said to have held (%s)', async (name) => {
    const { thresholds } = await summaries(`${name}-before`, `${name}-after`)
    expect(thresholds).toContainEqual({
      metric: 'http_req_duration{name:slow}',
      expression: 'p(95)<500',
      before: true,
      after: true,
    })
  })

  test('of two forms are compared as well', async () => {
    const { changes } = await summaries('handle-before', 'new-after')
    expect(
      changes.find(({ metric, statistic }) => metric === 'http_req_duration' && statistic === 'p(95)'),
    ).toMatchObject({
      direction: 'worse',
    })
  })
})

describe('two runs', () => {
  const noise = { run: 0, request: 0, stretch: 0, stretchSeconds: 1, answer: 0.3, tail: 0, odds: 0 }
  const runFile = (ms: number, engine = 'k6 1.8.1'): RunFile => {
    const { requests, ...rest } = simulatedRun(seeded(ms), [{ name: 'GET x', ms, answers: 600 }], noise)
    const samples = Object.fromEntries(requests.map((request) => [request.name, request.samples]))
    const result = {
      ...rest,
      fingerprint: { ...rest.fingerprint, engine },
      requests: requests.map(({ samples: _, ...figures }) => figures),
    }
    return { schema: 'journeys/loadtest-run/1', result, data: { samples } } as unknown as RunFile
  }
  const write = async (name: string, content: unknown) => {
    await writeFile(path.join(workdir, name), JSON.stringify(content))
    return name
  }

  test("a baseline's name and a run's file are tested against each other", async () => {
    await saveBaseline(path.join(workdir, settings.folder), 'main', [runFile(30)])
    const after = await write('run.json', runFile(45))
    expect(await compare('main', after)).toMatchObject({
      kind: 'runs',
      comparison: { verdict: 'fail', before: { name: 'main' }, after: { name: 'run.json' } },
    })
    expect(await compare('main', path.join(settings.folder, 'main.json'))).toMatchObject({
      comparison: { verdict: 'pass' },
    })
  })

  test('of different engines are refused, unless by force', async () => {
    const before = await write('a.json', runFile(30))
    const after = await write('b.json', runFile(30, 'builtin 0.1.0'))
    await expect(compare(before, after)).rejects.toMatchObject({ code: 'not_comparable', exitCode: 2 })
    expect(await compare(before, after, true)).toMatchObject({ comparison: { forced: true } })
  })

  test('a run and a summary are not comparable', async () => {
    const run = await write('run.json', runFile(30))
    await expect(compare(run, fixture('export-after'))).rejects.toMatchObject({ code: 'not_comparable', exitCode: 2 })
  })

  test('files that are something else are named', async () => {
    const other = await write('package.json', { name: 'x', version: '1.0.0' })
    await writeFile(path.join(workdir, 'half.json'), '{"metrics":')
    const broken = await write('broken.json', { schema: 'journeys/loadtest-run/1', result: {} })
    for (const name of [other, 'half.json', broken]) {
      await expect(compare(name, name)).rejects.toMatchObject({
        code: 'not_comparable',
        message: `${name} is neither a run, nor a baseline, nor a summary of k6's`,
      })
    }
    await expect(compare('gone.json', other)).rejects.toMatchObject({ code: 'file_missing', exitCode: 2 })
    await expect(compare('nobody', other)).rejects.toMatchObject({ code: 'baseline_missing', exitCode: 2 })
  })
})
