import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { filesUnder } from '../../../../../tests/support/media.ts'
import { openFileStore, TooLarge } from './file-store.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'journeys-files-'))
})
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))

const version = (n: number) => `${n.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`

async function* pieces(...contents: string[]) {
  for (const content of contents) yield Buffer.from(content)
}

test('a file comes back whole, a copy lives on without it, and both can be removed twice', async () => {
  const files = openFileStore(join(folder, 'plain'))
  const stored = await files.write(version(1), pieces('one ', 'two'), 7)
  expect(stored).toEqual({ size: 7, md5: createHash('md5').update('one two').digest('hex') })
  await files.copy(version(1), version(2))
  await files.remove(version(1))
  await files.remove(version(1))
  expect(await files.open(version(1))).toBeUndefined()
  const copy = await files.open(version(2))
  // Open, it stays readable.
  await files.remove(version(2))
  expect(await copy?.readFile('utf8')).toBe('one two')
  await copy?.close()
  expect(await filesUnder(join(folder, 'plain'))).toEqual([])
})

test('a source that fails or goes on too long leaves nothing, and no name leads out', async () => {
  const files = openFileStore(join(folder, 'failing'))
  await expect(files.write(version(1), pieces('123', '4'), 3)).rejects.toBeInstanceOf(TooLarge)
  async function* failing() {
    yield Buffer.from('half')
    throw new Error('the client left')
  }
  await expect(files.write(version(1), failing(), 100)).rejects.toThrow('the client left')
  for (const name of ['../../etc/passwd', '', 'null', `${version(1)}/..`]) {
    await expect(files.write(name, pieces('x'), 9)).rejects.toThrow(TypeError)
    await expect(files.open(name)).rejects.toThrow(TypeError)
    await expect(files.remove(name)).rejects.toThrow(TypeError)
  }
  expect(await filesUnder(join(folder, 'failing'))).toEqual([])
})

// Writes for ever: each file is its own version, many times over, in pieces; says which are done.
const writer = `
import { randomUUID } from 'node:crypto'
import { openFileStore } from './file-store.ts'
const files = openFileStore(process.argv[2])
async function* content(version) { for (let n = 0; n < 200; n++) yield Buffer.from(version.repeat(50)) }
async function write() {
  for (;;) {
    const version = randomUUID()
    await files.write(version, content(version), 1e9)
    process.stdout.write(version + '\\n')
    if (Math.random() < 0.3) { await files.copy(version, randomUUID()); await files.remove(version); process.stdout.write('-' + version + '\\n') }
  }
}
await Promise.all([write(), write(), write()])
`

describe('after kill -9 of a process that was writing', () => {
  test('every file in its place is whole, every one that was said to be done is there, and the rest goes', async () => {
    const place = join(folder, 'killed')
    const program = join(folder, 'writer.mjs')
    const { outputFiles } = await build({
      stdin: { contents: writer, resolveDir: import.meta.dirname, loader: 'ts' },
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
    })
    await writeFile(program, outputFiles[0]?.contents ?? '')
    let halves = 0
    for (let round = 0; round < 8; round++) {
      const child = spawn(process.execPath, [program, place], { stdio: ['ignore', 'pipe', 'inherit'] })
      const { done, begun, gone } = await killInTheMiddle(child, 3 + round * 3)
      const files = await filesUnder(place)
      const whole = files.filter((file) => !file.includes('/incoming/'))
      halves += files.length - whole.length
      expect(files.length - whole.length).toBeLessThanOrEqual(3)
      const names = new Set(whole.map((file) => basename(file)))
      for (const one of done) if (!gone.has(one)) expect(names.has(one) || begun.has(one)).toBe(true)
      for (const file of whole) {
        const text = await readFile(file, 'utf8')
        // A copy has the content of its original.
        expect(text.length).toBe(36 * 50 * 200)
        expect(text).toBe(text.slice(0, 36).repeat(50 * 200))
        expect(basename(dirname(file))).toBe(basename(file).slice(0, 2))
      }
      await openFileStore(place).removePartial()
      expect(await filesUnder(place)).toHaveLength(whole.length)
      await rm(place, { recursive: true, force: true })
    }
    // Else this has not shown anything.
    expect(halves).toBeGreaterThan(0)
  })
})

/** Kills the writer some milliseconds after it has written a number of files. `begun`: may have been removed, without a word of it. */
async function killInTheMiddle(child: ChildProcess, count: number) {
  const done = new Set<string>()
  const gone = new Set<string>()
  if (child.stdout === null) throw new Error('no output')
  const lines = createInterface(child.stdout)
  lines.on('line', (line) => (line.startsWith('-') ? gone.add(line.slice(1)) : done.add(line)))
  while (done.size < count) await sleep(1)
  await sleep(Math.random() * 15)
  child.kill('SIGKILL')
  await Promise.all([once(child, 'exit'), once(lines, 'close')])
  // The last of each of the three writers may just have been replaced by its copy.
  const begun = new Set([...done].slice(-6))
  return { done, gone, begun }
}
