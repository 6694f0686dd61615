import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { migrations } from '../../../../tests/support/notes.ts'
import { createProject, expectNothingLeft, type TestProject } from '../../../../tests/support/project.ts'
import { startStack } from './start.ts'
import { stackStatus } from './status.ts'
import { useStack } from './use.ts'

describe('a stack that commands use', () => {
  let project: TestProject
  const children: ChildProcess[] = []

  beforeEach(async () => {
    project = await createProject({ migrations })
  })

  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
    await project.remove()
  })

  const use = (options = {}) => useStack({ workdir: project.workdir, ...options })
  const isUp = async () => (await stackStatus({ workdir: project.workdir })).ready

  /** Another process that uses the stack until it is told to end, or is killed. */
  async function anotherCommand(): Promise<ChildProcess> {
    const program = `
      const { useStack } = await import('@journeys/stack')
      const { stack, release } = await useStack({ workdir: ${JSON.stringify(project.workdir)} })
      console.log(stack.startedNow)
      process.stdin.once('data', () => release().then(() => process.exit(0)))`
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      cwd: import.meta.dirname,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    children.push(child)
    await Promise.race([once(child.stdout as NodeJS.ReadableStream, 'data'), once(child, 'exit')])
    return child
  }

  it('is stopped by the last one out, not by the one that started it', async () => {
    const first = await use()
    expect(first.stack.startedNow).toBe(true)
    const second = await anotherCommand()
    await first.release()
    expect(await isUp()).toBe(true)
    second.stdin?.write('end\n')
    await once(second, 'exit')
    await expectNothingLeft(project)
    expect((await readdir(project.folder)).sort()).toEqual([
      '.gitignore',
      'logs',
      'postgres',
      'postgrest.conf',
      'secrets.json',
    ])
  })

  it('is stopped by the one that is left when the others were killed', async () => {
    const killed = await anotherCommand()
    const left = await use()
    expect(left.stack.startedNow).toBe(false)
    killed.kill('SIGKILL')
    await once(killed, 'exit')
    let said = false
    await left.release(() => {
      said = true
    })
    expect(said).toBe(true)
    await expectNothingLeft(project)
  })

  it('that a killed command left behind goes with the next one', async () => {
    const killed = await anotherCommand()
    killed.kill('SIGKILL')
    await once(killed, 'exit')
    expect(await isUp()).toBe(true)
    await (await use()).release()
    await expectNothingLeft(project)
  })

  it('stays up once journeys start has asked for it, before or after', async () => {
    const lease = await use()
    expect(await startStack({ workdir: project.workdir })).toMatchObject({ startedNow: false })
    await lease.release()
    expect(await isUp()).toBe(true)
    await (await use()).release()
    expect(await isUp()).toBe(true)
  })

  it('is whole for one that comes while the last one is stopping it', async () => {
    const first = await use()
    const leaving = first.release()
    const second = await use()
    await leaving
    expect(await isUp()).toBe(true)
    await second.release()
    await expectNothingLeft(project)
  })

  it('is taken as it is by one that asks what is wrong with it', async () => {
    const first = await use()
    process.kill(first.stack.postgrestPid, 'SIGSTOP')
    const second = await use({ evenBroken: true })
    expect(second.stack.supervisorPid).toBe(first.stack.supervisorPid)
    process.kill(first.stack.postgrestPid, 'SIGCONT')
    await first.release()
    expect(await isUp()).toBe(true)
    await second.release()
    await expectNothingLeft(project)
  })

  it('leaves no lease behind when the start is interrupted', async () => {
    const interrupt = new AbortController()
    const coming = use({ signal: interrupt.signal })
    setTimeout(() => interrupt.abort(), 100)
    await expect(coming).rejects.toMatchObject({ code: 'interrupted' })
    await expectNothingLeft(project)
    expect(await readdir(join(project.folder, 'leases')).catch(() => [])).toEqual([])
  })
})
