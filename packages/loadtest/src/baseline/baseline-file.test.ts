import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { JourneysError } from '@journeys/core/ops'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { RunFile } from '../result.ts'
import { deleteBaseline, findBaseline, listBaselines, readBaseline, saveBaseline } from './baseline-file.ts'
import { seeded, simulatedRun } from './simulated-run.ts'

let folder: string
beforeEach(async () => {
  folder = path.join(await mkdtemp(path.join(os.tmpdir(), 'journeys-baseline-')), 'loadtest-baselines')
})
afterEach(() => rm(path.dirname(folder), { recursive: true, force: true }))

const noise = { run: 0, request: 0, stretch: 0, stretchSeconds: 1, answer: 0.3, tail: 0, odds: 0 }

/** As much of a run's file as a baseline takes, and secrets that it must not take. */
function runFile(changes: Partial<RunFile['result']> = {}): RunFile {
  const simulated = simulatedRun(seeded(3), [{ name: 'POST journal_entries', ms: 30, answers: 400 }], noise)
  const samples = Object.fromEntries(simulated.requests.map((request) => [request.name, request.samples]))
  const { requests, ...rest } = simulated
  const result = {
    ...rest,
    environment: { name: 'local', url: 'http://project.example' },
    command: 'journeys loadtest --env staging',
    requests: requests.map(({ name, errors, requests: count }) => ({
      name,
      errors,
      requests: count,
      p50: 30,
      p95: 49,
    })),
    failures: [{ body: 'private words' }],
    ...changes,
  }
  return { schema: 'journeys/loadtest-run/1', result, data: { samples } } as unknown as RunFile
}

test('a saved baseline is read back, and the same runs give the same bytes', async () => {
  const { baseline, file, replaced } = await saveBaseline(folder, 'main', [runFile(), runFile({ id: 'second' })])
  expect(replaced).toBe(false)
  const first = await readFile(file, 'utf8')
  expect(await readBaseline(folder, 'main')).toEqual(baseline)
  expect((await saveBaseline(folder, 'main', [runFile(), runFile({ id: 'second' })])).replaced).toBe(true)
  expect(await readFile(file, 'utf8')).toBe(first)
  expect(await readdir(folder), 'no draft is left').toEqual(['main.json'])
})

test('the file can be committed: lists of numbers on one line, no address, no body, no command', async () => {
  const { file, bytes } = await saveBaseline(folder, 'main', [runFile()])
  const text = await readFile(file, 'utf8')
  expect(text.split('\n').length).toBeLessThan(60)
  expect(text.endsWith('}\n')).toBe(true)
  expect(Buffer.byteLength(text)).toBe(bytes)
  for (const secret of ['project.example', 'private words', '--env']) expect(text).not.toContain(secret)
})

test('baselines are listed by name, a broken one with what is wrong with it', async () => {
  expect(await listBaselines(folder)).toEqual([])
  await saveBaseline(folder, 'release-1.4', [runFile()])
  await saveBaseline(folder, 'main', [runFile()])
  await writeFile(path.join(folder, 'broken.json'), '{"schema":"journeys/loadtest-baseline/1","name":"x","runs":[]}')
  await writeFile(path.join(folder, 'README.md'), 'why these are here')
  const listed = await listBaselines(folder)
  expect(listed.map(({ name, baseline }) => [name, baseline?.runs.length])).toEqual([
    ['broken', undefined],
    ['main', 1],
    ['release-1.4', 1],
  ])
  expect(listed[0]?.problem).toMatch(/^runs: /)
})

test('a baseline that is not there is an error that names those there are', async () => {
  expect(await findBaseline(folder, 'main')).toBeUndefined()
  await saveBaseline(folder, 'main', [runFile()])
  const error = (await readBaseline(folder, 'mian').catch((reason) => reason)) as JourneysError
  expect(error).toMatchObject({ code: 'baseline_missing', exitCode: 2, detail: 'there: main' })
})

test('a broken file is named with the place in it', async () => {
  const { file } = await saveBaseline(folder, 'main', [runFile()])
  const text = await readFile(file, 'utf8')
  await writeFile(file, text.slice(0, 100))
  await expect(readBaseline(folder, 'main')).rejects.toMatchObject({ code: 'baseline_unreadable', exitCode: 2 })
  await writeFile(file, text.replace(/"errors": 0/, '"errors": -1'))
  await expect(readBaseline(folder, 'main')).rejects.toMatchObject({
    detail: expect.stringContaining('runs.0.requests.0.errors'),
  })
})

test('a deleted baseline is gone', async () => {
  await saveBaseline(folder, 'main', [runFile()])
  await deleteBaseline(folder, 'main')
  expect(await findBaseline(folder, 'main')).toBeUndefined()
  await expect(deleteBaseline(folder, 'main')).rejects.toMatchObject({ code: 'baseline_missing' })
})

test.each(['../main', 'Main', '', '.hidden', 'a/b', 'x'.repeat(65), 'main.json'])('"%s" is no name', async (name) => {
  await expect(saveBaseline(folder, name, [runFile()])).rejects.toMatchObject({ code: 'baseline_name_invalid' })
  await expect(readBaseline(folder, name)).rejects.toMatchObject({ code: 'baseline_name_invalid' })
})

test('nothing that later runs cannot be held against is saved', async () => {
  const refused = { code: 'baseline_not_saved', exitCode: 2 }
  await expect(saveBaseline(folder, 'main', [])).rejects.toMatchObject(refused)
  await expect(saveBaseline(folder, 'main', [runFile({ interrupted: true })])).rejects.toMatchObject(refused)
  await expect(saveBaseline(folder, 'main', [runFile({ verdict: 'invalid' })])).rejects.toMatchObject(refused)
  const other = runFile({ fingerprint: { ...runFile().result.fingerprint, profile: 'spike' } })
  await expect(saveBaseline(folder, 'main', [runFile(), other])).rejects.toMatchObject({
    ...refused,
    detail: 'the profile is spike, was load',
  })
  expect(await findBaseline(folder, 'main')).toBeUndefined()
})
