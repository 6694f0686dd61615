import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject, type TestProject } from '../../../../tests/support/project.ts'
import { parseDocument } from '../testing/json-schema.ts'
import { type RunOptions, runMain } from '../testing/run-main.ts'

let project: TestProject
const small = '--users 20 --duration 4s --engine builtin'

function journeys(words: string, options: RunOptions = {}) {
  return runMain(words.split(' '), { cwd: project.workdir, ...options })
}

beforeAll(async () => {
  project = await createProject()
  await journeys('start')
})
afterAll(async () => {
  await project?.remove()
})

test('a load test ends with a table per scenario, a verdict, and a report that is there', async () => {
  const { code, stdout, stderr } = await journeys(`loadtest ${small}`)
  expect(code).toBe(0)
  expect(stderr).toMatch(/^users {4}20 made in \S+ m?s, now the built-in engine starts\n$/)
  for (const name of ['journal_creation', 'profile_updates', 'progress_viewing', 'premium_purchases', 'all']) {
    expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'))
  }
  expect(stdout).toMatch(/^ {2}PASS +[\d.]+ s judged of [\d.]+ s/m)
  const report = /^ {2}report {2}(\S+)$/m.exec(stdout)?.[1] ?? ''
  expect(await readFile(join(project.workdir, report), 'utf8')).toContain('<html')
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
})

test('a threshold that is not met is exit code 99, in words and as JSON', async () => {
  await writeFile(
    join(project.workdir, 'journeys.config.json'),
    JSON.stringify({ loadtest: { thresholds: { http_req_duration: ['p(95)<0.001'] } } }),
  )
  const { code, stdout, stderr } = await journeys(`loadtest ${small} --json --quiet`, { terminal: 80 })
  await writeFile(join(project.workdir, 'journeys.config.json'), '{}')
  expect({ code, stderr }).toEqual({ code: 99, stderr: '' })
  const document = await parseDocument(stdout)
  expect(document).toMatchObject({ ok: false, environment: 'local', result: { verdict: 'fail', exitCode: 99 } })
  const state = JSON.parse(await readFile(join(project.folder, 'stack.json'), 'utf8'))
  for (const secret of [state.anonKey, state.serviceRoleKey, state.jwtSecret]) expect(stdout).not.toContain(secret)
})

test('on a terminal one line is redrawn, never wider than the screen', async () => {
  const live = (await journeys(`loadtest ${small}`, { terminal: 80 })).stderr
  const lines = stripVTControlCharacters(live).split(/[\n⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/)
  expect(
    lines.some((line) => /steady +█+░* {2}0:\d\d of 0:04 +\d+ req\/s {3}p95 +[\d.]+ ms {3}errors 0/.test(line)),
  ).toBe(true)
  expect(lines.filter((line) => line.length > 79)).toEqual([])
})

test('an unknown profile, engine or number of users is said before anything starts', async () => {
  const profile = await journeys('loadtest --profile recvery')
  expect(profile).toEqual({
    code: 2,
    stdout: '',
    stderr:
      'error  --profile does not take "recvery"\nhint   did you mean recovery? One of: load, spike, stress, recovery, soak, smoke\n',
  })
  const several = await journeys('loadtest --engine k7 --users 0 --duration 5')
  expect(several.code).toBe(2)
  for (const name of ['--engine', '--users', '--duration']) expect(several.stderr).toContain(name)
  expect((await journeys('loadtest --profil smoke')).stderr).toContain(
    'did you mean --profile? One of: load, spike, stress',
  )
})

test('what cannot be run is said before anything starts', async () => {
  await journeys('stop')
  const refusals: Record<string, string> = {
    'loadtest --users 100000': 'ceiling',
    'loadtest --inject true': '--inject is for a recovery profile',
    'loadtest --segment 0:1/2 --engine builtin': '--segment needs k6',
    'loadtest --scenario missing.ts': 'there is no file missing.ts',
  }
  for (const [words, message] of Object.entries(refusals)) {
    const { code, stderr } = await journeys(words)
    expect({ words, code }).toEqual({ words, code: 2 })
    expect(stderr).toContain(message)
    expect(stderr).not.toContain('stack    ready')
  }
  await journeys('start')
})

test('repeats become a baseline, and a later run is held against it', async () => {
  const repeated = await journeys(`loadtest ${small} --repeat 2 --out junit --out markdown=comment.md`)
  expect(repeated.code).toBe(0)
  expect(repeated.stderr).toContain('run 2 of 2')
  expect(repeated.stdout).toMatch(/^ {2}junit {3}\S+\.junit\.xml$/m)
  expect(await readFile(join(project.workdir, 'comment.md'), 'utf8')).toContain('|')
  expect((await journeys('loadtest baseline save main')).stdout).toContain('2 runs')
  const { stdout } = await journeys(`loadtest ${small} --baseline main --json --quiet`)
  const document = await parseDocument(stdout)
  expect(document).toMatchObject({ result: { baseline: { name: 'main' } } })
})

test('a recovery run kills the local database, says how it came back, and every write is there', async () => {
  const { stdout } = await journeys('loadtest --profile recovery --users 100 --duration 20s --engine builtin')
  expect(stdout).toMatch(/^ {2}fault +kill -9 of the postmaster$/m)
  expect(stdout).toMatch(/^ {2}first success +[\d.]+ s after the fault$/m)
  expect(stdout).toMatch(/^ {2}lost writes +0 of \d+ that were answered 2xx/m)
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
})
