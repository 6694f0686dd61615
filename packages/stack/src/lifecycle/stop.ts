import { rm } from 'node:fs/promises'
import { ExitCode, JourneysError } from '@journeys/core/ops'
import { explainFolder } from '../folder.ts'
import { endProcess } from '../process-table.ts'
import type { StackProgress } from '../supervisor/message.ts'
import { dataPlaces, deleteData } from './data-place.ts'
import { endServers, findStackProcesses } from './leftovers.ts'
import { lockHolder, takeLock } from './lock.ts'
import { makeProjectFolder, openProject, type Project } from './project.ts'
import { type StartedStack, type StartOptions, startStack } from './start.ts'
import { removeState } from './state.ts'

/**
 * Stops the project's stack, also one whose supervisor was killed, and resolves when no process, socket or lock is left. The data stays.
 * @returns `stopped` false when nothing was running
 * @throws JourneysError `no_supabase_folder`
 */
export async function stopStack({ workdir }: { workdir: string }): Promise<{ stopped: boolean }> {
  return { stopped: await stop(await openProject(workdir)) }
}

/**
 * Stops the stack, deletes its data, and starts from nothing: migrations, then the seed. Keys and passwords stay.
 * @throws JourneysError as `startStack`
 */
export async function resetStack(options: StartOptions): Promise<StartedStack> {
  const project = await openProject(options.workdir)
  await makeProjectFolder(project)
  // With the lock in hand, no `start` can come up on data that is about to go.
  const lock = await lockAfterStopping(project, options.onProgress)
  try {
    await deleteData(project)
  } finally {
    await lock.release()
  }
  return startStack(options)
}

async function lockAfterStopping(project: Project, onProgress: ((progress: StackProgress) => void) | undefined) {
  for (let attempt = 1; attempt <= 5; attempt++) {
    onProgress?.({ phase: 'lock', message: 'Stopping what runs' })
    await stop(project)
    const lock = await takeLock(project.lockFile)
    if (!('pid' in lock)) return lock
  }
  throw new JourneysError('stack_busy', 'Another journeys keeps starting this stack.', {
    hint: 'Wait for it to end, then: journeys reset',
    exitCode: ExitCode.failed,
  })
}

async function stop(project: Project): Promise<boolean> {
  const dataDirs = Object.values(dataPlaces(project))
  const holder = await lockHolder(project.lockFile)
  const found = await findStackProcesses(project, dataDirs)
  const supervisors = new Set([...found.supervisors, ...(holder ? [holder.pid] : [])])
  supervisors.delete(process.pid)
  await Promise.all(
    [...supervisors].map((pid) =>
      endProcess(pid, [
        // It gives Postgres ten seconds, and the gateway's running requests five.
        { signal: 'SIGTERM', waitMs: 25_000 },
        { signal: 'SIGKILL', waitMs: 5000 },
      ]),
    ),
  )
  // What it did not end itself, or what a killed one left behind.
  const left = await findStackProcesses(project, dataDirs)
  await endServers(left)
  try {
    await removeState(project)
    if ((await lockHolder(project.lockFile)) === undefined) await rm(project.lockFile, { force: true })
  } catch (error) {
    throw explainFolder(error, project.folder)
  }
  return supervisors.size + left.postgres.length + left.postgrest.length > 0
}
