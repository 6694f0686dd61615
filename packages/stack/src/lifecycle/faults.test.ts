import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it, type TestContext } from 'vitest'
import { migrations, noteIds } from '../../../../tests/support/notes.ts'
import { createProject, expectNothingLeft, type TestProject } from '../../../../tests/support/project.ts'
import { dataPlaces } from './data-place.ts'
import { startStack } from './start.ts'
import { stackStatus } from './status.ts'
import { resetStack, stopStack } from './stop.ts'

const run = promisify(execFile)
const isRoot = process.getuid?.() === 0

const cleanups: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean()
})

async function project(options: Parameters<typeof createProject>[0] = {}): Promise<TestProject> {
  const made = await createProject({ migrations, ...options })
  cleanups.push(made.remove)
  return made
}

/** The port is taken from here to the end of the test. */
async function occupy(port: number): Promise<void> {
  const server = await new Promise<Server>((resolve, reject) => {
    const listening = createServer().once('error', reject)
    listening.listen({ port, host: '127.0.0.1' }, () => resolve(listening))
  })
  cleanups.push(() => new Promise((resolve) => server.close(resolve)))
}

/** Lays a small file system of its own over a folder; skips the test where that is not allowed. */
async function mountOver(context: TestContext, folder: string, options: string): Promise<void> {
  if (process.platform !== 'linux' || !isRoot) context.skip('only root on Linux may mount a file system')
  await mkdir(folder, { recursive: true })
  await run('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]).catch((error: Error) =>
    context.skip(`mount is not allowed here: ${error.message}`),
  )
  cleanups.push(() => run('umount', ['--lazy', folder]))
}

describe('a start that cannot work says what is wrong, and leaves nothing', () => {
  it('a folder without supabase/', async () => {
    const workdir = await mkdtemp(join(tmpdir(), 'journeys-empty-'))
    cleanups.push(() => rm(workdir, { recursive: true }))
    await expect(startStack({ workdir })).rejects.toMatchObject({
      code: 'no_supabase_folder',
      exitCode: 2,
      hint: expect.stringContaining('--workdir'),
    })
  })

  it('a port that was asked for and is taken', async () => {
    const { workdir, ...one } = await project()
    await occupy(one.apiPort)
    const processEnv = { ...process.env, JOURNEYS_API_PORT: String(one.apiPort) }
    await expect(startStack({ workdir, processEnv })).rejects.toMatchObject({
      code: 'port_taken',
      hint: expect.stringContaining('JOURNEYS_API_PORT='),
    })
    await expectNothingLeft({ workdir, ...one })
    expect((await stackStatus({ workdir })).lastFailure).toMatchObject({ code: 'port_taken' })
  })

  it('a port that is not a number', async () => {
    const { workdir } = await project()
    const processEnv = { ...process.env, JOURNEYS_DATABASE_PORT: 'http' }
    await expect(startStack({ workdir, processEnv })).rejects.toMatchObject({ code: 'port_invalid', exitCode: 2 })
  })

  it('a config.toml with wrong values, all of them named', async () => {
    const one = await project()
    await writeFile(join(one.workdir, 'supabase', 'config.toml'), '[api]\nport = "x"\nmax_rows = -1\n')
    await expect(startStack(one)).rejects.toMatchObject({
      code: 'settings_invalid',
      exitCode: 2,
      detail: expect.stringMatching(/api\.port(.|\n)*api\.max_rows/),
    })
    await expectNothingLeft(one)
  })

  it('a migration that fails, and the next start goes on where it stopped', async () => {
    const one = await project({ migrations: { ...migrations, '20260102000000_wrong.sql': 'create tabel oops ();' } })
    await expect(startStack(one)).rejects.toMatchObject({ code: 'migration_failed' })
    await expectNothingLeft(one)
    await writeFile(join(one.migrations, '20260102000000_wrong.sql'), 'insert into public.notes values (7, $$right$$);')
    expect(await noteIds(await startStack(one))).toEqual([7])
  })

  it('a data folder of another Postgres major, and reset starts over', async () => {
    const one = await project()
    await startStack(one)
    await stopStack(one)
    const version = join(dataPlaces(one).own, 'PG_VERSION')
    await writeFile(version, '14\n')
    await expect(startStack(one)).rejects.toMatchObject({
      code: 'data_other_major',
      message: expect.stringContaining('PostgreSQL 14'),
      hint: expect.stringContaining('journeys reset'),
    })
    expect(await readFile(version, 'utf8')).toBe('14\n')
    await expectNothingLeft(one)
    expect(await noteIds(await resetStack(one))).toEqual([])
  })

  it('passwords that are gone while the data is there', async () => {
    const one = await project()
    await startStack(one)
    await stopStack(one)
    await rm(one.secretsFile)
    await expect(startStack(one)).rejects.toMatchObject({
      code: 'secrets_missing',
      hint: expect.stringContaining('reset'),
    })
    await expectNothingLeft(one)
  })

  it('a read-only folder', async (context) => {
    const one = await project()
    if (isRoot) {
      await mountOver(context, one.workdir, 'size=1m')
      await mkdir(join(one.workdir, 'supabase'))
      await run('mount', ['-o', 'remount,ro', one.workdir])
    } else {
      await chmod(one.workdir, 0o555)
      cleanups.push(() => chmod(one.workdir, 0o755))
    }
    await expect(startStack(one)).rejects.toMatchObject({
      code: 'folder_not_writable',
      message: expect.stringContaining(one.folder),
      hint: expect.stringContaining('--workdir'),
    })
    expect(await stackStatus(one)).toMatchObject({ running: false })
  })

  // An empty cluster takes 40 MB, the keys less than a page.
  for (const [when, size] of [
    ['in the middle of initdb', '20m'],
    ['before the keys are written', '12k'],
  ]) {
    it(`a disk that is full ${when}`, async (context) => {
      const one = await project()
      await mountOver(context, one.folder, `size=${size},mode=711`)
      await expect(startStack(one)).rejects.toMatchObject({
        code: 'disk_full',
        detail: expect.stringMatching(/no space left/i),
        hint: expect.stringContaining('Free some space'),
      })
      await expectNothingLeft(one)
    })
  }

  it('an interrupt', async () => {
    const one = await project()
    const interrupt = new AbortController()
    const start = startStack({
      ...one,
      signal: interrupt.signal,
      onProgress: ({ phase }) => {
        if (phase === 'migrations') interrupt.abort()
      },
    })
    await expect(start).rejects.toMatchObject({ code: 'interrupted', exitCode: 130 })
    await expectNothingLeft(one)
  })
})

describe('a start that works around', () => {
  it('ports of config.toml that are taken: the next free ones', async () => {
    const one = await project()
    await occupy(one.apiPort)
    await occupy(one.databasePort)
    const stack = await startStack(one)
    expect(stack.apiPort).toBeGreaterThan(one.apiPort)
    expect(stack.databasePort).toBeGreaterThan(one.databasePort)
    expect(await noteIds(stack)).toEqual([])
  })

  it('a lock whose owner is dead, or whose number belongs to somebody else now', async () => {
    const one = await project()
    await mkdir(one.folder, { recursive: true })
    for (const pid of [2 ** 22 + 1, process.pid]) {
      await writeFile(one.lockFile, JSON.stringify({ pid, identity: 'another time', token: 'x' }))
      expect(await startStack(one)).toMatchObject({ startedNow: true })
      await stopStack(one)
    }
  })

  it('a folder that Postgres’s user may not enter: root keeps the data elsewhere', async (context) => {
    if (!isRoot) context.skip('only root runs Postgres as another user')
    const one = await project({ open: false })
    const stack = await startStack(one)
    expect(stack.dataDir).toBe(dataPlaces(one).system)
    expect(await noteIds(stack)).toEqual([])
  })
})
