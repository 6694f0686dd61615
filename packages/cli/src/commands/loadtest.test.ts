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
  expect(stdout).toMatch(/^ {2}PASS +steady/m)
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
  const profile = await journeys('loadtest --profile smoek')
  expect(profile).toEqual({
    code: 2,
    stdout: '',
    stderr: 'error  --profile does not take "smoek"\nhint   did you mean smoke? One of: load, smoke\n',
  })
  const several = await journeys('loadtest --engine k7 --users 0 --duration 5')
  expect(several.code).toBe(2)
  for (const name of ['--engine', '--users', '--duration']) expect(several.stderr).toContain(name)
  expect((await journeys('loadtest --profil smoke')).stderr).toContain('did you mean --profile? One of: load, smoke')
})
