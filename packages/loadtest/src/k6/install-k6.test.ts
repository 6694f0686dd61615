import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cachedK6 } from './cache-folder.ts'
import { findK6 } from './find-k6.ts'
import { installK6 } from './install-k6.ts'
import { type K6Source, pinnedK6 } from './pinned.ts'

let folder: string
let server: Server
let archive: Buffer
/** Bytes that the server holds back until this resolves: a slow network. */
let hold: Promise<void> = Promise.resolve()
const platform = `${process.platform}-${process.arch}`

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'journeys-k6-install-'))
  // The installer only asks a program for its version: this one says it, and a real k6 is 70 MB.
  const packed = path.join(folder, 'pack', 'k6-v1.99.0-test')
  await mkdir(packed, { recursive: true })
  await writeFile(path.join(packed, 'k6'), '#!/bin/sh\necho "k6 v1.99.0 (go1.26, linux/amd64)"\n', { mode: 0o755 })
  execFileSync('tar', [
    '-czf',
    path.join(folder, 'k6-v1.99.0-test.tar.gz'),
    '-C',
    path.join(folder, 'pack'),
    'k6-v1.99.0-test',
  ])
  archive = await readFile(path.join(folder, 'k6-v1.99.0-test.tar.gz'))
  server = createServer(async (request, response) => {
    if (!request.url?.endsWith('/k6-v1.99.0-test.tar.gz')) return void response.writeHead(404).end()
    response.writeHead(200, { 'content-length': archive.length })
    response.write(archive.subarray(0, 50))
    await hold
    response.end(archive.subarray(50))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await rm(folder, { recursive: true, force: true })
})

/** A release at the loopback server, and a machine without Go whose caches are in a folder of their own. */
async function machine(archives: Partial<{ file: string; sha256: string }> | null = {}) {
  const home = await mkdtemp(path.join(folder, 'home-'))
  const processEnv = { HOME: home, XDG_CACHE_HOME: home, LOCALAPPDATA: home, PATH: '/usr/bin:/bin' }
  const pinned = {
    file: 'k6-v1.99.0-test.tar.gz',
    sha256: createHash('sha256').update(archive).digest('hex'),
    ...archives,
  }
  const source: K6Source = {
    release: {
      version: '1.99.0',
      baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1.99.0`,
      archives: archives === null ? {} : { [platform]: pinned },
    },
    module: pinnedK6.module,
  }
  return { processEnv, source, cache: path.dirname(cachedK6(processEnv)) }
}

describe.skipIf(process.platform === 'win32')('journeys k6 install', () => {
  test('downloads the release, checks it, and loadtest finds it', async () => {
    const { processEnv, source, cache } = await machine()
    expect(await findK6(processEnv)).toBeUndefined()
    const said: string[] = []
    const installed = await installK6({ processEnv, source, onProgress: (text) => said.push(text) })
    expect(installed).toEqual({ path: cachedK6(processEnv), version: '1.99.0', how: 'release' })
    expect(await findK6(processEnv)).toEqual({ path: installed.path, version: '1.99.0' })
    expect(said).toContain('downloading k6 1.99.0 100 %')
    expect(await readdir(cache)).toEqual(['k6'])
  })

  test('throws a download away that is not what was pinned', async () => {
    const { processEnv, source, cache } = await machine({ sha256: '0'.repeat(64) })
    await expect(installK6({ processEnv, source })).rejects.toMatchObject({ code: 'checksum_mismatch' })
    expect(await readdir(cache)).toEqual([])
  })

  test('without a release and without Go it says what was tried and what works meanwhile', async () => {
    const missing = await machine({ file: 'gone.tar.gz' })
    await expect(installK6(missing)).rejects.toMatchObject({
      code: 'k6_not_installed',
      detail: expect.stringContaining('the server answered 404'),
      hint: expect.stringContaining('--engine builtin'),
    })
    await expect(installK6(await machine(null))).rejects.toMatchObject({
      detail: expect.stringContaining(`no official release of k6 has a pinned checksum for ${platform}`),
    })
  })

  test('four at once leave one k6', async () => {
    const { processEnv, source, cache } = await machine()
    const all = await Promise.all(Array.from({ length: 4 }, () => installK6({ processEnv, source })))
    expect(all.map(({ version }) => version)).toEqual(['1.99.0', '1.99.0', '1.99.0', '1.99.0'])
    expect(await readdir(cache)).toEqual(['k6'])
  })

  test('Ctrl-C leaves nothing half installed, and the next install tidies up after a killed one', async () => {
    const { processEnv, source, cache } = await machine()
    const interrupt = new AbortController()
    hold = new Promise((resolve) => interrupt.signal.addEventListener('abort', () => resolve()))
    const installing = installK6({ processEnv, source, signal: interrupt.signal, onProgress: () => interrupt.abort() })
    await expect(installing).rejects.toMatchObject({ code: 'interrupted', exitCode: 130 })
    expect(await readdir(cache)).toEqual([])

    // Linux gives no process a number this high.
    await mkdir(path.join(cache, '.install-99999999-dead'))
    await installK6({ processEnv, source })
    expect(await readdir(cache)).toEqual(['k6'])
  })

  test('a k6 that is not one is passed over on PATH, and refused in JOURNEYS_K6', async () => {
    const { processEnv } = await machine()
    const bin = await mkdtemp(path.join(folder, 'bin-'))
    await writeFile(path.join(bin, 'k6'), '#!/bin/sh\necho "k6 v0.49.0"\n')
    await chmod(path.join(bin, 'k6'), 0o755)
    expect(await findK6({ ...processEnv, PATH: `${bin}:/usr/bin:/bin` })).toBeUndefined()
    await expect(findK6({ ...processEnv, JOURNEYS_K6: path.join(bin, 'k6') })).rejects.toMatchObject({
      code: 'k6_unusable',
      detail: path.join(bin, 'k6'),
    })
  })
})

test('every pinned archive has a whole SHA-256 and belongs to the pinned version', () => {
  for (const { file, sha256 } of Object.values(pinnedK6.release.archives)) {
    expect(sha256).toMatch(/^[0-9a-f]{64}$/)
    expect(file).toContain(`k6-v${pinnedK6.release.version}-`)
    expect(pinnedK6.release.baseUrl.endsWith(`/v${pinnedK6.release.version}`)).toBe(true)
  }
})
