import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject, expectNothingLeft, type TestProject } from '../../../../tests/support/project.ts'
import { parseDocument } from '../testing/json-schema.ts'
import { type Ran, type RunOptions, runMain } from '../testing/run-main.ts'

let project: TestProject
const everything: Ran[] = []

async function journeys(words: string, options: RunOptions = {}): Promise<Ran> {
  const ran = await runMain(words.split(' '), { cwd: project.workdir, ...options })
  if (!words.includes('--env')) everything.push(ran)
  return ran
}

beforeAll(async () => {
  project = await createProject()
})
afterAll(async () => {
  await project?.remove()
})

test('before the first start, status says what to type and exits 3', async () => {
  const { code, stdout } = await journeys('status')
  expect(code).toBe(3)
  expect(stdout).toMatch(/^Journeys · local +not up\n\nnext {3}journeys start\n$/)
  expect(await parseDocument((await journeys('status --json')).stdout)).toMatchObject({ ok: false, running: false })
  expect((await journeys('status --env')).stderr).toContain('hint   journeys start')
})

test('start says where everything is, a second start that it is up, and a subfolder is as good', async () => {
  const { code, stdout, stderr } = await journeys('start')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toContain(`API       http://127.0.0.1:${project.apiPort}`)
  expect(stdout).toContain(`Database  postgresql://postgres@127.0.0.1:${project.databasePort}/postgres`)
  const again = await journeys('start --json', { cwd: join(project.workdir, 'supabase', 'migrations') })
  expect(await parseDocument(again.stdout)).toMatchObject({ ok: true, startedNow: false, environment: 'local' })
})

test('status names every part; --env prints lines that a shell takes', async () => {
  const { code, stdout } = await journeys('status')
  expect(code).toBe(0)
  for (const part of ['supervisor', 'gateway', 'postgrest', 'postgres'])
    expect(stdout).toMatch(new RegExp(`${part} +up`))
  const lines = (await journeys('status --env')).stdout
  expect(lines).toMatch(
    /^SUPABASE_URL=http:\S+\nSUPABASE_ANON_KEY=ey\S+\nSUPABASE_SERVICE_ROLE_KEY=ey\S+\nDATABASE_URL=postgresql:\S+\n$/,
  )
  expect(await parseDocument((await journeys('status --env --json')).stdout)).toMatchObject({
    variables: { SUPABASE_URL: `http://127.0.0.1:${project.apiPort}` },
  })
  expect((await journeys('status --env local')).stdout).toContain('supervisor')
})

test('another environment is no business of the stack commands', async () => {
  for (const words of ['start --env staging', 'stop --env staging', 'reset --env staging', 'status --env staging']) {
    const { code, stderr } = await journeys(words)
    expect(code, words).toBe(2)
    expect(stderr).toContain('acts on the local stack')
  }
})

test('reset shows what would go, refuses another name, and with --confirm local starts from nothing', async () => {
  const plan = await journeys('reset')
  expect(plan.code).toBe(0)
  expect(plan.stdout).toContain('Nothing has been changed. To do it:\n  journeys reset --confirm local\n')
  expect((await journeys('reset --confirm prod')).code).toBe(2)
  const { code, stdout } = await journeys('reset --confirm local --json')
  expect(code).toBe(0)
  expect(await parseDocument(stdout)).toMatchObject({ applied: true, running: true })
})

test('a command that finds the stack up leaves it up; one that started it stops it again', async () => {
  await journeys('migrate status')
  expect((await journeys('status')).code).toBe(0)
  expect(await parseDocument((await journeys('stop --json')).stdout)).toMatchObject({ ok: true, stopped: true })
  expect((await journeys('stop')).stdout).toContain('was not running')
  const { code, stderr } = await journeys('migrate status')
  expect(code).toBe(0)
  expect(stderr).toContain('stack    ready in')
  await expectNothingLeft(project)
})

test('a stack that a command started stays up under one that joined it, and goes with the last of them', async () => {
  const watch = () => {
    const interrupt = new AbortController()
    let seen = ''
    let look = () => {}
    const ended = journeys('health --watch 1 --only database', {
      signal: interrupt.signal,
      onOutput: (stdout) => {
        seen = stdout
        look()
      },
    })
    /** Resolves when it has printed one more line. */
    const next = () => {
      const before = seen
      return new Promise<void>((resolve) => {
        look = () => seen !== before && resolve()
      })
    }
    const end = () => {
      interrupt.abort()
      return ended
    }
    return { next, end }
  }
  const first = watch()
  await first.next()
  const second = watch()
  await second.next()
  await first.end()
  await second.next()
  const { stdout } = await second.end()
  expect(stdout).toMatch(/^(\d\d:\d\d:\d\d {2}OK\n)+$/)
  await expectNothingLeft(project)
})

test('Ctrl-C during a start ends with 130, says how to go on and leaves nothing', async () => {
  const interrupt = new AbortController()
  setTimeout(() => interrupt.abort(), 100)
  const { code, stdout, stderr } = await journeys('start', { signal: interrupt.signal })
  expect({ code, stdout }).toEqual({ code: 130, stdout: '' })
  expect(stderr).toContain('journeys start')
  await expectNothingLeft(project)
})

test('nothing that was printed holds a key or a password, and nothing is wider than 80 columns', async () => {
  const { stdout } = await journeys('start --json')
  await journeys('status')
  const state = JSON.parse(await readFile(join(project.folder, 'stack.json'), 'utf8'))
  const secrets = [state.anonKey, state.serviceRoleKey, state.jwtSecret, new URL(state.databaseUrl).password]
  for (const ran of [...everything, { stdout, stderr: '' }]) {
    for (const secret of secrets) {
      expect(secret).toBeTruthy()
      expect(ran.stdout + ran.stderr).not.toContain(secret)
    }
    const lines = ran.stdout.split('\n').filter((line) => !line.startsWith('{') && !line.includes('logs'))
    expect(lines.filter((line) => line.length > 80)).toEqual([])
  }
})
