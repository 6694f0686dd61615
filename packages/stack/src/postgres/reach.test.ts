import { execFile } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { serverAccount } from './account.ts'
import { findPostgresBinaries, programs } from './binaries.ts'
import { isReachable, reachableBinaries } from './reach.ts'

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

  it('that is closed to the server’s user: root runs a copy of the programs', async (context) => {
    const account = await serverAccount()
    if (account === undefined) return context.skip('only root runs Postgres as another user')
    const found = await findPostgresBinaries()
    const closed = join(folder, 'native')
    await cp(found.root, closed, { recursive: true, verbatimSymlinks: true })
    // As npm leaves them under a strict umask.
    await chmod(join(closed, 'bin', 'postgres'), 0o700)
    const version = `test-${process.pid}`
    const copy = await reachableBinaries({ ...programs(closed), version }, account)
    try {
      const { uid, gid } = account
      const { stdout } = await promisify(execFile)(copy.postgres, ['--version'], { uid, gid, cwd: '/' })
      expect(stdout).toContain('PostgreSQL) 15.')
      expect(await reachableBinaries({ ...programs(closed), version }, account)).toEqual(copy)
    } finally {
      await rm(copy.root, { recursive: true })
    }
  })
})
