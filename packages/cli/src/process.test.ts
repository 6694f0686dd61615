import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject, expectNothingLeft, type TestProject } from '../../../tests/support/project.ts'

// The built command in a process of its own: what in-process tests cannot see.

const bin = join(import.meta.dirname, '..', 'bin', 'journeys.js')
let project: TestProject

function journeys(...argv: string[]): ChildProcess & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream } {
  const child = spawn(process.execPath, [bin, ...argv], { cwd: project.workdir, stdio: ['ignore', 'pipe', 'pipe'] })
  return child as ReturnType<typeof journeys>
}

async function ended(child: ReturnType<typeof journeys>) {
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { stdout, stderr, code }
}

beforeAll(async () => {
  project = await createProject()
  await promisify(execFile)(process.execPath, [bin, 'start', '--workdir', project.workdir])
})
afterAll(async () => {
  await project?.remove()
})

test('--version and --help answer from the built files', async () => {
  expect(await ended(journeys('--version'))).toEqual({ stdout: '0.1.0\n', stderr: '', code: 0 })
  expect((await ended(journeys('--help'))).stdout).toContain('Local stack:')
})

test('a reader that goes away ends a watch quietly', async () => {
  const pipe = `"${process.execPath}" "${bin}" health --watch 1 --only database | head -1`
  const { stdout, stderr } = await promisify(execFile)('bash', ['-c', pipe], { cwd: project.workdir })
  expect(stdout).toMatch(/^\d\d:\d\d:\d\d {2}OK\n$/)
  expect(stderr).toBe('')
})

test('a reader that goes away does not change what a finished command says with its exit code', async () => {
  const pipe = `"${process.execPath}" "${bin}" config show | true; echo \${PIPESTATUS[0]}`
  const { stdout, stderr } = await promisify(execFile)('bash', ['-c', pipe], { cwd: project.workdir })
  expect({ stdout, stderr }).toEqual({ stdout: '0\n', stderr: '' })
})

test('Ctrl-C ends a watch with 130', async () => {
  const child = journeys('health', '--watch', '1', '--only', 'database')
  child.stdout.once('data', () => child.kill('SIGINT'))
  const { stdout, stderr, code } = await ended(child)
  expect({ stderr, code }).toEqual({ stderr: '', code: 130 })
  expect(stdout).toContain('OK')
})

test('Ctrl-C and SIGTERM during a load test stop it, keep its report and remove its users', async () => {
  const child = journeys('loadtest', '--users', '5', '--duration', '60s', '--engine', 'builtin')
  child.stderr.once('data', () => setTimeout(() => child.kill('SIGTERM'), 1500))
  const { stdout, code } = await ended(child)
  expect(code).toBe(130)
  expect(stdout).toContain('INTERRUPTED')
  expect(stdout).toContain('report  .journeys/reports/')
  expect(stdout).toMatch(/again {3}journeys loadtest .*--users 5/)
  const left = await ended(journeys('gdpr', 'anonymize', 'nobody@loadtest.invalid'))
  expect(left.code).toBe(1)
})

test('a second Ctrl-C does not wait', async () => {
  await ended(journeys('stop'))
  await expectNothingLeft(project)
  const child = journeys('loadtest', '--users', '5', '--duration', '60s', '--engine', 'builtin')
  child.stderr.once('data', () => {
    setTimeout(() => child.kill('SIGINT'), 1000)
    setTimeout(() => child.kill('SIGINT'), 1020)
  })
  expect((await ended(child)).code).toBe(130)
})
