import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addNote, migrations, noteIds } from '../../../../tests/support/notes.ts'
import { createProject, expectNothingLeft, type TestProject } from '../../../../tests/support/project.ts'
import { listProcesses } from '../process-table.ts'
import { type StartedStack, startStack } from './start.ts'
import { stackStatus } from './status.ts'
import { resetStack, stopStack } from './stop.ts'

describe('the life of a stack', () => {
  let project: TestProject
  let stack: StartedStack

  beforeAll(async () => {
    project = await createProject({ migrations, seed: 'insert into public.notes values (1, $$from the seed$$);' })
    stack = await startStack({ workdir: project.workdir })
  })

  afterAll(() => project.remove())

  it('comes up from nothing with migrations and seed, on the ports of config.toml', async () => {
    expect(stack).toMatchObject({ startedNow: true, apiPort: project.apiPort, databasePort: project.databasePort })
    expect(await noteIds(stack)).toEqual([1])
    expect(await stackStatus({ workdir: project.workdir })).toMatchObject({ running: true, ready: true, leftovers: [] })
  })

  it('keeps its secrets in files that only their owner reads, out of command lines and logs', async () => {
    for (const file of [project.stateFile, project.secretsFile]) expect((await stat(file)).mode & 0o777).toBe(0o600)
    const secrets = await readFile(project.secretsFile, 'utf8')
    const { keys, passwords } = JSON.parse(secrets) as Record<string, Record<string, string>>
    const seen = (await listProcesses()).map(({ args }) => args.join(' '))
    for (const name of await readdir(project.logs)) seen.push(await readFile(join(project.logs, name), 'utf8'))
    for (const secret of Object.values({ ...keys, ...passwords })) {
      expect(seen.filter((text) => text.includes(secret))).toEqual([])
    }
  })

  it('is not started twice', async () => {
    expect(await startStack({ workdir: project.workdir })).toMatchObject({
      startedNow: false,
      supervisorPid: stack.supervisorPid,
    })
  })

  it('stops without leaving a process, a socket or a lock, and says when there was nothing to stop', async () => {
    expect(await stopStack({ workdir: project.workdir })).toEqual({ stopped: true })
    await expectNothingLeft(project)
    expect(await stopStack({ workdir: project.workdir })).toEqual({ stopped: false })
    expect(await stackStatus({ workdir: project.workdir })).toMatchObject({ running: false, ready: false })
  })

  it('has the same rows and keys after a stop and a start, and is not seeded again', async () => {
    const again = await startStack({ workdir: project.workdir })
    await addNote(again, 2)
    expect(again).toMatchObject({ startedNow: true, anonKey: stack.anonKey })
    expect(await noteIds(again)).toEqual([1, 2])
  })

  it('is empty but for the seed after a reset, with the same keys', async () => {
    const fresh = await resetStack({ workdir: project.workdir })
    expect(fresh).toMatchObject({ startedNow: true, anonKey: stack.anonKey })
    expect(await noteIds(fresh)).toEqual([1])
  })
})
