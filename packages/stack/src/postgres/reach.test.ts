import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isReachable } from './reach.ts'

describe('a folder', () => {
  // Nobody has this number, so only what is open to all is open to them.
  const stranger = { name: 'stranger', uid: 61_234, gid: 61_234 }
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'journeys-reach-'))
    await mkdir(join(folder, 'data'))
  })

  afterEach(() => rm(folder, { recursive: true }))

  it('below one that is closed to others cannot be reached by another user', async () => {
    expect(await isReachable(join(folder, 'data'), stranger)).toBe(false)
  })

  it('below open ones can, also before it exists', async () => {
    await chmod(folder, 0o711)
    expect(await isReachable(join(folder, 'data'), stranger)).toBe(true)
    expect(await isReachable(join(folder, 'data', 'not', 'there', 'yet'), stranger)).toBe(true)
  })

  it('can be reached by its owner', async () => {
    const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0]
    expect(await isReachable(join(folder, 'data'), { name: 'me', uid, gid })).toBe(true)
  })
})
