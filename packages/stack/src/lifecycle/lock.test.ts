import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { processIdentity } from '../process-table.ts'
import { lockHolder, takeLock } from './lock.ts'

describe('the lock', () => {
  let folder: string
  let path: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'journeys-lock-'))
    path = join(folder, 'lock')
  })

  afterEach(() => rm(folder, { recursive: true }))

  it('is held by one, and the other is told by whom', async () => {
    const lock = await takeLock(path)
    expect(await takeLock(path)).toEqual({ pid: process.pid })
    expect(await lockHolder(path)).toEqual({ pid: process.pid })
    if ('pid' in lock) throw new Error('not taken')
    await lock.release()
    expect(await lockHolder(path)).toBeUndefined()
    expect(await readdir(folder)).toEqual([])
  })

  it('goes to exactly one of many who find it left by a dead process', async () => {
    const dead = spawn(process.execPath, ['--version'])
    const exit = once(dead, 'exit')
    const identity = (await processIdentity(dead.pid as number)) ?? 'gone already'
    await exit
    for (let round = 0; round < 10; round++) {
      await writeFile(path, JSON.stringify({ pid: dead.pid, identity, token: `left ${round}` }))
      const results = await Promise.all(Array.from({ length: 8 }, () => takeLock(path)))
      const taken = results.filter((one) => !('pid' in one))
      expect(taken).toHaveLength(1)
      expect(await readdir(folder)).toEqual(['lock'])
      await rm(path)
    }
  })

  it('of a process whose number went to another one counts as free', async () => {
    await writeFile(path, JSON.stringify({ pid: process.pid, identity: 'started at another time', token: 'x' }))
    expect(await lockHolder(path)).toBeUndefined()
    expect(await takeLock(path)).not.toHaveProperty('pid')
  })

  it('that holds no JSON, as after a crash, counts as free', async () => {
    await writeFile(path, '')
    expect(await takeLock(path)).not.toHaveProperty('pid')
  })

  it('is not released by one who lost it', async () => {
    const lock = await takeLock(path)
    if ('pid' in lock) throw new Error('not taken')
    await rm(path)
    const next = await takeLock(path)
    await lock.release()
    expect(await lock.isOurs()).toBe(false)
    expect('pid' in next ? undefined : await next.isOurs()).toBe(true)
  })
})
