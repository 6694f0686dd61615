import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject, expectNothingLeft, type TestProject } from '../../../../tests/support/project.ts'
import { parseDocument } from '../testing/json-schema.ts'
import { runMain } from '../testing/run-main.ts'

let project: TestProject
const journeys = (words: string) => runMain(words.split(' '), { cwd: project.workdir })

beforeAll(async () => {
  project = await createProject()
})
afterAll(async () => {
  await project?.remove()
})

test('an export says what it wrote, what is secret, what to type, and its users go again', async () => {
  const { code, stdout } = await journeys('loadtest export --to k6-operator --profile smoke --users 5')
  expect(code).toBe(0)
  expect(stdout).toMatch(/^Journeys load test · local · export to k6-operator +written\n/)
  expect(stdout).toMatch(/^ {2}testrun\.yaml +/m)
  expect(stdout).toMatch(/^ {2}users\S*\.json .* secret$/m)
  expect(stdout).toContain('kubectl apply -f configmap.yaml -f testrun.yaml')
  const folder = /^ {2}folder +(\S+)$/m.exec(stdout)?.[1] ?? ''
  expect(await readdir(join(project.workdir, folder))).toContain('configmap.yaml')
  const id = /--remove (\S+)/.exec(stdout)?.[1] ?? ''
  const removed = await journeys(`loadtest export --remove ${id} --json`)
  expect(await parseDocument(removed.stdout)).toMatchObject({ ok: true, id, removed: { removed: 5, left: 0 } })
  await expectNothingLeft(project)
  // Commands are never broken; everything else fits.
  const commands = stdout.slice(stdout.indexOf('next'))
  expect(
    stdout
      .replace(commands, '')
      .split('\n')
      .filter((line) => line.length > 80),
  ).toEqual([])
  for (const secret of (await readFile(project.secretsFile, 'utf8')).match(/ey[\w-]+\.[\w-]+\.[\w-]+/g) ?? []) {
    expect(stdout).not.toContain(secret)
  }
})

test('what cannot be exported is said before the stack is started', async () => {
  const none = await journeys('loadtest export')
  expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('--to is missing') })
  const wrong = await journeys('loadtest export --to k6-operater')
  expect(wrong.stderr).toContain('did you mean k6-operator?')
})
