import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { explainFolder } from '../folder.ts'
import { serverAccount } from '../postgres/account.ts'
import { isReachable, nearestExisting, SYSTEM_FOLDER } from '../postgres/reach.ts'
import { endServers, findStackProcesses } from './leftovers.ts'
import { writePrivateJson } from './private-file.ts'
import type { Project } from './project.ts'

/** Every folder that may hold the project's data, in the order in which they are looked at. */
export function dataPlaces(project: Project): { own: string; system: string } {
  return { own: join(project.folder, 'postgres'), system: join(systemFolder(project.workdir), 'postgres') }
}

/**
 * Where the project's data lies, or is to lie: `.journeys/postgres`; for root, whose Postgres runs as another user, a folder under
 * `/var/lib/journeys` when that user cannot enter the project's. Data that is already at one of the two stays there.
 * @throws JourneysError `folder_not_writable`, `disk_full`, `no_unprivileged_user`
 */
export async function chooseDataPlace(project: Project): Promise<string> {
  const { own, system } = dataPlaces(project)
  const account = await serverAccount(own)
  if (account === undefined) return own
  if (await hasData(own)) return own
  if (!(await hasData(system)) && (await isReachable(project.folder, account))) return own
  try {
    await mkdir(systemFolder(project.workdir), { recursive: true, mode: 0o755 })
    await writePrivateJson(join(systemFolder(project.workdir), 'owner.json'), {
      workdir: project.workdir,
      device: (await stat(project.workdir)).dev,
    })
  } catch (error) {
    throw explainFolder(error, SYSTEM_FOLDER)
  }
  return system
}

/** Deletes the project's data wherever it lies, the files of Storage with it. Nothing may be running on it. */
export async function deleteData(project: Project): Promise<void> {
  const { own } = dataPlaces(project)
  try {
    // Files last: left over without their rows they are found by the next start; rows without files would stay.
    for (const path of [own, `${own}.new`, ...(isRoot() ? [systemFolder(project.workdir)] : []), project.storage]) {
      await rm(path, { recursive: true, force: true, maxRetries: 3 })
    }
  } catch (error) {
    throw explainFolder(error, own)
  }
}

/** Root only: deletes what was kept outside of projects that no longer exist, and ends a server that still runs there. */
export async function deleteOrphanedData(): Promise<void> {
  if (!isRoot()) return
  for (const name of await readdir(SYSTEM_FOLDER).catch(() => [])) {
    const folder = join(SYSTEM_FOLDER, name)
    const owner = await readFile(join(folder, 'owner.json'), 'utf8').catch(() => undefined)
    if (owner === undefined || !/^[0-9a-f]{16}$/.test(name)) continue
    const { workdir, device } = JSON.parse(owner) as { workdir?: string; device?: number }
    if (typeof workdir !== 'string' || (await exists(workdir))) continue
    // On another file system than it was: the project is not deleted, its disk is not mounted.
    if ((await stat(await nearestExisting(workdir))).dev !== device) continue
    const project = { workdir, postgrestConfig: join(workdir, '.journeys', 'postgrest.conf') }
    await endServers(await findStackProcesses(project, [join(folder, 'postgres')]))
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

function systemFolder(workdir: string): string {
  return join(SYSTEM_FOLDER, createHash('sha256').update(workdir).digest('hex').slice(0, 16))
}

function hasData(dataDir: string): Promise<boolean> {
  return exists(join(dataDir, 'PG_VERSION'))
}

/** Only a clear "no such file" counts as missing: a folder that cannot be looked at is not gone. */
async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT' && error.code !== 'ENOTDIR',
  )
}

function isRoot(): boolean {
  return process.getuid?.() === 0
}
