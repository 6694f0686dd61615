import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadConfig } from '../config/load.ts'
import { gdprKeyOf, newGdprSecret, requireGdprKeys } from './key.ts'
import { localGdprSecrets, localKeyFile, newKey } from './key-file.ts'

let workdir: string
beforeEach(async () => {
  workdir = await mkdtemp(join(tmpdir(), 'journeys-key-'))
})
afterEach(() => rm(workdir, { recursive: true }))

describe('the local stack', () => {
  test('has one key from the first use on, also when ten ask for it at once, and nobody else may read it', async () => {
    const all = await Promise.all(Array.from({ length: 10 }, () => localGdprSecrets(workdir)))
    expect(new Set(all.map(([secret]) => secret)).size).toBe(1)
    expect((await stat(localKeyFile(workdir))).mode & 0o777).toBe(0o600)
    expect(await localGdprSecrets(workdir)).toEqual(all[0])
  })

  test('keeps its old key when it gets a new one', async () => {
    const [old] = await localGdprSecrets(workdir)
    const inUse = gdprKeyOf(old).id
    const local = { name: 'local', isLocal: true }
    await expect(newKey(workdir, local, undefined)).rejects.toMatchObject({
      code: 'gdpr_key_exists',
      exitCode: 2,
      hint: `journeys gdpr key --new --confirm ${inUse}`,
    })
    const { id, file } = await newKey(workdir, local, inUse)
    expect(file).toBe('.journeys/gdpr/key')
    const [current, before] = await localGdprSecrets(workdir)
    expect([gdprKeyOf(current).id, before]).toEqual([id, old])
    expect((await stat(localKeyFile(workdir))).mode & 0o777).toBe(0o600)
  })
})

describe('an environment', () => {
  const keysOf = async () => {
    const { environment } = await loadConfig({ workdir, processEnv: {}, environment: 'live' })
    return requireGdprKeys(environment).all.map(({ id }) => id)
  }
  beforeEach(() =>
    writeFile(
      join(workdir, 'journeys.config.json'),
      JSON.stringify({ environments: { live: { url: 'https://example.org' } } }),
    ),
  )

  test('gets its first key beside what its file holds already', async () => {
    await writeFile(join(workdir, '.env.live'), '# live\nOTHER="a b"', { mode: 0o644 })
    const { id, file } = await newKey(workdir, { name: 'live', isLocal: false }, undefined)
    expect(file).toBe('.env.live')
    expect(await readFile(join(workdir, file), 'utf8')).toMatch(/^# live\nOTHER="a b"\nJOURNEYS_GDPR_KEY=[\w-]{43}\n$/)
    expect((await stat(join(workdir, file))).mode & 0o777).toBe(0o600)
    expect(await keysOf()).toEqual([id])
  })

  test('keeps every key that it ever had, in their order', async () => {
    const [oldest, old] = [newGdprSecret(), newGdprSecret()]
    await writeFile(join(workdir, '.env.live'), `export JOURNEYS_GDPR_KEY = ${old}\n`)
    const live = { name: 'live', isLocal: false, gdprKey: old, gdprOldKeys: oldest }
    await expect(newKey(workdir, live, gdprKeyOf(oldest).id)).rejects.toMatchObject({ code: 'gdpr_key_exists' })
    const { id } = await newKey(workdir, live, gdprKeyOf(old).id)
    expect(await keysOf()).toEqual([id, gdprKeyOf(old).id, gdprKeyOf(oldest).id])
  })
})
