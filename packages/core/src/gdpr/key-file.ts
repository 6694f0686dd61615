import { randomBytes } from 'node:crypto'
import { chmod, link, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import type { Environment } from '../config/environment.ts'
import { ExitCode, JourneysError } from '../errors.ts'
import { gdprKeyOf, newGdprSecret, splitSecrets } from './key.ts'

/** Where the local stack's key stands: beside its data, so that it outlives `journeys reset`, as receipts do. */
export function localKeyFile(workdir: string): string {
  return join(workdir, '.journeys', 'gdpr', 'key')
}

/**
 * The secrets of the local stack, one a line and the one in use first; made at the first call.
 * @throws JourneysError `gdpr_key_unreadable` (exit code 2)
 */
export async function localGdprSecrets(workdir: string): Promise<[string, ...string[]]> {
  const file = localKeyFile(workdir)
  const found = await readSecrets(file)
  if (found !== undefined) return found
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const draft = await draftOf(file, `${newGdprSecret()}\n`)
  try {
    // Unlike a rename, a link does not take the place of what another process has just put there.
    await link(draft, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(draft, { force: true })
  }
  return (await readSecrets(file)) ?? Promise.reject(unreadable(file))
}

/** Puts a new secret before the others of the local stack. */
async function renewLocalKey(workdir: string): Promise<void> {
  const secrets = await localGdprSecrets(workdir)
  const secret = newGdprSecret()
  const file = localKeyFile(workdir)
  await rename(await draftOf(file, `${[secret, ...secrets].join('\n')}\n`), file)
}

export interface NewKey {
  id: string
  publicKey: string
  /** The file that it was written into, in the working folder. */
  file: string
}

/**
 * Writes a new `JOURNEYS_GDPR_KEY` into `.env.<environment>`, readable by its owner alone. The key before it, when there is one, is
 * kept in `JOURNEYS_GDPR_OLD_KEYS`: without it, what it hashed and signed could no longer be proven.
 *
 * @param current what the environment has now, from wherever it came
 */
async function writeNewKey(
  workdir: string,
  environment: string,
  current: { gdprKey?: string | undefined; gdprOldKeys?: string | undefined },
): Promise<NewKey> {
  const secret = newGdprSecret()
  const { id, publicKey } = gdprKeyOf(secret)
  const name = `.env.${environment}`
  const file = join(workdir, name)
  const before = await readText(file)
  const old = [...(current.gdprKey === undefined ? [] : [current.gdprKey]), ...splitSecrets(current.gdprOldKeys)]
  const kept = before.split('\n').filter((line) => !/^\s*(export\s+)?JOURNEYS_GDPR_(KEY|OLD_KEYS)\s*=/.test(line))
  while (kept.at(-1)?.trim() === '') kept.pop()
  const lines = [...kept, `JOURNEYS_GDPR_KEY=${secret}`]
  if (old.length > 0) lines.push(`JOURNEYS_GDPR_OLD_KEYS=${old.join(',')}`)
  await rename(await draftOf(file, `${lines.join('\n')}\n`), file)
  return { id, publicKey, file: name }
}

/**
 * Makes a key for an environment and writes it where the others of it are. One that is in use already is replaced only when its id is
 * named, and is kept among the old ones.
 * @throws JourneysError `gdpr_key_exists` (exit code 2)
 */
export async function newKey(
  workdir: string,
  environment: Pick<Environment, 'name' | 'isLocal' | 'gdprKey' | 'gdprOldKeys'>,
  replaces: string | undefined,
): Promise<NewKey> {
  const file = environment.isLocal ? localKeyFile(workdir) : undefined
  const local = file === undefined ? undefined : await readSecrets(file)
  const secret = local?.[0] ?? environment.gdprKey
  const inUse = secret === undefined ? undefined : gdprKeyOf(secret).id
  if (inUse !== replaces) throw exists(environment.name, inUse, replaces)
  if (!environment.isLocal) return await writeNewKey(workdir, environment.name, environment)
  if (local !== undefined) await renewLocalKey(workdir)
  const [made] = await localGdprSecrets(workdir)
  const { id, publicKey } = gdprKeyOf(made)
  return { id, publicKey, file: relative(workdir, localKeyFile(workdir)) }
}

function exists(environment: string, inUse: string | undefined, named: string | undefined): JourneysError {
  const env = environment === 'local' ? '' : ` --env ${environment}`
  if (inUse === undefined) {
    return new JourneysError('gdpr_key_missing', `${environment} has no key ${named} that could be replaced`, {
      hint: `journeys gdpr key --new${env} makes its first one`,
      exitCode: ExitCode.usage,
    })
  }
  return new JourneysError('gdpr_key_exists', `${environment} has a key already; nothing was changed`, {
    detail:
      named === undefined
        ? `it is ${inUse}; a new one would sign from now on, and this one be kept for what it signed`
        : `it is ${inUse}, not ${named}`,
    hint: `journeys gdpr key --new${env} --confirm ${inUse}`,
    exitCode: ExitCode.usage,
  })
}

async function readSecrets(file: string): Promise<[string, ...string[]] | undefined> {
  const [first, ...rest] = (await readText(file)).split('\n').filter((line) => line.trim() !== '')
  return first === undefined ? undefined : [first, ...rest]
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw unreadable(file, cause)
  }
}

/** A file beside it with this text, on the disk, for its owner alone. */
async function draftOf(file: string, text: string): Promise<string> {
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`
  const handle = await open(draft, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await chmod(draft, 0o600)
  return draft
}

function unreadable(file: string, cause?: unknown): JourneysError {
  return new JourneysError('gdpr_key_unreadable', `${file} cannot be read`, {
    hint: 'make it a file that you may read, then: journeys gdpr key',
    exitCode: ExitCode.usage,
    cause,
  })
}
