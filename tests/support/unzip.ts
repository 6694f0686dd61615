import { execFile, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { openPromise } from 'yauzl'

const run = promisify(execFile)
const has = (program: string, argument: string) =>
  spawnSync(program, [argument], { stdio: 'ignore' }).error === undefined

/** Whether this machine can check sums with a program that is not ours. */
export const hasSha256sum = has('sha256sum', '--version')

/** Unpacks a zip file with the machine's own program where it has one, else with yauzl; returns the one folder that is in it. */
export async function unzip(file: string, into: string): Promise<string> {
  if (has('unzip', '-v')) await run('unzip', ['-q', file, '-d', into])
  else await unzipWithYauzl(file, into)
  const [folder, ...others] = await readdir(into)
  if (folder === undefined || others.length > 0) throw new Error(`not one folder in ${file}: ${[folder, ...others]}`)
  return join(into, folder)
}

async function unzipWithYauzl(file: string, into: string): Promise<void> {
  const zip = await openPromise(file)
  for await (const entry of zip.eachEntry()) {
    if (entry.fileName.endsWith('/')) continue
    const path = join(into, entry.fileName)
    await mkdir(dirname(path), { recursive: true })
    await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(path))
  }
}

/** A line for every file in SHA256SUMS, as `sha256sum -c` says it; fails when one does not fit. Without that program Node's hashes serve. */
export async function checkSums(folder: string): Promise<string[]> {
  if (hasSha256sum) return await checkWithSha256sum(folder)
  const lines = (await readFile(join(folder, 'SHA256SUMS'), 'utf8')).trimEnd().split('\n')
  return await Promise.all(
    lines.map(async (line) => {
      const [, sum, name = ''] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? []
      const hash = createHash('sha256').update(await readFile(join(folder, name)))
      if (hash.digest('hex') !== sum) throw new Error(`${name}: FAILED`)
      return `${name}: OK`
    }),
  )
}

export async function checkWithSha256sum(folder: string): Promise<string[]> {
  const { stdout } = await run('sha256sum', ['-c', 'SHA256SUMS', '--strict'], { cwd: folder, maxBuffer: 2 ** 26 })
  return stdout.trim().split('\n')
}
