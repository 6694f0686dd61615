import { JourneysError } from '@journeys/core/ops'
import { openProject } from './project.ts'
import { readState } from './state.ts'

/** One of the processes that a stack consists of, for those who watch what it uses or kill it on purpose. */
export interface StackProcess {
  readonly name: 'database' | 'api' | 'gateway'
  readonly pid: number
  /** Postgres has a process for every connection. */
  readonly withChildren: boolean
  /** The gateway is a Node program: one thread does its work. */
  readonly limitCores?: number
}

/**
 * The processes as they are now: after one was brought back its number is another. Reads one small file, so it may be asked often.
 * @throws JourneysError `stack_not_up`
 */
export async function stackProcesses({ workdir }: { workdir: string }): Promise<StackProcess[]> {
  const state = await readState(await openProject(workdir))
  if (state === undefined)
    throw new JourneysError('stack_not_up', 'The local stack is not up.', { hint: 'journeys start' })
  return [
    { name: 'database', pid: state.postgresPid, withChildren: true },
    { name: 'api', pid: state.postgrestPid, withChildren: false },
    { name: 'gateway', pid: state.supervisorPid, withChildren: false, limitCores: 1 },
  ]
}
