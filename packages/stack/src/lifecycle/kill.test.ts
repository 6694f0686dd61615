import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addNote, migrations, noteIds } from '../../../../tests/support/notes.ts'
import { createProject, expectNothingLeft, type TestProject } from '../../../../tests/support/project.ts'
import { type StartedStack, startStack } from './start.ts'
import type { StackState } from './state.ts'
import { type StackPartName, stackStatus } from './status.ts'
import { stopStack } from './stop.ts'

describe('after kill -9 of', () => {
  let project: TestProject
  let stack: StackState
  let nextNote = 1

  beforeAll(async () => {
    project = await createProject({ migrations })
    stack = await startStack({ workdir: project.workdir })
  })

  afterAll(() => project.remove())

  /** Writes all the while, and puts down what the server said was committed. */
  async function keepWriting(committed: number[], signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const id = nextNote++
      await addNote(stack, id).then(
        () => committed.push(id),
        () => sleep(20),
      )
    }
  }

  /** Kills while rows are written, brings the stack back, and expects every committed row. */
  async function survives(victims: number[], bringBack: () => Promise<StackState>): Promise<void> {
    const end = new AbortController()
    const committed: number[] = []
    const writing = keepWriting(committed, end.signal)
    while (committed.length < 5) await sleep(5)
    for (const pid of victims) process.kill(pid, 'SIGKILL')
    stack = await bringBack()
    end.abort()
    await writing
    expect(await noteIds(stack)).toEqual(expect.arrayContaining(committed))
    for (const pid of victims) {
      const { supervisors, postgres, postgrest } = await project.processes()
      expect([...supervisors, ...postgres, ...postgrest]).not.toContain(pid)
    }
    const { supervisors, postgres, postgrest } = await project.processes()
    expect([supervisors.length, postgres.length, postgrest.length]).toEqual([1, 1, 1])
  }

  const nextStart = () => startStack({ workdir: project.workdir })

  /** The supervisor's own doing: ready again, with another process in that part. */
  async function mended(name: StackPartName, pid: number): Promise<StackState> {
    for (;;) {
      const status = await stackStatus({ workdir: project.workdir })
      const part = status.parts.find((one) => one.name === name)
      if (status.ready && status.state && part?.pid !== pid) return status.state
      await sleep(20)
    }
  }

  it('Postgres, the supervisor brings it back with every committed row', () =>
    survives([stack.postgresPid], () => mended('postgres', stack.postgresPid)))

  it('PostgREST, the supervisor brings it back', () =>
    survives([stack.postgrestPid], () => mended('postgrest', stack.postgrestPid)))

  it('Postgres and PostgREST together, the supervisor brings both back', () =>
    survives([stack.postgresPid, stack.postgrestPid], async () => {
      const { postgresPid, postgrestPid } = stack
      await mended('postgres', postgresPid)
      return mended('postgrest', postgrestPid)
    }))

  it('the supervisor, the next start takes its servers over', () => survives([stack.supervisorPid], nextStart))

  it('everything at once, the next start recovers', () =>
    survives([stack.supervisorPid, stack.postgresPid, stack.postgrestPid], nextStart))

  it('the supervisor, status says what is left and stop ends it', async () => {
    process.kill(stack.supervisorPid, 'SIGKILL')
    await sleep(20)
    const status = await stackStatus({ workdir: project.workdir })
    expect(status).toMatchObject({ running: false, ready: false })
    expect(status.leftovers.sort()).toEqual([stack.postgresPid, stack.postgrestPid].sort())
    expect(await stopStack({ workdir: project.workdir })).toEqual({ stopped: true })
    await expectNothingLeft(project)
  })
})

describe('starts that get in each other’s way', () => {
  let project: TestProject

  beforeAll(async () => {
    project = await createProject({ migrations })
  })

  afterAll(() => project.remove())

  it('three at once give one stack, and all of them report it', async () => {
    const stacks = await Promise.all([1, 2, 3].map(() => startStack({ workdir: project.workdir })))
    expect(stacks.filter(({ startedNow }) => startedNow)).toHaveLength(1)
    expect(new Set(stacks.map(({ supervisorPid }) => supervisorPid)).size).toBe(1)
    expect((await project.processes()).supervisors).toHaveLength(1)
    await stopStack({ workdir: project.workdir })
  })

  it('one that is killed -9 half-way blocks nobody', async () => {
    const starter = spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `const { startStack } = await import('@journeys/stack')
         await startStack({ workdir: ${JSON.stringify(project.workdir)}, onProgress: ({ phase }) => console.log(phase) })`,
      ],
      { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'inherit'] },
    )
    await Promise.race([once(starter.stdout, 'data'), once(starter, 'exit')])
    starter.kill('SIGKILL')
    const stack: StartedStack = await startStack({ workdir: project.workdir })
    await addNote(stack, 1)
    expect(await noteIds(stack)).toEqual([1])
  })

  it('a supervisor whose folder is deleted ends itself and its servers', async () => {
    await rm(project.workdir, { recursive: true, force: true })
    const deadline = Date.now() + 15_000
    for (;;) {
      const { supervisors, postgres, postgrest } = await project.processes()
      if (supervisors.length + postgres.length + postgrest.length === 0) break
      if (Date.now() > deadline) throw new Error('still running')
      await sleep(100)
    }
  })
})
