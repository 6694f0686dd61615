import { randomBytes } from 'node:crypto'
import { readdir, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { explainFolder } from '../folder.ts'
import { processIdentity } from '../process-table.ts'
import { readJson, writePrivateJson } from './private-file.ts'
import { makeFolder, makeProjectFolder, openProject, type Project } from './project.ts'
import { alone, isOnDemand, liveState, removePurpose, writePurpose } from './purpose.ts'
import { bringUp, type StartedStack, type StartOptions } from './start.ts'
import { stopStack } from './stop.ts'

export interface UseOptions extends StartOptions {
  /** Takes a stack whose supervisor lives as it is, also one that is not ready. @defaultValue false */
  evenBroken?: boolean | undefined
}

export interface StackLease {
  stack: StartedStack
  /**
   * Ends the use. The last one out stops a stack that was started on demand; one that `startStack` was asked for stays.
   * @param onStopping - called before it is stopped: that takes a moment
   */
  release(onStopping?: () => void): Promise<void>
}

/**
 * Brings the stack up when it is not, for as long as somebody uses it: the command that started it may end before one that joined.
 * Who uses it stands in files of `.journeys/leases`; that of a process which was killed counts as none.
 * @throws JourneysError as `startStack`
 */
export async function useStack(options: UseOptions): Promise<StackLease> {
  const project = await openProject(options.workdir)
  await makeProjectFolder(project)
  const lease = join(leasesFolder(project), `${process.pid}-${randomBytes(4).toString('hex')}.json`)
  const identity = (await processIdentity(process.pid)) ?? ''
  // Before it is known whether the stack is up: from now on nobody else is the last one out.
  await alone(project, options.signal, async () => {
    await makeFolder(leasesFolder(project), 0o700).catch((error: unknown) => {
      throw explainFolder(error, leasesFolder(project))
    })
    await writePrivateJson(lease, { pid: process.pid, identity })
  })
  let released = false
  const release = async (onStopping?: () => void) => {
    if (released) return
    released = true
    await leave(project, lease, onStopping)
  }
  try {
    const asItIs = options.evenBroken ? await liveState(project) : undefined
    const stack = asItIs === undefined ? await bringUp(options) : { ...asItIs, startedNow: false }
    if (stack.startedNow) await alone(project, undefined, () => writePurpose(project, stack, 'on demand'))
    return { stack, release }
  } catch (error) {
    await release().catch(() => undefined)
    throw error
  }
}

async function leave(project: Project, lease: string, onStopping: (() => void) | undefined): Promise<void> {
  await alone(project, undefined, async () => {
    await rm(lease, { force: true })
    if (await isUsed(project)) return
    await rmdir(leasesFolder(project)).catch(() => undefined)
    const state = await liveState(project)
    if (state === undefined || !(await isOnDemand(project, state))) return
    onStopping?.()
    await stopStack({ workdir: project.workdir })
    await removePurpose(project)
  })
}

/** Leases of the dead are removed on the way. */
async function isUsed(project: Project): Promise<boolean> {
  let used = false
  for (const name of await readdir(leasesFolder(project)).catch(() => [])) {
    const path = join(leasesFolder(project), name)
    const { pid, identity } = ((await readJson(path)) ?? {}) as { pid?: number; identity?: string }
    if (typeof pid === 'number' && (await processIdentity(pid)) === identity) used = true
    else await rm(path, { force: true })
  }
  return used
}

function leasesFolder(project: Project): string {
  return join(project.folder, 'leases')
}
