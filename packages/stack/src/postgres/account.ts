import { execFile } from 'node:child_process'
import { readFile, stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { JourneysError } from '@journeys/core/ops'

/** The unprivileged system user that Postgres runs as when we are root: it refuses to run as root. */
export interface Account {
  name: string
  uid: number
  gid: number
}

const run = promisify(execFile)

// `_postgres` is macOS's. initdb needs a user with an entry in the passwd database.
const candidates = ['postgres', '_postgres', 'nobody']

/**
 * The user to run Postgres as: nobody else when we are not root; the owner of a data folder that exists; else a system user.
 * @throws JourneysError `no_unprivileged_user` when we are root and the system has none of the users that we look for.
 */
export async function serverAccount(dataDir?: string): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const owner = dataDir === undefined ? undefined : await stat(dataDir).catch(() => undefined)
  if (owner !== undefined && owner.uid !== 0) return { name: `uid ${owner.uid}`, uid: owner.uid, gid: owner.gid }
  for (const name of candidates) {
    const account = (await fromPasswd(name)) ?? (await fromId(name))
    if (account !== undefined) return account
  }
  throw new JourneysError(
    'no_unprivileged_user',
    'Postgres does not run as root, and there is no other user to run it as.',
    {
      detail: `looked for ${candidates.join(', ')}`,
      hint: 'Make a system user (useradd --system postgres), or run journeys as a normal user.',
    },
  )
}

async function fromPasswd(name: string): Promise<Account | undefined> {
  const text = await readFile('/etc/passwd', 'utf8').catch(() => '')
  const fields = text
    .split('\n')
    .map((line) => line.split(':'))
    .find(([first]) => first === name)
  if (fields === undefined) return undefined
  const [uid, gid] = [Number(fields[2]), Number(fields[3])]
  return uid > 0 ? { name, uid, gid } : undefined
}

/** Users that are not in the file: a directory service, or macOS. */
async function fromId(name: string): Promise<Account | undefined> {
  try {
    const [uid, gid] = await Promise.all(
      ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, name])).stdout)),
    )
    // macOS prints nobody's id as -2.
    return uid === undefined || gid === undefined || uid === 0 ? undefined : { name, uid: uid >>> 0, gid: gid >>> 0 }
  } catch {
    return undefined
  }
}
