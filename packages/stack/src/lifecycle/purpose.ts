import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ExitCode, JourneysError } from '@journeys/core/ops'
import { lockHolder, takeLock } from './lock.ts'
import { readJson, writePrivateJson } from './private-file.ts'
import type { Project } from './project.ts'
import { readState, type StackState } from './state.ts'

/** Why a stack is up, tied to its supervisor: the next one, with another number or another time, has a reason of its own. */
interface Purpose {
  supervisorPid: number
  startedAt: string
  why: 'on demand' | 'asked for'
}

/**
 * Puts down that this stack is to stay when nobody uses it any more.
 * @returns false when it was stopped meanwhile
 */
export function keepUp(project: Project, stack: StackState, signal?: AbortSignal): Promise<boolean> {
  return alone(project, signal, async () => {
    if ((await lockHolder(project.lockFile))?.pid !== stack.supervisorPid) return false
    await writePurpose(project, stack, 'asked for')
    return true
  })
}

/** `asked for` wins, whichever of two commands that waited for the same start comes first. */
export async function writePurpose(project: Project, stack: StackState, why: Purpose['why']): Promise<void> {
  const { supervisorPid, startedAt } = stack
  const present = (await readJson(purposeFile(project))) as Purpose | undefined
  if (why === 'on demand' && present?.why === 'asked for' && isOf(present, stack)) return
  await writePrivateJson(purposeFile(project), { supervisorPid, startedAt, why } satisfies Purpose)
}

export async function isOnDemand(project: Project, state: StackState): Promise<boolean> {
  const purpose = (await readJson(purposeFile(project))) as Purpose | undefined
  return purpose?.why === 'on demand' && isOf(purpose, state)
}

function isOf(purpose: Purpose, stack: StackState): boolean {
  return purpose.supervisorPid === stack.supervisorPid && purpose.startedAt === stack.startedAt
}

/** Forgets why a stack was up: it is down. */
export function removePurpose(project: Project): Promise<void> {
  return rm(purposeFile(project), { force: true })
}

/** One command at a time joins or leaves: who joins while the last one is stopping the stack waits until it is down. */
export async function alone<T>(project: Project, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  for (;;) {
    if (signal?.aborted) {
      throw new JourneysError('interrupted', 'Interrupted while waiting for another journeys.', {
        exitCode: ExitCode.interrupted,
      })
    }
    const lock = await takeLock(join(project.folder, 'use.lock'))
    if ('pid' in lock) {
      await sleep(25)
      continue
    }
    try {
      return await work()
    } finally {
      await lock.release()
    }
  }
}

function purposeFile(project: Project): string {
  return join(project.folder, 'purpose.json')
}

/** The state of a stack whose supervisor lives. */
export async function liveState(project: Project): Promise<StackState | undefined> {
  const [state, holder] = await Promise.all([readState(project), lockHolder(project.lockFile)])
  return state !== undefined && state.supervisorPid === holder?.pid ? state : undefined
}
