import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunFile } from '@journeys/loadtest'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { exampleResult } from '../../../../tests/loadtest/example-result.ts'
import { parseDocument } from '../testing/json-schema.ts'
import { runMain } from '../testing/run-main.ts'

let project: string
const fixtures = join(import.meta.dirname, '..', '..', '..', 'loadtest', 'src', 'compare', 'fixtures')

beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'journeys-baseline-'))
  await mkdir(join(project, 'supabase'))
  await mkdir(join(project, '.journeys', 'reports'), { recursive: true })
})
afterEach(() => rm(project, { recursive: true, force: true }))

const journeys = (words: string) => runMain(words.split(' '), { cwd: project })

/** The file of a run whose answers took so many times as long. */
async function addRun(id: string, times = 1): Promise<string> {
  const result = exampleResult()
  let seed = [...id].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7) % 2147483647
  const random = () => {
    seed = (seed * 16807) % 2147483647
    return seed / 2147483647
  }
  const samples = Object.fromEntries(
    result.requests.map(({ name }) => {
      const at = Array.from({ length: 2000 }, (_, index) => 10_000 + index * 20)
      return [
        name,
        { of: 2000, at, ms: at.map(() => Math.round(100 * times * (5 + 4 * random() + 4 * random())) / 100) },
      ]
    }),
  )
  const file: RunFile = {
    schema: 'journeys/loadtest-run/1',
    result: { ...result, id },
    data: { histograms: { total: '', scenarios: {}, requests: {} }, samples },
  }
  const path = join(project, '.journeys', 'reports', `${id}-load.json`)
  await writeFile(path, JSON.stringify(file))
  return path
}

test('the latest run becomes a baseline that is listed and shown, and every screen fits', async () => {
  expect((await journeys('loadtest baseline list')).stdout).toContain('none in loadtest-baselines')
  expect((await journeys('loadtest baseline save main')).stderr).toContain('there is no load test to take yet')
  await addRun('20261123-140211-0001')
  await addRun('20261123-150211-0002')
  const saved = await journeys('loadtest baseline save main')
  expect(saved.code).toBe(0)
  expect(saved.stdout).toMatch(/^Journeys load test · baseline main +saved\n/)
  expect(saved.stdout).toContain(
    'next   git add loadtest-baselines/main.json\n       journeys loadtest --profile load --baseline main',
  )
  expect(await readdir(join(project, 'loadtest-baselines'))).toEqual(['main.json'])
  expect((await journeys('loadtest baseline save main --from 20261123-140211-0001')).stdout).toContain('replaced')
  const listed = await journeys('loadtest baseline list')
  expect(listed.stdout).toMatch(/^ {2}main +1 {2}2026-11-23 {2}local +load +k6 1\.8\.1$/m)
  const shown = await journeys('loadtest baseline show main')
  expect(shown.stdout).toMatch(/^ {2}POST journal_entries +/m)
  for (const { stdout } of [saved, listed, shown]) {
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
  }
  const document = await parseDocument((await journeys('loadtest baseline show main --json')).stdout)
  expect(document).toMatchObject({ ok: true, baseline: { name: 'main', runs: [{ id: '20261123-140211-0001' }] } })
  for (const words of ['loadtest baseline list --json', 'loadtest baseline save x --json']) {
    expect(await parseDocument((await journeys(words)).stdout)).toMatchObject({ ok: true })
  }
})

test('a run is compared with a baseline: the same passes, much slower is 99, both fit their schema and 80 columns', async () => {
  for (const id of ['20261123-140211-0001', '20261123-140311-0002', '20261123-140411-0003']) await addRun(id)
  await journeys(
    'loadtest baseline save main --from 20261123-140211-0001 --from 20261123-140311-0002 --from 20261123-140411-0003',
  )
  await addRun('20261123-150211-0004')
  const slow = await addRun('20261123-160211-0005', 1.5)
  const same = await journeys('loadtest compare main 20261123-150211-0004')
  expect(same.stdout).toContain('main (3 runs)  →  20261123-150211-0004-load.json (1 run)')
  expect(same.code).toBe(0)
  const slower = await journeys(`loadtest baseline compare main ${slow}`)
  expect(slower.code).toBe(99)
  expect(slower.stdout).toMatch(/^Journeys load test · compare +FAIL\n/)
  expect(slower.stdout).toMatch(/slower$/m)
  for (const { stdout } of [same, slower]) expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
  const json = await journeys(`loadtest compare main ${slow} --json`)
  expect(json.code).toBe(99)
  expect(await parseDocument(json.stdout)).toMatchObject({ ok: false, comparison: { verdict: 'fail' } })
})

test('two summaries of k6 are set side by side, without a verdict', async () => {
  const pair = [join(fixtures, 'handle-before.json'), join(fixtures, 'export-after.json')].join(' ')
  const { code, stdout } = await journeys(`loadtest compare ${pair}`)
  expect(code).toBe(0)
  expect(stdout).toContain('k6 summaries')
  expect(stdout).toMatch(/http_req_duration +med +\S+ ms +\S+ ms +\S+ % {2}worse/)
  expect(stdout).toContain('has no samples')
  expect(stdout).toContain('further figures are in --json')
  expect(stdout.split('\n').filter((line) => line.length > 80 && !line.includes('→'))).toEqual([])
  expect(await parseDocument((await journeys(`loadtest compare ${pair} --json`)).stdout)).toMatchObject({ ok: true })
})

test('what is not there is said with what there is', async () => {
  await addRun('20261123-140211-0001')
  await journeys('loadtest baseline save main')
  const none = await journeys('loadtest compare mian 20261123-140211-0001')
  expect(none.code).toBe(2)
  expect(none.stderr).toContain('there is no baseline "mian"')
  expect(none.stderr).toContain('main')
  const run = await journeys('loadtest baseline save next --from 20990101-000000-0000')
  expect(run.code).toBe(2)
  expect(run.stderr).toContain('there is no run 20990101-000000-0000')
  expect((await journeys('loadtest baseline save Main!')).code).toBe(2)
})
